/**
 * What every executor owes to the tasks that it runs, where these are code: the same tasks in the words of each kind. A kind
 * that has no word for a step says why, and that test is skipped with the reason.
 *
 * To add a kind: `codeConformance(NAME, setUp)` in a test of its own, with `write` as the translation of steps. All that
 * runs a shell takes `shellScript` of `steps.ts`.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { LogStream } from "../../src/base/words.ts";
import type { AttemptReport } from "../../src/protocol/link.ts";
import type { Work } from "../../src/protocol/task.ts";
import type { AttemptContext, Executor } from "../../src/worker/executor.ts";
import { type Attempt, attempt } from "./executor.ts";
import type { Step } from "./steps.ts";

/** What the task says beside its steps, where its kind has that. */
export interface More {
  maxOutput?: number;
  /** Milliseconds between the wish to stop and the end by force. */
  grace?: number;
  env?: Record<string, string>;
  stdin?: string;
  outputs?: Record<string, { from: "file"; type: "number" }>;
}

export interface CodeUnderTest {
  executor: Executor;
  /** Most attempts at once. Default: 8. */
  atOnce?: number;
  /** How many attempts are many. Default: 100. */
  many?: number;
  /** Where its lines go. Default: `stdout`. */
  prints?: LogStream;
  /** Work that does these steps, or why this kind cannot. It may be asked for the same steps again. */
  write(steps: readonly Step[], more: More): Work | { why: string } | Promise<Work | { why: string }>;
  /** Ends what was set up for the test beside the executor. */
  dispose?(): Promise<void> | void;
}

/** No attempt of these tests takes as long to end after it was told to, but one that hangs. */
const END_MS_MAX = 60_000;
const GRACE_MS = 200;
/** Names of secrets that no task may see, and what they hold here. */
const SECRETS = ["OCTOPUS_ACCESS_TOKEN", "OCTOPUS_WORKER_JOIN", "OCTOPUS_CALLBACKS_SECRET"];
const SECRET = "not-for-tasks";

interface World {
  /** For files of the test. */
  folder: string;
  under: CodeUnderTest;
}
type Parts = Partial<Pick<AttemptContext, "keepFile" | "inputsDir" | "progress">>;
interface Running extends Attempt {
  /** All that it printed. */
  printed(): string;
}
type Start = (t: TestContext, steps: readonly Step[], more?: More, parts?: Parts) => Promise<Running | undefined>;

/** Declares the suite for the executor that `setUp` makes. */
export function codeConformance(name: string, setUp: () => Promise<CodeUnderTest>): void {
  test(`${name} runs what tasks are made of`, async (t) => {
    // Before anything is started: whatever starts tasks must not have them from its own environment.
    const before = SECRETS.map((secret) => process.env[secret]);
    for (const secret of SECRETS) process.env[secret] = SECRET;
    const under = await setUp();
    const folder = mkdtempSync(join(tmpdir(), "octopus-conformance-"));
    let tasks = 0;
    const start: Start = async (own, steps, more = {}, parts = {}) => {
      const work = await under.write(steps, more);
      if ("why" in work) {
        own.skip(work.why);
        return undefined;
      }
      const running = attempt(under.executor, work, { task: ++tasks, id: `t${tasks}` }, parts);
      return { ...running, printed: () => outputOf(running, under.prints ?? "stdout") };
    };
    try {
      for (const [title, run] of Object.entries(CASES))
        await t.test(title, (own) => run(own, start, { folder, under }));
    } finally {
      await under.executor.close?.();
      await under.dispose?.();
      rmSync(folder, { recursive: true, force: true });
      for (const [i, secret] of SECRETS.entries()) {
        if (before[i] === undefined) delete process.env[secret];
        else process.env[secret] = before[i];
      }
    }
  });
}

