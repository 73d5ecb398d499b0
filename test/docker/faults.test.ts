/** What goes wrong with containers: each ends as a failed task that says what to do, and leaves nothing behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Executor } from "../../src/worker/executor.ts";
import { attempt } from "../conformance/executor.ts";
import { TestEngine, withoutEngine } from "./engine.ts";
import { docker, dockerExecutor } from "./executor.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const MiB = 1024 * 1024;
/** Only a hang takes this long. */
const HANG_MS = 120_000;

describe("faults of containers", { skip: withoutEngine() ?? false, timeout: SUITE_MS_MAX }, () => {
  let engine: TestEngine;
  let executor: Executor;
  const scratch = mkdtempSync(join(tmpdir(), "octopus-volumes-"));
  const data = join(scratch, "data");
  const said: string[] = [];
  /** Resolves with the next call of `changed`. */
  let changed = Promise.withResolvers<void>();

  before(async () => {
    engine = await TestEngine.start();
    mkdirSync(data);
    const tell = (): void => changed.resolve();
    executor = await dockerExecutor(engine, { volumes: [data, engine.folder], changed: tell, said, lookEveryMs: 50 });
  });
  afterEach(async () => {
    await engine.revive();
    await until(() => executor.isReady!(), "the worker does not see that its engine is back");
    assert.deepEqual(await engine.containers(), []);
    const { outcome, error } = await attempt(executor, docker({ command: ["true"] })).report;
    assert.deepEqual([outcome, error], ["succeeded", undefined]);
  });
  after(async () => {
    await executor?.close?.();
    await engine?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const run = async (work: Record<string, unknown>) => attempt(executor, docker(work)).report;

  it("a program that is not there", async () => {
    for (const init of [true, false]) {
      const { error, retryable } = await run({ command: ["nope", "x"], init });
      assert.match(error!.message, /^cannot start nope in bb:1: .*; check "command"$/);
      assert.equal(retryable, false);
    }
    assert.match((await run({})).error!.message, /names no program, and the task no command/);
    assert.match((await run({ command: ["true"], user: "nobody-here" })).error!.message, /check "cwd" and "user"/);
  });

  it("letters that no program can be given", async () => {
    for (const work of [{ command: ["echo", "a\0b"] }, { command: "true", env: { X: "a\0b" } }]) {
      const { error, retryable } = await run(work);
      assert.match(error!.message, /holds a NUL character/);
      assert.equal(retryable, false);
    }
  });

  it("an image that cannot be had", async () => {
    const gone = await run({ image: "127.0.0.1:1/one:1", command: ["x"] });
    assert.match(gone.error!.message, /could not be pulled: .*connection refused; check that the worker reaches/);
    assert.equal(gone.retryable, true);
    const odd = await run({ image: "No Such Form", command: ["x"] });
    assert.equal(odd.outcome, "failed");
    assert.equal(odd.retryable, false, JSON.stringify(odd));
  });

  it("a volume outside of what the worker allows", async () => {
    symlinkSync("/etc", join(data, "link"));
    for (const [volume, words] of [
      ["/etc:/x", /\/etc is not allowed on this worker, which allows .*data/],
      [`${data}/../..:/x`, /has \.\. in it/],
      [`${data}/link:/x`, /is not allowed/],
      [`${data}/link/ssh:/x`, /is not allowed/],
      [`${data}/nope:/x`, /there is no .*nope on this worker/],
      [`${engine.folder}:/x`, /gives away the container engine/],
      [`${engine.socket}:/x`, /gives away the container engine/],
      [`${data}:/octopus/output`, /where Octopus keeps the files/],
      [`${data}:/x/../octopus`, /has \.\. in its path/],
    ] as const) {
      const { error, retryable } = await run({ command: ["true"], volumes: [volume] });
      assert.match(error?.message ?? "it ran", words, volume);
      assert.deepEqual([error!.kind, retryable], ["volume", false]);
    }
  });

  it("more memory than it may have", async () => {
    const command = "x=aaaaaaaa; while :; do x=$x$x; done";
    const { error } = await run({ command, memory: 16 * MiB });
    assert.equal(error!.kind, "oom");
    assert.match(error!.message, /reached its limit of 16 MiB \(memory\); raise that, or let it use less/);
  });

  it("more processes than it may have", async () => {
    const command = "f() { f | f & }; f; while :; do sleep 1; done";
    const running = attempt(executor, docker({ command, processes: 32, grace: 100 }));
    await running.logged((log) => log.some(({ text }) => /can't fork/.test(text)));
    running.stop("timed_out");
    assert.equal((await running.report).outcome, "timed_out");
  });

  it("a program that ignores that it is to end", async () => {
    const command = "trap '' TERM; echo up; while :; do sleep 1; done";
    const running = attempt(executor, docker({ command, grace: 300 }));
    await running.logged((log) => log.length > 0);
    const begun = performance.now();
    running.stop("timed_out");
    const report = await running.report;
    assert.deepEqual([report.outcome, report.exitCode], ["timed_out", 124]);
    assert.ok(performance.now() - begun > 300);
  });

  it("a program that ends in its own way when it is told to", async () => {
    const running = attempt(
      executor,
      docker({ command: "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done" }),
    );
    await running.logged((log) => log.length > 0);
    running.stop("cancelled");
    assert.equal((await running.report).outcome, "cancelled");
    assert.match(running.log.map(({ text }) => text).join(""), /up\nbye\n/);
  });

  it("a hundred megabytes of output", async () => {
    const running = attempt(executor, docker({ command: "head -c 104857600 /dev/zero; echo; exit 1", maxOutput: MiB }));
    assert.equal((await running.report).exitCode, 1);
    const kept = running.log
      .filter(({ stream }) => stream === "stdout")
      .reduce((sum, { text }) => sum + text.length, 0);
    assert.equal(kept, MiB);
    assert.match(running.log.at(-1)!.text, /103809025 bytes of output \(99 MiB\) were dropped/);
  });

  it("processes that it leaves behind", async () => {
    const command = `(while :; do echo x >>/data/tick; sleep 0.05; done) & sleep 0.2; exit 0`;
    assert.equal((await run({ command, volumes: [`${data}:/data`] })).outcome, "succeeded");
    assert.deepEqual(processesOf("echo x >>/data/tick"), []);
  });

  it("an engine that is killed while the task runs", async () => {
    const running = attempt(executor, docker({ command: "echo up; while :; do sleep 1; done # of the killed engine" }));
    await running.logged((log) => log.length > 0);
    changed = Promise.withResolvers<void>();
    await engine.kill();
    const report = await running.report;
    assert.deepEqual([report.outcome, report.retryable], ["failed", true]);
    assert.match(
      report.error!.message,
      /container engine at unix:\S+ is gone: .*; what is left of the task is removed/,
    );
    await changed.promise;
    assert.equal(executor.isReady!(), false);
    await ended("of the killed engine");
    // What comes all the same before the server knows is given back.
    const early = await run({ command: ["true"] });
    assert.equal(early.outcome, "interrupted");
    assert.match(early.error!.message, /no container engine answers on this worker/);
    changed = Promise.withResolvers<void>();
    await engine.up();
    await changed.promise;
    assert.equal(executor.isReady!(), true);
    assert.match(said.join("\n"), /removed containers that were left behind/);
  });

  it("an engine that hangs while the task is stopped", async () => {
    const running = attempt(
      executor,
      docker({ command: "echo up; sleep 1000 # of the engine that hangs", grace: 100 }),
    );
    await running.logged((log) => log.length > 0);
    await engine.pause("STOP");
    running.stop("timed_out");
    try {
      assert.equal((await running.report).outcome, "timed_out");
      await ended("of the engine that hangs");
    } finally {
      await engine.pause("CONT");
    }
    await gone(engine);
  });

  it("a worker that is killed: its next one removes what it left", async () => {
    const dir = join(scratch, "state");
    const worker = spawn(process.execPath, [join(import.meta.dirname, "dying-worker.ts"), engine.host, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await firstWords(worker);
    worker.kill("SIGKILL");
    await once(worker, "exit");
    assert.equal((await engine.containers()).length, 1);
    // Another worker's containers are nobody else's business.
    const other = await dockerExecutor(engine, { dir: join(scratch, "other") });
    assert.equal((await engine.containers()).length, 1);
    const next = await dockerExecutor(engine, { dir });
    assert.deepEqual(await engine.containers(), []);
    await other.close!();
    await next.close!();
    assert.ok(existsSync(join(dir, "containers")));
  });
});

/** Processes of the whole machine whose command line holds these words. */
function processesOf(words: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(words);
      } catch {
        return false;
      }
    });
}

async function firstWords(child: ChildProcess): Promise<void> {
  const said = new AbortController();
  const ended = once(child, "exit", { signal: said.signal }).then(([code]) =>
    assert.fail(`it ended with ${code}, and said nothing`),
  );
  try {
    await Promise.race([once(child.stdout!, "data"), ended]);
  } finally {
    ended.catch(() => undefined);
    said.abort();
  }
}

/** Waits until no container is left: the worker looks after that by itself. */
async function gone(engine: TestEngine): Promise<void> {
  for (;;) {
    await engine.revive();
    const left = await Promise.race([engine.containers().catch(() => undefined), moment(5000)]);
    if (left?.length === 0) return;
    await moment();
  }
}

/** Waits until no process is left whose command line holds these words: one that was killed needs a moment to go. */
function ended(words: string): Promise<void> {
  return until(() => processesOf(words).length === 0, `a process is left: ${words}`);
}

async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  for (const end = performance.now() + HANG_MS; !isSo(); await moment()) assert.ok(performance.now() < end, otherwise);
}

function moment(ms = 20): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
