/**
 * Read-only files where mounts are many and odd: in namespaces of root and of anybody, with one call for all mounts and with
 * one for each. The mounts are made in a namespace of this file's own, by running it again there.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { composeArgv, type SandboxMode } from "./argv.ts";
import { listDevices } from "./detect.ts";
import { parseMounts, readMounts } from "./mounts.ts";
import { findTools } from "./tools.ts";

const INSIDE = "OCTOPUS_TEST_INSIDE";
const isInside = process.env[INSIDE] !== undefined;

test("mounts are read with their odd names, and of several at one place the last", () => {
  const text = [
    "22 27 0:21 / /proc rw,relatime - proc proc rw",
    "50 27 0:40 / /mnt/a\\040b\\134c rw,nosuid shared:1 - tmpfs tmpfs rw,size=300k",
    "51 27 0:41 / /x ro - ext4 /dev/sda rw",
    "52 27 0:42 / /x rw - tmpfs tmpfs rw",
    "",
  ].join("\n");
  assert.deepEqual(parseMounts(text), [
    { point: "/proc", options: "rw,relatime", type: "proc" },
    { point: "/mnt/a b\\c", options: "rw,nosuid", type: "tmpfs" },
    { point: "/x", options: "rw", type: "tmpfs" },
  ]);
});

test(
  "another user is that in a namespace of anybody's, too",
  { skip: process.getuid!() === 0 ? false : "needs root" },
  async () => {
    const nobody = { uid: 65_534, gid: 65_534, name: "nobody" };
    const plan = {
      tools: findTools(),
      write: [],
      mounts: await readMounts(),
      devices: [],
      user: nobody,
      boundsMemory: true,
    };
    const self = { uid: 0, gid: 0 };
    for (const mode of ["root", "user"] as const) {
      const sandbox = { network: "none", files: "readonly", processes: "own" } as const;
      const argv = composeArgv(["/bin/sh", "-c", "id -u; id -g"], { ...plan, mode, self, sandbox });
      const { stdout, stderr, status } = spawnSync(argv[0]!, argv.slice(1), { encoding: "utf8" });
      if (status !== 0 && /Operation not permitted/.test(stderr)) continue;
      assert.equal(stdout, "65534\n65534\n", `${mode}: ${stderr}`);
    }
  },
);

if (isInside) describeMounts();
else {
  const probe = spawnSync("unshare", ["--mount", "true"]);
  const skip = probe.status === 0 ? false : "nobody here may make a mount namespace as root";
  test("read-only files among odd mounts", { skip }, () => {
    const env = { ...process.env, [INSIDE]: "1", NODE_TEST_CONTEXT: undefined };
    const argv = ["--mount", process.execPath, import.meta.filename];
    const { status, stdout, stderr } = spawnSync("unshare", argv, { env, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /pass [456]/);
  });
}

function describeMounts(): void {
  const base = mkdtempSync(join(tmpdir(), "octopus-mounts-"));
  const at = (...parts: string[]): string => join(base, ...parts);
  const mount = (path: string, options = "rw"): void => {
    mkdirSync(path, { recursive: true });
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "octopus-test", path], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  };
  const odd = at('it\'s a $(mount) "here"');
  mkdirSync(at("open"));
  mount(odd);
  mount(at("open", "inner"));
  mount(at("open", "shut"), "ro");
  // One that lies hidden below another.
  mount(at("hidden"));
  mount(at("hidden", "deep"));
  mount(at("hidden"));
  after(() => {
    // The mounts go with the namespace.
    spawnSync("umount", ["--lazy", odd, at("open", "inner"), at("open", "shut"), at("hidden"), at("hidden")]);
    rmSync(base, { recursive: true, force: true });
  });
  const { perl, ...tools } = findTools();
  const modes: SandboxMode[] = ["root", "user"];
  for (const mode of modes) {
    for (const set of perl === undefined ? [tools] : [{ ...tools, perl }, tools]) {
      test(`${mode}, ${"perl" in set ? "all at once" : "one by one"}`, async () => {
        const places = [base, odd, at("hidden"), at("open", "shut"), at("open"), at("open", "inner")];
        const check =
          'for place; do (: > "$place/x") 2>/dev/null; echo $?; done; mount -o remount,bind,rw "$1" 2>/dev/null; (: > "$1/x") 2>/dev/null; echo $?';
        const argv = composeArgv(["/bin/sh", "-c", check, "sh", ...places], {
          mode,
          tools: set,
          sandbox: { files: "readonly", processes: "own" },
          write: [at("open")],
          mounts: await readMounts(),
          devices: await listDevices(),
          user: undefined,
          self: { uid: process.getuid!(), gid: process.getgid!() },
          boundsMemory: true,
        });
        const { stdout, stderr, status } = spawnSync(argv[0]!, argv.slice(1), { encoding: "utf8" });
        assert.deepEqual([stdout, status], ["2\n2\n2\n2\n0\n0\n2\n", 0], stderr);
        assert.deepEqual(readdirSync(at("open", "inner")), ["x"]);
        assert.deepEqual(readdirSync(odd), []);
        rmSync(at("open", "inner", "x"));
      });
    }
  }
}