const CASES: Record<string, (t: TestContext, start: Start, world: World) => Promise<void>> = {
  async "output of both streams is whole and in order, and there before the end"(t, start) {
    const lines: Step[] = Array.from({ length: 100 }, (_, i) => ({ print: `line ${i}` }));
    const running = await start(t, [...lines, { print: "oops", to: "stderr" }, { print: "end" }]);
    if (running === undefined) return;
    succeeded(await running.report);
    const wanted = [...lines.map((_, i) => `line ${i}`), "end", ""].join("\n");
    assert.equal(running.printed(), wanted);
    assert.match(outputOf(running, "stderr"), /oops\n/);
  },

  async "letters of every length survive"(t, start) {
    const text = "ä€😀—中文 \t'\"\\$`";
    const running = await start(t, [{ print: text, times: 3000 }]);
    if (running === undefined) return;
    succeeded(await running.report);
    assert.equal(running.printed(), `${text}\n`.repeat(3000));
  },

  async "ten megabytes arrive whole"(t, start) {
    const bytes = 10 * 1024 * 1024;
    const running = await start(t, [{ bytes }, { print: "end" }], { maxOutput: 2 * bytes });
    if (running === undefined) return;
    succeeded(await running.report);
    const output = running.printed();
    assert.equal(output.length, bytes + 4);
    assert.ok(output.endsWith("xxend\n"));
  },

  async "more output than may be kept is dropped, and the log says so"(t, start) {
    const running = await start(t, [{ bytes: 1_000_000 }], { maxOutput: 1000 });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.equal(running.printed(), "x".repeat(1000));
    assert.match(outputOf(running, "log"), /999000 bytes of output .* were dropped/);
  },

  async "a failure says what it was"(t, start) {
    const running = await start(t, [{ print: "about to fail", to: "stderr" }, { exit: 3 }]);
    if (running === undefined) return;
    const { outcome, error } = await running.report;
    assert.equal(outcome, "failed");
    assert.match(error!.message, /3/);
    assert.ok((error!.kind ?? "") !== "");
  },

  async "a task that takes too long ends, with all that it started"(t, start) {
    const child = 100_000 + Math.floor(Math.random() * 1e8);
    const running = await start(t, [{ child }, { print: "up" }, { sleep: 1e6 }], { grace: GRACE_MS });
    if (running === undefined) return;
    await running.logged((log) => log.some(({ text }) => text.includes("up")));
    assert.equal((await endOf(running, "timed_out")).outcome, "timed_out");
    await until(() => sleepers(child).length === 0, `a process that sleeps ${child} seconds is left`);
  },

  async "a task that is cancelled ends at once"(t, start) {
    const running = await start(t, [{ print: "up" }, { sleep: 1e6 }], { grace: GRACE_MS });
    if (running === undefined) return;
    await running.logged((log) => log.some(({ text }) => text.includes("up")));
    assert.equal((await endOf(running, "cancelled")).outcome, "cancelled");
  },

  async "a task that does not listen is ended by force"(t, start) {
    const running = await start(t, [{ deaf: true }, { print: "up" }, { sleep: 1e6 }, { sleep: 1e6 }], {
      grace: GRACE_MS,
    });
    if (running === undefined) return;
    await running.logged((log) => log.some(({ text }) => text.includes("up")));
    assert.equal((await endOf(running, "cancelled")).outcome, "cancelled");
  },

  async "a task that never waits ends, too"(t, start) {
    const running = await start(t, [{ print: "up" }, { spin: true }], { grace: GRACE_MS });
    if (running === undefined) return;
    await running.logged((log) => log.some(({ text }) => text.includes("up")));
    assert.equal((await endOf(running, "timed_out")).outcome, "timed_out");
  },

  async "a task whose process dies has failed, and the next one runs"(t, start) {
    const running = await start(t, [{ print: "up" }, { crash: true }]);
    if (running === undefined) return;
    const { outcome, error } = await running.report;
    assert.equal(outcome, "failed");
    assert.match(error!.message, /\S/);
    assert.match(running.printed(), /up/, "what it said before is kept");
    const next = await start(t, [{ print: "up" }]);
    succeeded(await next!.report);
  },

  async "its environment names its attempt, and holds no secrets of the worker"(t, start) {
    const names = ["OCTOPUS_TASK_ID", "OCTOPUS_ATTEMPT", "OCTOPUS_ARM", ...SECRETS];
    const steps = names.map((variable) => ({ variable }));
    const running = await start(t, steps);
    if (running === undefined) return;
    succeeded(await running.report);
    const [id, ...rest] = running.printed().split("\n");
    assert.match(id!, /^t\d+$/);
    assert.deepEqual(rest, ["1", "default", ...SECRETS.map(() => ""), ""]);
  },

  async "it gets the environment that it asks for, as it stands there"(t, start) {
    const env = { GREETING: "grüß $HOME `id`\nsecond line" };
    const running = await start(t, [{ variable: "GREETING" }], { env });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.equal(running.printed(), `${env.GREETING}\n`);
  },

  async "it reads what it is given on standard input"(t, start) {
    const stdin = "a line: Ω\n".repeat(50_000);
    const running = await start(t, [{ copy: true }], { stdin });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.ok(running.printed() === stdin);
  },

  async "files that it leaves are kept"(t, start) {
    const kept: Record<string, string> = {};
    const keepFile: NonNullable<AttemptContext["keepFile"]> = async (path, source) => {
      kept[path] = "file" in source ? readFileSync(source.file, "utf8") : Buffer.from(source.content).toString();
    };
    const running = await start(t, [{ artifact: "report.txt", text: "all good: ü" }], {}, { keepFile });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.deepEqual(kept, { "report.txt": "all good: ü" });
  },

  async "values that it leaves are its result"(t, start) {
    const outputs = { answer: { from: "file", type: "number" } } as const;
    const running = await start(t, [{ output: "answer", value: "42" }], { outputs });
    if (running === undefined) return;
    const report = await running.report;
    succeeded(report);
    assert.deepEqual(report.result, { answer: 42 });
  },

  async "it reads the files of other tasks"(t, start, { folder }) {
    writeFileSync(join(folder, "data.txt"), "from another task\n");
    const running = await start(t, [{ input: "data.txt" }], {}, { inputsDir: folder });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.equal(running.printed(), "from another task\n");
  },

  async "it says how far it is"(t, start) {
    const said: [number, string | undefined][] = [];
    const progress: AttemptContext["progress"] = (value, message) => void said.push([value, message]);
    const running = await start(t, [{ progress: 0.5, message: "half" }], {}, { progress });
    if (running === undefined) return;
    succeeded(await running.report);
    assert.deepEqual(said, [[0.5, "half"]]);
  },

  async "of many, some at a time, each has its own output"(t, start, { under }) {
    const numbers = Array.from({ length: under.many ?? 100 }, (_, i) => i);
    const next = numbers[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const i of next) {
        const running = await start(t, [{ print: `this is ${i}` }]);
        if (running === undefined) return;
        succeeded(await running.report);
        assert.equal(running.printed(), `this is ${i}\n`);
        assert.deepEqual(running.late, []);
      }
    };
    await Promise.all(Array.from({ length: under.atOnce ?? 8 }, work));
  },
};

function succeeded(report: AttemptReport): void {
  assert.equal(report.outcome, "succeeded", JSON.stringify(report));
}

function outputOf({ log }: Attempt, stream: LogStream): string {
  return Buffer.concat(log.filter((each) => each.stream === stream).map(({ bytes }) => bytes)).toString();
}

/** Tells it to stop, and waits for that. */
async function endOf(running: Attempt, reason: "timed_out" | "cancelled"): Promise<AttemptReport> {
  running.stop(reason);
  const late = wait(END_MS_MAX, undefined, { ref: false });
  const report = await Promise.race([running.report, late]);
  assert.ok(report !== undefined, `it did not end within ${END_MS_MAX / 1000} seconds`);
  return report;
}

/** Processes of this machine that sleep for so many seconds, in whatever container. */
function sleepers(seconds: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(String(seconds));
    } catch {
      return false;
    }
  });
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + END_MS_MAX; !isSo(); await wait(20)) assert.ok(Date.now() < end, what);
}
