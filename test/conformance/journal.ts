/**
 * What every journal owes the engine (J1, J2 of `src/engine/ports.ts`), as tests that each implementation runs against
 * itself: every kind of event survives, a batch that fails leaves nothing, what was appended is there after a restart.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Command } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import { type Batch, type Event, EVENT_VERSION } from "../../src/core/event.ts";
import { loadState } from "../../src/core/load.ts";
import { place } from "../../src/core/fleet/place.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import { Turn } from "../../src/core/turn.ts";
import type { Journal, Library } from "../../src/engine/ports.ts";
import { createCalendar } from "../../src/schedule/mod.ts";
import { newTask } from "../sim/core-harness.ts";
import { difference, snapshot } from "../sim/snapshot.ts";
import { liveThroughFleet } from "./journal-fleet.ts";
import { liveThroughPlugins } from "./journal-plugins.ts";
import { liveThroughWishes } from "./journal-wishes.ts";
import { liveThroughWorkflows } from "./journal-workflows.ts";

/** One journal, and the library over what it made durable. */
export interface JournalUnderTest {
  journal: Journal;
  library: Library;
  /** Ends it without warning and opens what it left; absent = it lives as long as the process. */
  reopen?(): JournalUnderTest;
  dispose(): void;
}

const LEASE_MS = 30_000;
const CALENDAR = createCalendar();
const BASE = { kinds: ["shell" as const], functions: [], host: "h", pid: 1, octopus: "test", local: false, holds: [] };

/** Core with a journal behind it, turn by turn. */
export class Driver {
  readonly state: State = createState();
  now = 1_700_000_000_000;
  /** Kinds of event that have been appended. */
  readonly seen = new Set<Event["type"]>();
  under: JournalUnderTest;

  constructor(under: JournalUnderTest) {
    this.under = under;
  }

  async turn(...commands: Command[]): Promise<void> {
    const turn = new Turn(this.state, ++this.now, LEASE_MS, CALENDAR);
    for (const command of commands) decide(turn, command);
    decide(turn, { type: "Tick" });
    place(turn, 1000);
    for (const { type } of turn.events) this.seen.add(type);
    await this.under.journal.append(batchOf(turn), {
      ...this.state,
      arms: this.state.armOrder,
      meters: this.state.limits.meters.changes(),
    });
    forgetEnded(this.state);
    this.compare();
  }

  /** What the journal would give after a restart is what core has now. */
  compare(): void {
    const loaded = loadState(this.under.journal.load(), this.now, LEASE_MS);
    const found = difference(
      ["the journal", "core"],
      snapshot(loaded, { exact: false }),
      snapshot(this.state, { exact: false }),
    );
    assert.equal(found, undefined, `after ${[...this.seen].join(", ")}`);
  }

  end(task: number, report: Extract<Command, { type: "EndAttempt" }>["report"]): Promise<void> {
    const { attempt, live } = this.state.tasks.get(task)!;
    return this.turn({ type: "EndAttempt", worker: live!.worker.name, session: 1, task, attempt, report });
  }
}

function batchOf({ now, events }: Turn): Batch {
  return { version: EVENT_VERSION, at: now, events };
}

/** Brings every kind of event about. */
async function liveThroughAll(driver: Driver): Promise<void> {
  const { state } = driver;
  await driver.turn({ type: "ConfigureArm", arm: "gpu", enabled: true, maxParallel: 2 });
  await driver.turn({ type: "ConnectWorker", worker: "w", session: 1, instance: "1", slots: 2, ...BASE });
  const policy = { timeoutMs: 5000, retryLimit: 1, backoff: "fixed", delayMs: 5, maxDelayMs: 5, jitter: 0 } as const;
  await driver.turn({
    type: "SubmitRun",
    workflow: "flow",
    params: { a: [1, null, "x"] },
    definition: "name: flow",
    tasks: [
      newTask({
        name: "a",
        arm: "gpu",
        policy: { ...policy, onLost: "fail", startDelayMs: 0 },
        tags: ["t"],
        work: '{"ü":"☃"}',
      }),
      newTask({ name: "b", needsEarlier: [0], runAt: driver.now + 500 }),
      newTask({ name: "c", needsEarlier: [1], priority: 10 }),
    ],
  });
  await driver.turn({
    type: "SubmitTasks",
    tasks: [newTask({ key: "k", hash: "1", expiresAt: driver.now + 1e6, runAt: driver.now + 1e6, worker: "v" })],
  });
  await driver.end(1, { outcome: "failed", exitCode: 1, error: { message: "no", kind: "exit", stack: "at" } });
  driver.now += 10;
  await driver.turn();
  await driver.end(1, {
    outcome: "succeeded",
    result: '{"x":1}',
    cpuMs: 3,
    maxRssBytes: 4,
    durationMs: 5,
    signal: "SIGUSR1",
  });
  driver.now += 1000;
  await driver.turn();
  await driver.turn({ type: "CancelTask", task: 2, reason: "enough" });
  await driver.end(2, { outcome: "cancelled" });
  assert.equal(state.runs.size, 0, "the run has ended");
  await driver.turn({ type: "CancelTask", task: 4, reason: "enough" });
  const { library } = driver.under;
  const retry = library.endedTask(2)!;
  await driver.turn({
    type: "RetryTask",
    task: retry,
    dependents: library.dependents(retry),
    children: [],
    run: library.endedRun(1),
  });
  assert.deepEqual([state.tasks.get(2)?.state, state.tasks.get(3)?.state], ["running", "blocked"]);
  await driver.turn({ type: "CancelRun", run: 1, reason: "stop", tasks: library.taskSeqsOfRun(1) });
  await driver.turn({ type: "DrainWorker", worker: "w" });
  await driver.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
  await driver.turn({ type: "DeleteTasks", tasks: [{ task: 4, state: "cancelled" }] });
}

