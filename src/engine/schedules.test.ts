/** Schedules on a real database, with a clock that the test moves: set, fired, restarted, triggered, backfilled. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HandClock } from "../../test/sim/hand-clock.ts";
import { connectWorker, shell } from "../../test/sim/engine-harness.ts";
import { OctopusError } from "../base/errors.ts";
import { createOutside } from "../root/outside.ts";
import { ScheduleSubmission, type ScheduleSpec } from "../protocol/schedule.ts";
import { openStore, type Store } from "../store/store.ts";
import { Engine } from "./engine.ts";
import type { Journal } from "./ports.ts";

const START = Date.parse("2026-06-01T00:00:00Z");
const MINUTE = 60_000;
const NOTHING = { debug() {}, info() {}, warn() {}, error() {} };

class Server implements AsyncDisposable {
  readonly clock: HandClock;
  readonly store: Store;
  readonly engine: Engine;

  constructor(at = START, dir = ":memory:", wrap = (journal: Journal): Journal => journal) {
    this.clock = new HandClock(at);
    this.store = openStore(dir);
    const { journal, library, logs, artifacts } = this.store;
    this.engine = new Engine({
      ...{ journal: wrap(journal), library, logs, artifacts, clock: this.clock, log: NOTHING },
      ...{ version: "test", dataDir: dir, boot: "1", leaseMs: 30_000, heartbeatMs: 5000, resultBytesMax: 1000 },
      outside: createOutside({ zone: "UTC", now: this.clock.now }),
      defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
      retention: { keepCount: 1_000_000, keepMs: 1e15, logKeepMs: 1e15, logBytesMax: 1e9 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.engine.close();
    await this.clock.settle();
    await closed;
    this.store.close();
  }

  set(more: Partial<ScheduleSubmission>) {
    return this.engine.setSchedule(spec(more));
  }

  /** Ticks of a schedule, oldest first: `fired 00:10`. */
  ticks(name = "s"): string[] {
    const { items } = this.engine.ticks(name, { limit: 1000 });
    return items.map(({ tick, action }) => `${action} ${tick.slice(11, 16)}`).toReversed();
  }
}

function spec(more: Partial<ScheduleSubmission>): ScheduleSpec {
  const when = more.cron ?? more.every ?? more.at;
  return ScheduleSubmission.parse({
    name: "s",
    ...(when === undefined && { cron: "*/10 * * * *" }),
    ...(more.workflow === undefined && { task: { shell: "true" } }),
    ...more,
  });
}

async function refusal(
  promise: Promise<unknown>,
): Promise<{ code: string; path: string | undefined; message: string }> {
  const error = await promise.then(
    () => assert.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OctopusError, String(error));
  return { code: error.code, path: error.issues[0]?.path, message: error.message };
}

describe("setting a schedule", () => {
  test("answers when it is due, in words and in times", async () => {
    await using server = new Server();
    const view = await server.set({ cron: "30 8 * * 1-5", zone: "Europe/Berlin", description: "morning" });
    assert.equal(view.when, "at 08:30 on Monday to Friday");
    assert.equal(view.nextAt, "2026-06-01T06:30:00.000Z");
    assert.deepEqual(
      view.next.map((at) => at.slice(0, 10)),
      [...["2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"]],
    );
    assert.deepEqual(server.engine.schedule("s"), view);
    assert.equal(server.engine.schedules().length, 1);
    assert.deepEqual(server.engine.nextTicks("s", 2), [START + 6.5 * 3_600_000, START + 30.5 * 3_600_000]);
    assert.equal(server.engine.nextTicks("x", 2), undefined);
  });

  test("warns of what looks wrong, and keeps it", async () => {
    await using server = new Server();
    const { warnings } = await server.set({ cron: "* */4 * * *" });
    assert.match(warnings[0]!, /each minute of the hours/);
    const shut = { cron: "0 3 * * *", blackouts: [{ from: "02:00", to: "04:00" }] };
    const never = server.engine.previewSchedule(spec(shut), 5);
    assert.ok(never.warnings.some((warning) => warning.includes("never due")));
    assert.deepEqual(never.next, []);
    assert.equal(server.engine.schedules().length, 1);
  });

  test("refuses what cannot be, with the field", async () => {
    await using server = new Server();
    const cases: [Partial<ScheduleSubmission>, string, RegExp][] = [
      [{ cron: "61 * * * *" }, "cron[0]", /minute field "61" has 61 where 0 to 59/],
      [{ cron: ["0 0 * * *", "0 0 * *"] }, "cron[1]", /4 fields where five or six/],
      [{ cron: "@reboot" }, "cron[0]", /@reboot/],
      [{ cron: "0 0 30 2 *" }, "cron[0]", /never due/],
      [{ zone: "Europe/Atlantis" }, "zone", /no time zone: "Europe\/Atlantis"/],
      [{ exclude: ["2026-02-30"] }, "exclude[0]", /names no day/],
      [{ calendars: ["holidays"] }, "calendars[0]", /names no calendar: holidays/],
      [{ task: { shell: "true", arm: "nowhere" } }, "task.arm", /names no arm: "nowhere"/],
      [{ workflow: { definition: "tasks: {a: {nonsense: 1}}" } }, "", /nonsense/],
    ];
    for (const [more, path, message] of cases) {
      const refused = await refusal(server.set(more));
      assert.equal(refused.code, "invalid", JSON.stringify(more));
      if (path !== "") assert.equal(refused.path, path);
      assert.match(refused.message, message);
    }
    assert.deepEqual(server.engine.schedules(), []);
    assert.equal((await refusal(server.engine.removeSchedule("s"))).code, "not_found");
  });
});

