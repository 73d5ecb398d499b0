/** Commands as users run them, with both ways of starting them where both work. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { attempt, executorConformance, type Logged } from "../../../test/conformance/executor.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { Work } from "../../protocol/task.ts";
import type { ShellWork } from "../../protocol/work/shell.ts";
import { SpawnerClient } from "../spawner/client.ts";
import { spawnerKinds } from "../spawner/testing.ts";
import { createShellExecutor } from "./shell.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-shell-"));
after(() => rmSync(scratch, { recursive: true }));

for (const kind of spawnerKinds()) {
  const spawner = new SpawnerClient({ kind });
  const executor = createShellExecutor({ spawner });
  after(() => spawner.close());

  const shell = (command: string, options: Partial<ShellWork> = {}): Work => ({
    kind: "shell",
    shell: { command, ...options },
  });
  const run = async (command: string, options?: Partial<ShellWork>): Promise<AttemptReport & { log: Logged[] }> => {
    const running = attempt(executor, shell(command, options));
    return { ...(await running.report), log: running.log };
  };
  const text = (log: Logged[], stream: string): string =>
    log
      .filter((l) => l.stream === stream)
      .map((l) => l.text)
      .join("");

  executorConformance(`shell (${kind})`, async () => {
    const own = new SpawnerClient({ kind });
    return {
      executor: createShellExecutor({ spawner: own }),
      succeeds: shell("true"),
      fails: shell("exit 3"),
      neverEnds: shell("sleep 1000"),
      dispose: () => own.close(),
    };
  });

  test(`${kind}: output is tagged and kept in order, and the exit code and the last error line are reported`, async () => {
    const { log, ...report } = await run("echo one; echo two; echo oops >&2; exit 3");
    assert.equal(text(log, "stdout"), "one\ntwo\n");
    assert.equal(text(log, "stderr"), "oops\n");
    assert.equal(report.exitCode, 3);
    assert.deepEqual(report.error, { message: "exited with code 3: oops", kind: "exit" });
  });

  test(`${kind}: exit codes 75, 99, 126 and 127 mean what they say`, async () => {
    assert.equal((await run("exit 75")).outcome, "failed");
    const skipped = await run("exit 99");
    assert.deepEqual([skipped.outcome, skipped.exitCode], ["succeeded", 99]);
    assert.match((await run("/")).error!.message, /^exited with code 126 \(command not executable\)/);
    assert.match((await run("no-such-command")).error!.message, /^exited with code 127 \(command not found\)/);
  });

  test(`${kind}: a command that a signal ends names it`, async () => {
    const report = await run("kill -KILL $$");
    assert.deepEqual([report.outcome, report.signal, report.exitCode], ["failed", "SIGKILL", undefined]);
    assert.deepEqual(report.error, { message: "was ended by SIGKILL", kind: "signal" });
  });

  test(`${kind}: cwd, env, stdin and the attempt's own variables reach the command`, async () => {
    const work = shell(
      'pwd; cat; echo "$A $HOME_IS_KEPT $OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT $OCTOPUS_ARM $OCTOPUS_RUN_ID $OCTOPUS_TASK_NAME"',
      {
        cwd: scratch,
        stdin: "from stdin: Ω\n",
        env: { A: "ä b" },
      },
    );
    const running = attempt(executor, work, { id: "load", attempt: 4, arm: "left", run: "r7", name: "Load it" });
    assert.equal((await running.report).outcome, "succeeded");
    assert.equal(text(running.log, "stdout"), `${scratch}\nfrom stdin: Ω\nä b  load 4 left r7 Load it\n`);
  });

  test(`${kind}: without stdin a command reads its end at once, and large input arrives whole`, async () => {
    assert.equal((await run("cat")).outcome, "succeeded");
    const { log } = await run("wc -c", { stdin: "x".repeat(3_000_000) });
    assert.equal(text(log, "stdout").trim(), "3000000");
    // Input that nobody reads must not fail the command.
    assert.equal((await run("true", { stdin: "x".repeat(3_000_000) })).outcome, "succeeded");
  });

  test(`${kind}: a missing folder, a missing shell and a NUL character are clear failures`, async () => {
    const cwd = await run("true", { cwd: join(scratch, "nope") });
    assert.equal(
      cwd.error!.message,
      `cannot use ${scratch}/nope as the working folder (ENOENT): check that it is a folder here`,
    );
    const missing = await run("true", { shell: ["/no/shell", "-c"] });
    assert.match(missing.error!.message, /^cannot start \/no\/shell \(ENOENT\)/);
    assert.match((await run("echo \0")).error!.message, /NUL/);
    assert.match((await run("true", { env: { BIG: "x".repeat(200_000) } })).error!.message, /too large .*E2BIG/);
  });

  test(`${kind}: another shell runs the command`, async () => {
    const { log } = await run("console.log(6 * 7)", { shell: [process.execPath, "-e"] });
    assert.equal(text(log, "stdout"), "42\n");
  });

  test(`${kind}: binary output keeps every byte`, async () => {
    const bytes: Uint8Array[] = [];
    const controller = new AbortController();
    await executor
      .execute({
        assignment: {
          task: 1,
          attempt: 1,
          id: "t1",
          type: "shell",
          arm: "a",
          timeoutMs: 0,
          work: shell("head -c 300000 /dev/urandom | tee all", { cwd: scratch }),
        },
        signal: controller.signal,
        log: (_, data) => void bytes.push(data as Uint8Array),
        progress() {},
      })
      .then((report) => assert.equal(report.outcome, "succeeded"));
    assert.equal(Buffer.concat(bytes).length, 300_000);
    assert.deepEqual(Buffer.concat(bytes), readFileSync(join(scratch, "all")));
  });

  test(`${kind}: output beyond the cap is dropped, said, and does not block the command`, async () => {
    const { log, ...report } = await run("head -c 1000000 /dev/zero; echo end >&2", { maxOutput: 1000 });
    assert.equal(report.outcome, "succeeded");
    assert.equal(text(log, "stdout").length + text(log, "stderr").length, 1000);
    assert.match(log.at(-1)!.text, /^999004 bytes of output \(976 KiB\) were dropped/);
  });

  test(`${kind}: a timeout stops the whole group and exits with 124`, async () => {
    const running = attempt(executor, shell("sleep 1000 & echo $!; sleep 1000; echo never"));
    await running.logged((log) => log.length > 0);
    running.stop("timed_out");
    const report = await running.report;
    assert.deepEqual([report.outcome, report.exitCode, report.signal], ["timed_out", 124, "SIGTERM"]);
    assertDead(Number(running.log[0]!.text));
  });

  test(`${kind}: a command that ignores TERM is killed after the grace, with its children`, async () => {
    const running = attempt(executor, shell("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000", { grace: 50 }));
    await running.logged((log) => log.length > 0);
    running.stop("cancelled");
    const report = await running.report;
    assert.deepEqual([report.outcome, report.signal], ["cancelled", "SIGKILL"]);
    assertDead(Number(running.log[0]!.text));
  });

  test(`${kind}: a child of a stopped leader has the grace to clean up`, async () => {
    const child = "trap 'echo cleaning; exit' TERM; echo ready; while :; do sleep 0.02; done";
    const running = attempt(executor, shell(`sh -c "${child}" & wait`));
    await running.logged((log) => log.length > 0);
    running.stop("interrupted");
    assert.equal((await running.report).outcome, "interrupted");
    assert.equal(text(running.log, "stdout"), "ready\ncleaning\n");
  });

  test(`${kind}: processes that hold the output open do not hang the attempt`, async () => {
    const { log, ...report } = await run("sleep 1000 & echo $!");
    assert.equal(report.outcome, "succeeded");
    assert.match(text(log, "log"), /left behind/);
    process.kill(Number(text(log, "stdout")), "SIGKILL");
  });

  test(`${kind}: an attempt whose spawner dies fails with words, and is worth another try`, async () => {
    const running = attempt(executor, shell("echo up; sleep 1000"));
    await running.logged((log) => log.length > 0);
    process.kill(spawner.pid!, "SIGKILL");
    const { durationMs: _, ...report } = await running.report;
    assert.deepEqual(report, {
      outcome: "failed",
      error: {
        message: "the spawner process, which starts commands for this worker, was lost: it was ended by SIGKILL",
        kind: "spawner",
      },
      retryable: true,
    });
    assert.equal((await run("true")).outcome, "succeeded");
  });

  if (kind === "ffi") {
    test("ffi: CPU time and peak memory of a command are reported", async () => {
      const source = "const b = Buffer.alloc(3e8, 1); let n = 0; for (let i = 0; i < 3e8; i++) n += b[i]";
      const report = await run(source, { shell: [process.execPath, "-e"] });
      assert.ok(report.cpuMs! > 50, `${report.cpuMs} ms`);
      assert.ok(report.maxRssBytes! > 3e8, `${report.maxRssBytes} bytes`);
      // A small command's peak cannot be told from the memory it was started in.
      assert.equal((await run("true")).maxRssBytes, undefined);
    });
  }
}

function assertDead(pid: number): void {
  assert.ok(pid > 0);
  let state: string | undefined;
  try {
    state = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]![0];
  } catch {
    return;
  }
  assert.equal(state, "Z", `process ${pid} is still there, in state ${state}`);
}
