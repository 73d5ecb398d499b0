/**
 * Schedules in core: each overlap and each catch-up, restarts between any two steps, clocks that are set. Turns are
 * checked and replayed by the harness; a load from what the events left is compared, too.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { Overlap } from "../../base/words.ts";
import type { ScheduleRule } from "./calendar.ts";
import type { Command } from "../command.ts";
import type { Event } from "../event.ts";
import type { CatchUpRule } from "./events.ts";
import { processorMs } from "../../../test/machine.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const START = Date.parse("2026-06-01T00:00:00Z");
const LATEST: CatchUpRule = { policy: "latest", windowMs: 24 * HOUR, max: 100 };

interface Options {
  rule?: Partial<ScheduleRule>;
  overlap?: Overlap;
  catchUp?: CatchUpRule;
  jitterMs?: number;
  paused?: boolean;
}

/** A core with one worker, and a schedule that is due each ten seconds unless told otherwise. */
class World {
  readonly core = new Harness();
  readonly name = "s";
  /** What became of ticks, in the order of events: `fired 10`, in seconds since the start. */
  readonly log: string[] = [];
  /** Fired ticks are made at once; false = the shell is not there. */
  makes = true;

  constructor(options: Options = {}) {
    this.core.now = START;
    this.core.onTurn = (_state, turn) => this.note(turn.events);
    // One that lives with the engine: its lease does not run out while the test moves the clock.
    this.core.connect("w", 100, { local: true });
    this.set(options);
  }

  set(options: Options): void {
    const { rule, overlap = "allow", catchUp = LATEST, jitterMs = 0, paused = false } = options;
    const whole = rule ?? { everyMs: 10 * SECOND, anchor: START };
    this.core.turn({
      type: "SetSchedule",
      ...{ schedule: this.name, overlap, catchUp, jitterMs, paused, target: "{}" },
      rule: { zone: "UTC", seed: this.name, ...whole },
    });
  }

  note(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type !== "ScheduleTicked") continue;
      const count = event.count === undefined ? "" : ` x${event.count}`;
      this.log.push(`${event.action} ${(event.tick - START) / SECOND}${count}`);
    }
  }

  get schedule() {
    return this.core.state.schedules.byName.get(this.name)!;
  }

  /** Moves the clock to so many seconds after the start, and decides what is due then. */
  at(seconds: number): void {
    this.core.now = START + seconds * SECOND;
    this.core.turn({ type: "Tick" });
    for (let turns = 0; this.core.state.timers.next <= this.core.now + 1 && turns < 1000; turns++) {
      this.core.now++;
      this.core.turn({ type: "Tick" });
    }
    this.make();
  }

  /** Goes second by second, as the timers would. */
  until(seconds: number): void {
    const from = Math.floor((this.core.now - START) / SECOND);
    for (let second = from + 1; second <= seconds; second++) this.at(second);
  }

  /** The shell: makes a task of each fired tick. */
  make(): void {
    for (let round = 0; this.makes && this.schedule.firing.size > 0 && round < 100; round++) {
      for (const tick of [...this.schedule.firing.keys()]) this.fire(tick);
    }
  }

  fire(tick: number): void {
    this.core.turn({ type: "FireTick", schedule: this.name, tick, task: newTask({}) });
  }

  /** Numbers of the tasks that the schedule made and that have not ended. */
  get active(): number[] {
    return [...(this.core.state.schedules.active.get(this.name) ?? [])];
  }

  /** Ends the oldest active task, and makes what that lets go. */
  end(): void {
    this.core.end(this.active[0]!);
    this.make();
  }

  taken(): string[] {
    return this.log.splice(0);
  }
}

