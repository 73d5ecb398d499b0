/**
 * Sandboxes for real: commands that try to do what they are kept from, with both ways of starting commands. The last test runs
 * this file again as a user who is not root: then namespaces come by a user namespace. Where a kernel allows a part to
 * nobody, the tests that need it say so.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { attempt, type Attempt, type Logged } from "../../../test/conformance/executor.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import { ShellWork } from "../../protocol/work/shell.ts";
import { createShellExecutor } from "../executors/shell.ts";
import { SpawnerClient } from "../spawner/client.ts";
import { spawnerKinds } from "../spawner/testing.ts";
import { detectSandbox, sandboxLabels } from "./detect.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-sandbox-test-"));
after(() => rmSync(scratch, { recursive: true }));
const { can, mode, why } = await detectSandbox();

function needs(...parts: string[]): { skip?: string } {
  const lacking = parts.filter((part) => !can.has(part as never));
  return lacking.length === 0 ? {} : { skip: `this machine has no sandbox.${lacking.join(", no sandbox.")}` };
}

interface End {
  report: AttemptReport;
  out: string;
  err: string;
}

function textOf(log: Logged[], stream: string): string {
  const parts = log.filter((line) => line.stream === stream);
  return parts.map(({ text }) => text).join("");
}

for (const kind of spawnerKinds()) {
  const spawner = new SpawnerClient({ kind });
  const executor = createShellExecutor({ spawner });
  after(async () => {
    await executor.close!();
    await spawner.close();
  });
  const start = (command: string, sandbox: unknown, options: object = {}, inputsDir?: string): Attempt =>
    attempt(executor, { kind: "shell", shell: ShellWork.parse({ command, sandbox, ...options }) }, {}, { inputsDir });
  const run = async (...args: Parameters<typeof start>): Promise<End> => {
    const { report, log } = start(...args);
    return { report: await report, out: textOf(log, "stdout"), err: textOf(log, "stderr") };
  };

  test(`${kind}: without a network there is no interface but a loopback of its own`, needs("network"), async () => {
    const { out, report } = await run("cat /proc/net/dev", { network: "none" });
    assert.equal(report.outcome, "succeeded", JSON.stringify(report));
    const names = out.match(/^ *\S+:/gm)!.map((name) => name.trim());
    assert.deepEqual(names, ["lo:"]);
  });

  test(
    `${kind}: read-only files can be written to where it was said, and nobody inside undoes that`,
    needs("files"),
    async () => {
      const open = join(scratch, `it's open ${kind}`);
      const shut = join(scratch, `shut-${kind}`);
      for (const folder of [open, shut]) mkdirSync(folder);
      const script = `
      say() { echo "$1 $2"; }
      (: > "${shut}/x") 2>/dev/null; say shut $?
      mkdir "${shut}/d" 2>/dev/null; say folder $?
      : > "${open}/x"; say open $?
      : > "$TMPDIR/x"; say tmp $?
      : > /dev/shm/octopus; say shm $?
      : > /dev/null; say null $?
      echo a=1 >> "$OCTOPUS_OUTPUT"; say output $?
      mount -o remount,rw / 2>/dev/null; mount -o remount,bind,rw / 2>/dev/null; umount -l "${scratch}" / 2>/dev/null
      unshare --user --map-root-user --mount mount -o remount,bind,rw / 2>/dev/null
      (: > "${shut}/y") 2>/dev/null; say undone $?
      exit 0`;
      const { out, err, report } = await run(
        script,
        { files: "readonly", write: [open] },
        { outputs: { a: "integer" } },
      );
      const said = Object.fromEntries(
        out
          .trim()
          .split("\n")
          .map((line) => line.split(" ")),
      );
      const expected = { shut: "2", folder: "1", open: "0", tmp: "0", shm: "0", null: "0", output: "0", undone: "2" };
      assert.deepEqual(said, expected, err);
      assert.deepEqual([report.outcome, report.result], ["succeeded", { a: 1 }]);
      assert.deepEqual([readdirSync(shut), readdirSync(open)], [[], ["x"]]);
      assert.ok(!existsSync("/dev/shm/octopus"), "its shared memory was its own");
    },
  );

  test(
    `${kind}: what is kept from the network and the files has no way back through another process`,
    needs("network", "files"),
    async () => {
      const script =
        "nsenter -t 1 -n true 2>/dev/null; echo $?; ls /proc/1/root/ >/dev/null 2>&1; echo $?; mknod /dev/shm/d b 254 0 2>/dev/null; echo $?";
      const { out } = await run(script, { network: "none", files: "readonly" });
      assert.deepEqual(
        out
          .trim()
          .split("\n")
          .map((code) => code !== "0"),
        [true, true, true],
        out,
      );
    },
  );

  test(`${kind}: it sees its own processes only, and all of them end with it`, needs("processes"), async () => {
    const pidFile = join(scratch, `pid-${kind}`);
    const script = `ls /proc | grep -c '^[0-9]*$'; setsid sh -c 'echo up > ${pidFile}; exec sleep 1000' >/dev/null 2>&1 & while [ ! -s ${pidFile} ]; do :; done; exit 7`;
    const { out, report } = await run(script, { processes: "own" });
    assert.ok(Number(out) <= 6, `it saw ${out.trim()} processes`);
    assert.deepEqual([report.outcome, report.exitCode], ["failed", 7]);
    assert.ok(!processes().some((line) => line.includes(`sleep\u00001000`) && line.includes(pidFile)));
    assert.deepEqual(
      processes().filter((line) => line.includes(pidFile)),
      [],
    );
  });

  for (const sandbox of [{ network: "none" }, { processes: "own", network: "none" }, true]) {
    const parts = sandbox === true ? ["network", "files", "processes"] : Object.keys(sandbox);
    const name = sandbox === true ? "all" : parts.join(" and ");

    test(`${kind}: ${name}: input, output and exit codes pass through`, needs(...parts), async () => {
      const { out, err, report } = await run("cat; echo oops >&2; exit 3", sandbox, { stdin: "in Ω\n" });
      assert.deepEqual([out, err, report.exitCode], ["in Ω\n", "oops\n", 3]);
      assert.equal(report.error!.message, "exited with code 3: oops");
      const { report: killed } = await run("kill -KILL $$", sandbox);
      if (parts.includes("processes")) assert.deepEqual([killed.exitCode, killed.signal], [137, undefined]);
      else assert.deepEqual([killed.exitCode, killed.signal], [undefined, "SIGKILL"]);
      assert.equal((await run("no-such-command", sandbox)).report.exitCode, 127);
    });

    test(
      `${kind}: ${name}: who is told to stop may end in order, and who does not is killed with all that is his`,
      needs(...parts),
      async () => {
        const polite = start("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done", sandbox);
        await polite.logged((log) => textOf(log, "stdout").includes("up"));
        polite.stop("cancelled");
        assert.equal((await polite.report).outcome, "cancelled");
        assert.match(textOf(polite.log, "stdout"), /bye/);
        // One that has left the process group ends with the namespace alone.
        const away = parts.includes("processes") ? `setsid sleep 1000.${name.length} >/dev/null 2>&1 &` : "";
        const deaf = start(`trap '' TERM; ${away} echo up; sleep 1000.${name.length} & wait; sleep 1000`, sandbox, {
          grace: 200,
        });
        await deaf.logged((log) => textOf(log, "stdout").includes("up"));
        deaf.stop("timed_out");
        const report = await deaf.report;
        assert.deepEqual([report.outcome, report.exitCode], ["timed_out", 124]);
        assert.deepEqual(
          processes().filter((line) => line.includes(`1000.${name.length}`)),
          [],
        );
      },
    );
  }

  test(`${kind}: another user has its folders, and nothing of root's`, needs("user"), async () => {
    const script = `id -un; echo "$USER $HOME"; touch "$TMPDIR/x" && echo tmp; echo a=1 >> "$OCTOPUS_OUTPUT" && echo out
      cat /etc/shadow 2>/dev/null || echo denied; setpriv --reuid 0 true 2>/dev/null || echo stays; grep CapBnd /proc/self/status`;
    const options = { outputs: { a: "integer" } };
    for (const sandbox of [{ user: "nobody" }, { user: "nobody", files: "readonly", processes: "own" }]) {
      if (sandbox.files !== undefined && (!can.has("files") || !can.has("processes"))) continue;
      const { out, err, report } = await run(script, sandbox, options);
      const lines = out.trim().split("\n");
      assert.deepEqual(lines.slice(0, 6), ["nobody", "nobody /nonexistent", "tmp", "out", "denied", "stays"], err);
      assert.match(lines[6]!, /\b0{16}$/);
      assert.deepEqual(report.result, { a: 1 });
    }
    const given = join(scratch, `inputs-${kind}`);
    mkdirSync(join(given, "deep"), { recursive: true, mode: 0o700 });
    writeFileSync(join(given, "deep", "data.txt"), "from another task", { mode: 0o600 });
    const inputs = await run('cat "$OCTOPUS_INPUTS/deep/data.txt"', { user: "nobody" }, {}, given);
    assert.equal(inputs.out, "from another task", inputs.err);
    const number = await run("id -u; id -g", { user: 4242 });
    assert.equal(number.out, "4242\n4242\n");
  });

  test(`${kind}: limits end what goes beyond them, and say so`, needs("limits"), async () => {
    const memory = await run("head -c 300000000 /dev/zero | tail -n 1 > /dev/null", { memory: "100MiB" });
    assert.match(memory.err, /memory/, JSON.stringify(memory.report));
    const time = await run("exec sh -c 'while :; do :; done'", { cpuTime: "1s" });
    assert.equal(time.report.signal, "SIGXCPU");
    const size = await run(`exec head -c 100000 /dev/zero > ${scratch}/large-${kind}`, { fileSize: "10KiB" });
    assert.equal(size.report.signal ?? size.report.exitCode, "SIGXFSZ");
    const files = await run("ulimit -n", { openFiles: 32 });
    assert.equal(files.out, "32\n");
  });

  test(
    `${kind}: what a task says of its environment reaches the command, and not what makes its sandbox`,
    needs("network"),
    async () => {
      const loaded = join(scratch, `none-${kind}.so`);
      const script = 'echo "$LD_PRELOAD|$BASH_ENV|$A"';
      const { out, err } = await run(
        script,
        { network: "none" },
        { env: { LD_PRELOAD: loaded, BASH_ENV: "/x", A: "a b" } },
      );
      assert.equal(out, `${loaded}|/x|a b\n`);
      // The loader complains for each program that it is loaded into: env's successor alone, which is the shell.
      assert.ok((err.match(/cannot be preloaded/g) ?? []).length <= 2, err);
    },
  );

  test(`${kind}: what this machine cannot do is refused with words, so that another worker may`, async () => {
    const user = await run("true", { user: "no-such-user" });
    assert.equal(user.report.outcome, "refused");
    const expected = can.has("user")
      ? /this machine has no user "no-such-user"/
      : /sandbox\.user: only a worker that runs as root/;
    assert.match(user.report.error!.message, expected);
    if (!can.has("files")) return;
    const folder = await run("true", { files: "readonly", write: ["/no/such/folder"] });
    assert.match(
      folder.report.error!.message,
      /sandbox\.write: \/no\/such\/folder cannot be used on this worker \(ENOENT\)/,
    );
  });
}

test("labels are said of what works alone, and each other part has a reason", () => {
  const labels = sandboxLabels({ mode, can, why, tools: {} });
  for (const part of ["network", "files", "processes", "user", "limits"]) {
    const has = labels[`sandbox.${part}`] === "yes";
    assert.notEqual(has, (why.get(part as never) ?? "") !== "", `${part}: ${has} ${why.get(part as never)}`);
  }
});

const isRoot = process.getuid?.() === 0;
test("the same for a worker that is not root", { skip: isRoot ? false : "this is it" }, (t) => {
  const argv = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
  const env = { PATH: process.env["PATH"], HOME: scratch };
  const look = spawnSync(
    "setpriv",
    [...argv, "-e", `require("fs").accessSync(${JSON.stringify(import.meta.filename)})`],
    { env },
  );
  if (look.status !== 0) return t.skip("nobody but root can read this folder");
  const { status, stdout, stderr } = spawnSync("setpriv", [...argv, import.meta.filename], { env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});

/** What runs on this machine, as `/proc` says it. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
      } catch {
        return [];
      }
    });
}