describe("ticks", () => {
  test("of an interval begin one interval after it was set, though time goes on in the turn that sets it", async () => {
    await using server = new Server();
    let now = START;
    server.clock.now = () => ++now;
    const { nextAt } = await server.set({ every: "1h" });
    assert.ok(Date.parse(nextAt!) > START + 60 * MINUTE, `due ${nextAt}`);
  });

  test("make tasks that know what made them, and the worker is told", async () => {
    await using server = new Server();
    await server.set({});
    await server.clock.goTo(START + 9.9 * MINUTE);
    const worker = connectWorker(server.engine, 5);
    await server.clock.goTo(START + 10 * MINUTE);
    assert.deepEqual(server.ticks(), ["fired 00:10"]);
    const [tick] = server.engine.ticks("s", {}).items;
    const task = server.engine.task(tick!.made!)!;
    assert.equal(task.schedule, "s");
    assert.equal(task.tick, "2026-06-01T00:10:00.000Z");
    const assigned = worker.received.flatMap((message) => (message.type === "assign" ? message.tasks : []));
    assert.deepEqual(assigned[0]?.schedule, { name: "s", tick: START + 10 * MINUTE });
    const view = server.engine.schedule("s")!;
    assert.deepEqual([view.active, view.lastAction, view.lastTick], [1, "fired", task.tick]);
    assert.equal(server.engine.tasks({ schedule: "s" }).items.length, 1);
  });

  test("make runs of a workflow, which gets the tick when it has such a param", async () => {
    await using server = new Server();
    const definition = "name: w\nparams:\n  tick: {type: string}\ntasks:\n  a: 'echo $OCTOPUS_PARAM_tick'";
    await server.set({ workflow: { definition }, overlap: "skip" });
    await server.clock.goTo(START + 20 * MINUTE);
    assert.deepEqual(server.ticks(), ["fired 00:10", "skipped 00:20"]);
    const run = server.engine.runs({ schedule: "s" }).items[0]!;
    assert.deepEqual([run.params, run.schedule], [{ tick: "2026-06-01T00:10:00.000Z" }, "s"]);
    const cancelled = server.engine.cancelRun(run.id);
    await server.clock.settle();
    await cancelled;
    await server.clock.goTo(START + 30 * MINUTE);
    assert.equal(server.ticks().at(-1), "fired 00:30");
  });

  test("that cannot be made say why", async () => {
    await using server = new Server();
    const [parent] = await server.engine.submit([shell()]);
    await server.set({ task: { shell: "true", needs: [parent!.id] } });
    await server.engine.cancelTask(parent!.id);
    await server.engine.deleteTask(parent!.id);
    await server.clock.goTo(START + 10 * MINUTE);
    assert.deepEqual(server.ticks(), ["failed 00:10"]);
    assert.match(server.engine.ticks("s", {}).items[0]!.reason!, /names no task/);
    assert.equal(server.engine.schedule("s")!.active, 0);
    assert.equal((await refusal(server.engine.triggerSchedule("s"))).code, "conflict");
  });

  test("tell the feed", async () => {
    await using server = new Server();
    const seen: string[] = [];
    server.engine.subscribe(undefined, (entries) => {
      for (const { event } of entries) {
        if (event.type === "tick") seen.push(`${event.action} ${event.made ?? ""}`);
        else if (event.type === "schedule") seen.push(`set ${event.name}`);
      }
    });
    await server.set({});
    await server.clock.goTo(START + 10 * MINUTE);
    assert.deepEqual(seen, ["set s", "fired ", "fired t1"]);
  });
});

describe("by hand", () => {
  test("a trigger answers what it made; a paused schedule can be triggered", async () => {
    await using server = new Server();
    await server.set({ paused: true });
    assert.equal(server.engine.schedule("s")!.nextAt, undefined);
    const tick = await server.engine.triggerSchedule("s");
    assert.deepEqual([tick.action, tick.manual, tick.made], ["fired", "trigger", "t1"]);
    await server.clock.goTo(START + 60 * MINUTE);
    assert.equal(server.engine.ticks("s", {}).items.length, 1);
    const resumed = await server.engine.pauseSchedule("s", false);
    assert.equal(resumed.nextAt, "2026-06-01T01:10:00.000Z");
  });

  test("a backfill counts first, fires what was not fired, and nothing twice", async () => {
    await using server = new Server();
    await server.set({});
    await server.clock.goTo(START + 20 * MINUTE);
    const range = [START - 60 * MINUTE, START + 60 * MINUTE] as const;
    assert.deepEqual(await server.engine.backfillSchedule("s", ...range, { preview: true }), { count: 7 });
    assert.deepEqual(await server.engine.backfillSchedule("s", ...range), { count: 7 });
    assert.deepEqual(await server.engine.backfillSchedule("s", ...range), { count: 0 });
    await server.clock.settle();
    assert.equal(server.engine.tasks({ schedule: "s", limit: 100 }).items.length, 9);
    const tooMany = await refusal(server.engine.backfillSchedule("s", START - 1e11, START));
    assert.equal(tooMany.path, "to");
    assert.equal((await refusal(server.engine.backfillSchedule("s", START, START))).path, "to");
  });
});