describe("ticks", () => {
  test("come one after the other and make one task each", () => {
    const world = new World();
    world.until(30);
    assert.deepEqual(world.taken(), ["fired 10", "fired 20", "fired 30"]);
    assert.equal(world.active.length, 3);
    assert.equal(world.core.state.tasks.get(world.active[0]!)?.asks?.origin?.type, "schedule");
  });

  test("a second target for the same tick is ignored", () => {
    const world = new World();
    world.makes = false;
    world.at(10);
    world.fire(START + 10 * SECOND);
    const [reply] = world.core.turn({ type: "FireTick", schedule: "s", tick: START + 10 * SECOND, task: newTask({}) });
    assert.deepEqual(reply, { ok: true, ignored: true });
    assert.equal(world.active.length, 1);
  });

  test("a target that cannot be made settles the tick", () => {
    const world = new World({ overlap: "queue_all" });
    world.makes = false;
    world.at(10);
    world.at(20);
    world.core.turn({ type: "FireTick", schedule: "s", tick: START + 10 * SECOND, reason: "no such function" });
    assert.deepEqual(world.core.events[0], {
      type: "ScheduleFired",
      schedule: "s",
      tick: START + 10 * SECOND,
      reason: "no such function",
    });
    assert.deepEqual(world.taken(), ["fired 10", "queued 20", "fired 20"]);
  });

  test("jitter spreads them, each by its own share, and in order", () => {
    const world = new World({ jitterMs: 5 * SECOND });
    const wakes: number[] = [];
    for (let tick = 1; tick <= 20; tick++) {
      const { nextAt, wakeAt } = world.schedule;
      wakes.push(wakeAt - nextAt);
      world.core.now = wakeAt - 1;
      world.core.turn({ type: "Tick" });
      assert.deepEqual(world.taken(), []);
      world.core.now = wakeAt;
      world.core.turn({ type: "Tick" });
      assert.deepEqual(world.taken(), [`fired ${tick * 10}`]);
    }
    assert.ok(wakes.every((wake) => wake >= 0 && wake <= 5 * SECOND));
    assert.ok(new Set(wakes).size > 10);
  });
});

describe("overlap", () => {
  const cases: [Overlap, string[], string[]][] = [
    ["allow", ["fired 10", "fired 20", "fired 30"], []],
    ["skip", ["fired 10", "skipped 20", "skipped 30"], []],
    ["queue_one", ["fired 10", "queued 20", "skipped 20", "queued 30"], ["fired 30"]],
    ["queue_all", ["fired 10", "queued 20", "queued 30"], ["fired 20"]],
    ["cancel_previous", ["fired 10", "queued 20", "skipped 20", "queued 30"], ["fired 30"]],
  ];
  for (const [overlap, before, after] of cases) {
    test(`${overlap}: while the first runs, and when it has ended`, () => {
      const world = new World({ overlap });
      world.until(30);
      assert.deepEqual(world.taken(), before);
      world.end();
      assert.deepEqual(world.taken(), after);
    });
  }

  test("queue_all fires what waits one by one, the oldest first", () => {
    const world = new World({ overlap: "queue_all" });
    world.until(50);
    world.taken();
    for (let tick = 20; tick <= 50; tick += 10) {
      world.end();
      assert.deepEqual(world.taken(), [`fired ${tick}`]);
      assert.equal(world.active.length, 1);
    }
  });

  test("queue_all keeps a thousand waiting ticks and no more", () => {
    const world = new World({ overlap: "queue_all", rule: { everyMs: SECOND, anchor: START } });
    world.until(1002);
    assert.equal(world.schedule.queue.length, 1000);
    assert.equal(world.taken().at(-1), "missed 1002 x1");
  });

  test("cancel_previous tells the worker, and waits for the end", () => {
    const world = new World({ overlap: "cancel_previous" });
    world.until(20);
    assert.ok(world.core.state.tasks.get(world.active[0]!)?.live?.cancel?.includes("newer tick"));
    assert.equal(world.active.length, 1);
  });

  test("cancel_previous ends a task that waits at once, and fires in the same turn", () => {
    const world = new World({ overlap: "cancel_previous" });
    world.core.turn({ type: "ConfigureArm", arm: "default", enabled: false });
    world.until(20);
    assert.deepEqual(world.taken(), ["fired 10", "queued 20", "fired 20"]);
    assert.equal(world.core.state.counts.cancelled, 1);
  });

  test("a task that is tried again is still active", () => {
    const world = new World({ overlap: "skip" });
    world.makes = false;
    world.at(10);
    const policy = {
      timeoutMs: 0,
      retryLimit: 1,
      backoff: "fixed",
      delayMs: 1000,
      maxDelayMs: 1000,
      jitter: 0,
    } as const;
    world.core.turn({
      type: "FireTick",
      ...{ schedule: "s", tick: START + 10 * SECOND },
      task: newTask({ policy: { ...policy, onLost: "requeue", startDelayMs: 0 } }),
    });
    world.core.end(world.active[0]!, "failed");
    assert.equal(world.active.length, 1);
    world.at(20);
    assert.deepEqual(world.taken(), ["fired 10", "skipped 20"]);
  });
});

