/**
 * What every executor owes the agent (X1 to X3 of `src/worker/executor.ts`), as tests that each kind runs against itself.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogStream } from "../../src/base/words.ts";
import type { Assignment, AttemptReport } from "../../src/protocol/link.ts";
import type { Work } from "../../src/protocol/task.ts";
import type { AttemptContext, Executor, StopReason } from "../../src/worker/executor.ts";

/** One executor, and work for it that behaves as named. */
export interface ExecutorUnderTest {
  executor: Executor;
  /** Ends well at once. */
  succeeds: Work;
  /** Says no at once. */
  fails: Work;
  /** Goes on until it is stopped. */
  neverEnds: Work;
  /** How many attempts are many. Default: 40. */
  many?: number;
  /** Ends what was set up for the test beside the executor. */
  dispose?(): Promise<void>;
}

/** One line as an executor logged it. */
export interface Logged {
  stream: LogStream;
  text: string;
  /** As it came: a letter may have been cut in two. */
  bytes: Buffer;
}

/** An attempt on its way. */
export interface Attempt {
  report: Promise<AttemptReport>;
  log: Logged[];
  /** What came after the report, which must be nothing. */
  late: Logged[];
  stop(reason: StopReason): void;
  /** Resolves once something was logged for which `accepts` holds. */
  logged(accepts: (log: Logged[]) => boolean): Promise<void>;
}

/** Runs `work` as a worker would. `parts`: what the worker offers beside that. */
export function attempt(
  executor: Executor,
  work: Work,
  assignment: Partial<Assignment> = {},
  parts: Partial<Pick<AttemptContext, "keepFile" | "inputsDir" | "progress">> = {},
): Attempt {
  const controller = new AbortController();
  const log: Logged[] = [];
  const late: Logged[] = [];
  const waiting = new Set<() => void>();
  let settled = false;
  const context: AttemptContext = {
    assignment: { task: 1, attempt: 1, id: "t1", type: work.kind, arm: "default", timeoutMs: 0, work, ...assignment },
    signal: controller.signal,
    get stopped() {
      return controller.signal.aborted ? (controller.signal.reason as StopReason) : undefined;
    },
    log(stream, data) {
      const bytes = Buffer.from(data);
      (settled ? late : log).push({ stream, text: bytes.toString(), bytes });
      for (const check of waiting) check();
    },
    progress() {},
    ...parts,
  };
  const report = executor.execute(context).finally(() => (settled = true));
  return {
    report,
    log,
    late,
    stop: (reason) => controller.abort(reason),
    logged: (accepts) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!accepts(log)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        report.then((ended) => {
          if (!waiting.has(check)) return;
          const logged = log.map(({ stream, text }) => ({ stream, text }));
          reject(new Error(`it ended without logging it: ${JSON.stringify({ logged, ended })}`));
        }, reject);
      }),
  };
}

const STOPPED: Record<StopReason, AttemptReport["outcome"]> = {
  timed_out: "timed_out",
  cancelled: "cancelled",
  interrupted: "interrupted",
  lost: "cancelled",
};

/** Declares the suite for the executor that `setUp` makes. */
export function executorConformance(name: string, setUp: () => Promise<ExecutorUnderTest>): void {
  test(`${name} keeps the promises of an executor`, async (t) => {
    const under = await setUp();
    const { executor } = under;
    try {
      await t.test("a success is reported with its duration", async () => {
        const report = await attempt(executor, under.succeeds).report;
        assert.equal(report.outcome, "succeeded", JSON.stringify(report));
        assert.equal(report.error, undefined);
        assert.ok(report.durationMs! >= 0);
      });
      await t.test("X1: a failure is a report with a message, not a rejection", async () => {
        const report = await attempt(executor, under.fails).report;
        assert.equal(report.outcome, "failed");
        assert.ok(report.error!.message.length > 0);
        assert.ok(report.error!.kind!.length > 0);
      });
      await t.test("X1: work of another kind is our bug and rejects", async () => {
        const other: Work =
          executor.kind === "call" ? { kind: "shell", shell: { command: "true" } } : { kind: "call", call: "f" };
        await assert.rejects(attempt(executor, other).report);
      });
      for (const reason of Object.keys(STOPPED) as StopReason[]) {
        await t.test(`X2: an attempt that is ${reason} settles as ${STOPPED[reason]}`, async () => {
          const running = attempt(executor, under.neverEnds);
          setImmediate(() => running.stop(reason));
          assert.equal((await running.report).outcome, STOPPED[reason]);
        });
      }
      await t.test("X2: an attempt that is stopped before it starts does not run", async () => {
        const controller = new AbortController();
        controller.abort("cancelled");
        const assignment: Assignment = {
          task: 1,
          attempt: 1,
          id: "t1",
          type: "x",
          arm: "a",
          timeoutMs: 0,
          work: under.succeeds,
        };
        const context = { assignment, signal: controller.signal, log: () => assert.fail("it logged"), progress() {} };
        assert.equal((await executor.execute(context)).outcome, "cancelled");
      });
      await t.test("X3: nothing is logged after the report", async () => {
        const attempts = Array.from({ length: 8 }, (_, i) =>
          attempt(executor, i % 2 === 0 ? under.succeeds : under.fails),
        );
        await Promise.all(attempts.map(({ report }) => report));
        await attempt(executor, under.succeeds).report;
        assert.deepEqual(
          attempts.flatMap(({ late }) => late),
          [],
        );
      });
      await t.test("many attempts at once settle, each with its own report", async () => {
        const works = Array.from({ length: under.many ?? 40 }, (_, i) => (i % 2 === 0 ? under.succeeds : under.fails));
        const reports = await Promise.all(works.map((work) => attempt(executor, work).report));
        assert.deepEqual(
          reports.map(({ outcome }) => outcome),
          works.map((work) => (work === under.succeeds ? "succeeded" : "failed")),
        );
      });
      await t.test("closing twice does no harm", async () => {
        await executor.close?.();
        await executor.close?.();
      });
    } finally {
      await executor.close?.();
      await under.dispose?.();
    }
  });
}