describe("calendars", () => {
  test("a change of one changes the schedules that name it; one in use stays", async () => {
    await using server = new Server();
    await server.engine.setCalendar("holidays", ["2026-06-01"]);
    const view = await server.set({ cron: "0 12 * * *", calendars: ["holidays"] });
    assert.equal(view.nextAt?.slice(0, 10), "2026-06-02");
    const changed = await server.engine.setCalendar("holidays", ["2026-06-02", "sun"]);
    assert.deepEqual(changed, { name: "holidays", days: ["2026-06-02", "sun"], usedBy: ["s"] });
    assert.equal(server.engine.schedule("s")!.nextAt?.slice(0, 10), "2026-06-01");
    assert.equal((await refusal(server.engine.removeCalendar("holidays"))).code, "conflict");
    assert.equal((await refusal(server.engine.setCalendar("holidays", ["13-45"]))).path, "days[0]");
    await server.engine.removeSchedule("s");
    await server.engine.removeCalendar("holidays");
    assert.deepEqual(server.engine.calendars(), []);
    assert.equal((await refusal(server.engine.removeCalendar("holidays"))).code, "not_found");
  });
});

describe("a stop at any point", () => {
  test("between any two appends neither skips a tick nor makes one twice", async () => {
    for (let appends = 1; appends <= 7; appends++) {
      const dir = mkdtempSync(join(tmpdir(), "octopus-schedule-"));
      try {
        let left = Infinity;
        const wrap = (journal: Journal): Journal => ({
          ...journal,
          load: () => journal.load(),
          // The power goes: nothing of what follows is written.
          append: (batch, summary) => (left-- > 0 ? journal.append(batch, summary) : new Promise(() => {})),
          probe: () => false,
        });
        const before = new Server(START, dir, wrap);
        await before.set({ overlap: "queue_all" });
        left = appends;
        await before.clock.goTo(START + 30 * MINUTE);
        before.store.close();
        await using after = new Server(START + 30 * MINUTE + 5000, dir);
        await after.clock.goTo(START + 40 * MINUTE);
        for (let rounds = 0; rounds < 10; rounds++) {
          const open = after.engine.tasks({ schedule: "s", state: ["queued"] }).items;
          for (const task of open) await after.engine.cancelTask(task.id);
          await after.clock.settle();
        }
        const ticks = after.ticks();
        assert.deepEqual(ticks.slice(-2), ["fired 00:30", "fired 00:40"], `after ${appends} appends`);
        const made = after.engine.tasks({ schedule: "s", limit: 100 }).items.map(({ tick }) => tick!);
        assert.equal(new Set(made).size, made.length);
        const fired = ticks.filter((tick) => tick.startsWith("fired"));
        assert.equal(made.length, fired.length);
        assert.equal(ticks.filter((tick) => !tick.startsWith("missed")).length, fired.length);
      } finally {
        rmSync(dir, { recursive: true });
      }
    }
  });

  test("a journal that fails for a while loses no tick, and the trigger that waited hears of it", async () => {
    let broken = false;
    const failing = (journal: Journal): Journal => ({
      ...journal,
      load: () => journal.load(),
      append(batch, summary) {
        if (broken && batch.events.some((event) => event.type === "ScheduleFired")) throw new Error("disk on fire");
        return journal.append(batch, summary);
      },
      probe: () => !broken,
    });
    await using server = new Server(START, ":memory:", failing);
    await server.set({});
    broken = true;
    const triggered = refusal(server.engine.triggerSchedule("s"));
    await server.clock.goTo(START + 1000);
    assert.equal((await triggered).code, "storage_failed");
    broken = false;
    await server.clock.goTo(START + 10 * MINUTE);
    const ticks = server.engine.ticks("s", {}).items;
    assert.deepEqual(
      ticks.map(({ action }) => action),
      ["fired", "fired"],
    );
    assert.equal(server.engine.tasks({ schedule: "s" }).items.length, 2);
  });

  test("a machine that slept catches up by the rule; one that was stopped for a moment does not notice", async () => {
    await using server = new Server();
    await server.set({ catchUp: "all" });
    await server.clock.jumpTo(START + 35 * MINUTE);
    assert.deepEqual(server.ticks(), ["fired 00:10", "fired 00:20", "fired 00:30"]);
    await server.set({ name: "quiet", catchUp: "none", every: "10s" });
    await server.clock.jumpTo(server.clock.now() + 45_000);
    assert.equal(server.ticks("quiet").length, 4);
  });
});