describe("catch-up", () => {
  const all = (more: Partial<CatchUpRule> = {}): CatchUpRule => ({
    policy: "all",
    windowMs: 24 * HOUR,
    max: 100,
    ...more,
  });
  const none: CatchUpRule = { ...LATEST, policy: "none" };

  test("a pause of less than a minute skips nothing and repeats nothing", () => {
    for (const catchUp of [none, LATEST, all()]) {
      const world = new World({ catchUp });
      world.at(10);
      world.at(59);
      assert.deepEqual(world.taken(), ["fired 10", "fired 20", "fired 30", "fired 40", "fired 50"]);
    }
  });

  test("none: what was missed is one event, and what is only late is fired", () => {
    const world = new World({ catchUp: none });
    world.at(1000);
    assert.deepEqual(world.taken(), [
      "missed 940 x94",
      ...[950, 960, 970, 980, 990, 1000].map((tick) => `fired ${tick}`),
    ]);
  });

  test("latest: the newest missed one is fired", () => {
    const world = new World();
    world.at(1000);
    assert.deepEqual(world.taken().slice(0, 3), ["missed 930 x93", "fired 940", "fired 950"]);
  });

  test("latest: not when that was missed too long ago", () => {
    const rule = { at: [START + 10 * SECOND, START + 20 * SECOND] };
    const world = new World({ rule, catchUp: { ...LATEST, windowMs: HOUR } });
    world.at(2 * 3600);
    assert.deepEqual(world.taken(), ["missed 20 x2"]);
  });

  test("all: in order, the newest within window and number", () => {
    const world = new World({ catchUp: all() });
    world.at(300);
    assert.deepEqual(
      world.taken(),
      Array.from({ length: 30 }, (_, n) => `fired ${(n + 1) * 10}`),
    );
    const few = new World({ catchUp: all({ max: 3 }) });
    few.at(300);
    assert.deepEqual(few.taken().slice(0, 5), ["missed 210 x21", "fired 220", "fired 230", "fired 240", "fired 250"]);
    const window = new World({ catchUp: all({ windowMs: 100 * SECOND }) });
    window.at(300);
    assert.deepEqual(window.taken().slice(0, 3), ["missed 190 x19", "fired 200", "fired 210"]);
  });

  test("each second for a year in the past costs no more than what is caught up", () => {
    for (const catchUp of [none, LATEST, all({ max: 1000 })]) {
      for (const rule of [{ crons: ["* * * * * *"] }, { everyMs: SECOND, anchor: START }]) {
        const world = new World({ rule, catchUp });
        world.makes = false;
        const begin = processorMs();
        world.at(365 * 86_400);
        assert.ok(processorMs() - begin < 3000);
        assert.ok(world.taken().length < 1100);
        assert.ok(world.schedule.nextAt > world.core.now);
      }
    }
  });

  test("a missed tick waits by the rule of overlap like any other", () => {
    const world = new World({ overlap: "skip", catchUp: all() });
    world.at(30);
    assert.deepEqual(world.taken(), ["fired 10", "skipped 20", "skipped 30"]);
  });
});

