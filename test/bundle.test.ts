/**
 * The offline bundle as `npm run bundle` makes it: unpacked, installed, and run where there is no network at all but the
 * loopback device, and no Node but its own.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { tar } from "../scripts/bundle/tar.ts";
import { node, root } from "../scripts/tool.ts";

const execute = promisify(execFile);
const BARE = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** Begins a server in a network of its own that leads nowhere, has a task done, and ends it. */
const ALONE = `
set -e
ip link set lo up
test -z "$(ip route)"
"$1" up --no-demo --port 8765 --data "$2" >"$2.log" 2>&1 &
up=$!
tries=0
until "$1" healthcheck --server http://127.0.0.1:8765 >/dev/null 2>&1; do
  kill -0 $up || { cat "$2.log" >&2; exit 1; }
  tries=$((tries + 1))
  test $tries -lt 300 || { cat "$2.log" >&2; kill $up; exit 1; }
  sleep 0.1
done
"$1" submit --server http://127.0.0.1:8765 --wait -o json -- echo "all alone"
kill -TERM $up
wait $up
`;

describe("the offline bundle", { skip: process.platform !== "linux" && "bundles are made on Linux" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-bundle-"));
  const env = { ...BARE, HOME: folder };
  let archive = "";
  let place = "";

  before(async () => {
    const { code, output } = await node(["scripts/bundle.ts", "--out", folder]);
    assert.equal(code, 0, output);
    archive = output.trim().split("\n").at(-1)!;
    await execute("tar", ["xzf", archive, "-C", folder]);
    place = archive.replace(/\.tar\.gz$/, "");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is the same when it is made again", async () => {
    const again = join(folder, "again");
    const { code, output } = await node(["scripts/bundle.ts", "--no-build", "--out", again]);
    assert.equal(code, 0, output);
    const hash = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
    assert.equal(hash(output.trim()), hash(archive));
  });

  it("holds what has to be in it, and no sources or tests of its own", () => {
    const home = join(place, "lib/node_modules/@octopus-tasks/octopus");
    assert.deepEqual(readdirSync(place).toSorted(), ["README.txt", "bin", "install.sh", "lib", "node", "systemd"]);
    for (const each of ["dist/cli/main.js", "docs/guide/getting-started.md", "plugins/alert/main.ts", "LICENSE"])
      readFileSync(join(home, each));
    assert.ok(!readdirSync(home).includes("src"));
  });

  it("installs and runs without a network", async (context) => {
    try {
      await execute("unshare", ["-n", "true"]);
    } catch (error) {
      return context.skip(`this machine allows no network namespaces: ${(error as Error).message}`);
    }
    const prefix = join(folder, "prefix");
    const { stdout } = await execute("unshare", ["-n", join(place, "install.sh"), "--prefix", prefix], { env });
    assert.match(stdout, /^installed .*\nadd .*prefix\/bin to PATH/);
    const program = join(prefix, "bin/octopus");
    const words = ["-n", "sh", "-c", ALONE, "sh", program, join(folder, "data")];
    const run = await execute("unshare", words, { env, timeout: 120_000 });
    assert.match(run.stdout, /"state": *"succeeded"/, run.stderr);
    // Installing once more replaces it.
    await execute(join(place, "install.sh"), ["--prefix", prefix], { env });
    assert.match((await execute(program, ["version"], { env })).stdout, /0\.\d/);
  });

  it("refuses what it does not know, and a machine on which its Node does not run", async () => {
    const install = join(place, "install.sh");
    await assert.rejects(execute(install, ["--prefxi", "x"], { env }), /--prefxi is no option/);
    await assert.rejects(execute(install, ["--systemd", "both"], { env }), /server or worker, not both/);
    const other = join(folder, "other");
    mkdirSync(join(other, "node/bin"), { recursive: true });
    writeFileSync(join(other, "node/bin/node"), "\u007fELF of another machine");
    chmodSync(join(other, "node/bin/node"), 0o755);
    writeFileSync(join(other, "install.sh"), readFileSync(install), { mode: 0o755 });
    await assert.rejects(execute(join(other, "install.sh"), [], { env }), /does not run here .*for this platform/);
  });
});

it("systemd reads the units", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-units-"));
  const files = ["octopus-server.service", "octopus-worker.service"].map((name) => {
    const unit = readFileSync(join(root, "deploy/systemd", name), "utf8");
    writeFileSync(join(folder, name), unit.replace("/usr/local/bin/octopus", "/bin/true"));
    return join(folder, name);
  });
  try {
    const { stderr } = await execute("systemd-analyze", ["verify", "--man=no", ...files]);
    assert.equal(stderr, "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    context.skip("there is no systemd-analyze here");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("archives hold long names, and follow from their content alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-tar-"));
  const long = `a/${"b".repeat(90)}/${"c".repeat(120)}.txt`;
  const entries = [
    { name: long, data: Buffer.from("long") },
    { name: "a", data: undefined },
    { name: "a/x", data: Buffer.alloc(1000, 1), isExecutable: true },
  ];
  const bytes = Buffer.concat([...tar(entries)]);
  assert.deepEqual(Buffer.concat([...tar(entries.toReversed())]), bytes);
  writeFileSync(join(folder, "x.tar"), bytes);
  await execute("tar", ["xf", "x.tar"], { cwd: folder });
  assert.equal(readFileSync(join(folder, long), "utf8"), "long");
  assert.equal(readFileSync(join(folder, "a/x")).length, 1000);
  rmSync(folder, { recursive: true });
});