/** Makes the tests; `open` gives an empty journal. */
export function testJournal(name: string, open: () => JournalUnderTest): void {
  describe(`journal: ${name}`, () => {
    const withJournal = (what: string, run: (driver: Driver) => Promise<void>): void => {
      test(what, async () => {
        const driver = new Driver(open());
        try {
          await run(driver);
        } finally {
          driver.under.dispose();
        }
      });
    };

    withJournal("an empty one gives an empty state", async (driver) => driver.compare());

    withJournal("every kind of event is there after a load", async (driver) => {
      await liveThroughAll(driver);
      const before = driver.state.lastTask;
      await liveThroughWishes(driver);
      await liveThroughWorkflows(driver);
      await liveThroughFleet(driver);
      await liveThroughPlugins(driver);
      assert.ok(driver.state.lastTask > before);
      const all: Record<Event["type"], true> = {
        ...{ TaskSubmitted: true, TaskReady: true, TaskScheduled: true, AttemptStarted: true, AttemptEnded: true },
        ...{ TaskEnded: true, CancelRequested: true, TaskReopened: true, TasksDeleted: true, RunCreated: true },
        ...{ RunStarted: true, RunCancelRequested: true, RunEnded: true, RunReopened: true, ArmConfigured: true },
        ...{
          WorkerJoined: true,
          WorkerDraining: true,
          WorkerLeft: true,
          CacheKeyed: true,
          TaskMoved: true,
          TaskPutOff: true,
          TaskReplaced: true,
        },
        ...{ TasksDismissed: true, CallbackDue: true, CallbackSent: true, RunTimedOut: true, RunPlanned: true },
        ...{ ArmRemoved: true, QuotaSet: true, ScheduleSet: true, ScheduleRemoved: true, ScheduleTicked: true },
        ...{ ScheduleFired: true, CalendarSet: true, BulkStarted: true, BulkProgressed: true },
        ...{ TaskPrepared: true, TaskOpened: true, TaskExpanded: true, ApprovalAsked: true, TaskApproved: true },
        ...{ RunSealed: true, RunDropped: true, RunPaused: true, RunAdmitted: true, RunTurned: true },
        ...{ WorkflowSet: true, WorkflowRemoved: true, WorkerResumed: true, WorkerForgotten: true },
        ...{ ClusterFounded: true, TokenCreated: true, TokenRevoked: true, KeyTrusted: true, KeyUntrusted: true },
        ...{ PluginPublished: true, PluginRemoved: true },
      };
      const missing = Object.keys(all).filter((type) => !driver.seen.has(type as Event["type"]));
      assert.deepEqual(missing, []);
      const { library } = driver.under;
      assert.equal(library.works([1])[0], '{"ü":"☃"}');
      assert.deepEqual(
        library.task(1)?.attempts.map(({ attempt, outcome }) => [attempt, outcome]),
        [
          [1, "failed"],
          [2, "succeeded"],
        ],
      );
      assert.equal(library.resultText(1), '{"x":1}');
      assert.equal(library.stateOf(4), undefined);
      assert.equal(library.findKey("k"), undefined);
      assert.equal(library.run(1)?.state, "cancelled");
    });

    withJournal("a batch that fails leaves nothing, and the next one is taken", async (driver) => {
      await driver.turn({ type: "SubmitTasks", tasks: [newTask({ key: "a" })] });
      const turn = new Turn(
        loadState(driver.under.journal.load(), driver.now, LEASE_MS),
        driver.now,
        LEASE_MS,
        CALENDAR,
      );
      decide(turn, { type: "SubmitTasks", tasks: [newTask({}), newTask({}), newTask({})] });
      const { state } = turn;
      // A task that is there already cannot be submitted again: the batch fails in its middle.
      const events = [...turn.events.slice(0, 2), { ...turn.events[2]!, task: 1 } as Event];
      const append = async (): Promise<void> =>
        driver.under.journal.append(
          { version: EVENT_VERSION, at: driver.now, events },
          { ...state, arms: state.armOrder, meters: [] },
        );
      await assert.rejects(append, { name: "OctopusError", code: "storage_failed", retryable: true });
      driver.compare();
      assert.equal(driver.under.library.stateOf(2), undefined);
      assert.equal(driver.under.journal.probe(), true);
      await driver.turn({ type: "SubmitTasks", tasks: [newTask({})] });
      assert.equal(driver.under.library.stateOf(2), "queued");
    });

    withJournal("a probe changes nothing", async (driver) => {
      await driver.turn({ type: "SubmitTasks", tasks: [newTask({})] });
      for (let i = 0; i < 3; i++) assert.equal(driver.under.journal.probe(), true);
      driver.compare();
    });

    withJournal("what was appended is there after a restart", async (driver) => {
      await liveThroughAll(driver);
      await liveThroughWishes(driver);
      await liveThroughWorkflows(driver);
      if (driver.under.reopen === undefined) return;
      driver.under = driver.under.reopen();
      driver.compare();
      await driver.turn({ type: "SubmitTasks", tasks: [newTask({ key: "k", hash: "2" })] });
      driver.under = driver.under.reopen!();
      driver.compare();
    });
  });
}