describe("setting", () => {
  test("what it is already changes nothing: ticks that were missed are still caught up", () => {
    const world = new World();
    world.core.now = START + 1000 * SECOND;
    world.set({});
    assert.ok(world.log.includes("fired 940"));
  });

  test("another rule fires no tick again that has passed", () => {
    const world = new World();
    world.until(20);
    world.taken();
    world.set({ rule: { crons: ["*/5 * * * * *"] } });
    world.until(25);
    assert.deepEqual(world.taken(), ["fired 25"]);
  });

  test("ticks of the pause are not caught up", () => {
    const world = new World();
    world.until(10);
    world.set({ paused: true });
    assert.equal(world.schedule.nextAt, 0);
    world.at(500);
    world.set({});
    world.at(510);
    assert.deepEqual(world.taken(), ["fired 10", "fired 510"]);
  });

  test("a pause holds back what waits; the end of it, and overlap allow, let it go", () => {
    const world = new World({ overlap: "queue_all" });
    world.until(30);
    world.set({ overlap: "queue_all", paused: true });
    world.end();
    assert.deepEqual(world.taken(), ["fired 10", "queued 20", "queued 30"]);
    world.set({ overlap: "queue_all" });
    assert.deepEqual(world.taken(), ["fired 20"]);
    world.set({ overlap: "allow" });
    assert.deepEqual(world.taken(), ["fired 30"]);
  });

  test("a schedule that was removed leaves its tasks alone, and one of the same name knows them", () => {
    const world = new World({ overlap: "skip" });
    world.until(10);
    world.core.turn({ type: "RemoveSchedule", schedule: "s" });
    assert.equal(world.core.state.tasks.get(world.active[0]!)?.state, "running");
    world.set({ overlap: "skip" });
    world.until(20);
    assert.deepEqual(world.taken(), ["fired 10", "skipped 20"]);
  });

  test("commands for a schedule that is not there are refused", () => {
    const world = new World();
    const commands: Command[] = [
      { type: "RemoveSchedule", schedule: "x" },
      { type: "TriggerSchedule", schedule: "x" },
      { type: "BackfillSchedule", schedule: "x", ticks: [] },
    ];
    for (const command of commands) {
      const [reply] = world.core.turn(command);
      assert.deepEqual(reply, { ok: false, rejection: { type: "ScheduleNotFound", schedule: "x" } });
    }
  });
});

describe("by hand", () => {
  test("a trigger fires at once, whatever runs and though it is paused, each time under a tick of its own", () => {
    const world = new World({ overlap: "skip" });
    world.until(10);
    world.set({ overlap: "skip", paused: true });
    const ticks = [1, 2, 3].map(() => {
      const [reply] = world.core.turn({ type: "TriggerSchedule", schedule: "s" });
      assert.ok(reply?.ok);
      return reply.tick;
    });
    world.make();
    assert.equal(new Set(ticks).size, 3);
    assert.ok(!ticks.includes(START + 10 * SECOND));
    assert.equal(world.active.length, 4);
  });

  test("a backfill leaves out what comes by itself, and goes one by one where the schedule does", () => {
    for (const [overlap, said] of [
      ["allow", ["fired -30", "fired -20"]],
      ["skip", ["fired -30", "queued -20"]],
    ] as const) {
      const world = new World({ overlap });
      const [reply] = world.core.turn({
        type: "BackfillSchedule",
        schedule: "s",
        ticks: [-30, -20, 10].map((tick) => START + tick * SECOND),
      });
      assert.deepEqual(reply, { ok: true, count: 2 });
      assert.deepEqual(world.taken(), said);
      world.make();
      if (overlap === "skip") {
        world.end();
        assert.deepEqual(world.taken(), ["fired -20"]);
      }
    }
  });
});
