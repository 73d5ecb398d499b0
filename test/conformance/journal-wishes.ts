/**
 * The second half of what a journal is put through: everything that tasks may ask for, schedules, planned runs, bulk
 * actions. After each turn the driver compares what a load gives with what core has.
 */
import assert from "node:assert/strict";
import type { Command, NewTask } from "../../src/core/command.ts";
import type { BulkFilter } from "../../src/engine/filters.ts";
import type { Library } from "../../src/engine/ports.ts";
import { newTask } from "../sim/core-harness.ts";
import type { Driver } from "./journal.ts";

const WORKER = {
  ...{ type: "ConnectWorker", worker: "x", session: 1, instance: "2", slots: 4, kinds: ["shell"], functions: [] },
  ...{ host: "h", pid: 2, octopus: "test", local: false, holds: [], resources: { cpu: 2000, gpu: 1000 } },
} satisfies Command;

const DAY = 86_400_000;
const zone = "UTC";
const schedule = (name: string, more: object = {}): Extract<Command, { type: "SetSchedule" }> => ({
  ...{
    type: "SetSchedule",
    schedule: name,
    target: `{"of":"${name}"}`,
    overlap: "queue_all",
    jitterMs: 0,
    paused: false,
  },
  catchUp: { policy: "latest", windowMs: DAY, max: 10 },
  rule: { everyMs: 1000, anchor: 0, zone, seed: name },
  ...more,
});

export async function liveThroughWishes(driver: Driver): Promise<void> {
  await driver.turn(WORKER);
  await limits(driver);
  await uniques(driver);
  await caches(driver);
  await callbacks(driver);
  await schedules(driver);
  await plannedRuns(driver);
  await bulks(driver);
  await edits(driver);
  await driver.turn({ type: "DisconnectWorker", worker: "x", session: 1, goodbye: true });
}

async function submit(driver: Driver, ...tasks: Partial<NewTask>[]): Promise<number[]> {
  const first = driver.state.lastTask + 1;
  await driver.turn({ type: "SubmitTasks", tasks: tasks.map(newTask) });
  return Array.from({ length: driver.state.lastTask - first + 1 }, (_, i) => first + i);
}

async function limits(driver: Driver): Promise<void> {
  await driver.turn(
    { type: "ConfigureArm", arm: "slow", maxParallel: 1, weight: 7, maxQueued: 9, agingMs: 60_000, types: ["slow"] },
    { type: "ConfigureArm", arm: "slow", rate: { limit: 10, perMs: 1000, burst: 10 }, retries: 2, timeoutMs: 5000 },
    { type: "ConfigureArm", arm: "short-lived" },
    { type: "SetQuota", owner: "ada", quota: { concurrent: 2, tasks: { limit: 5, perMs: DAY } } },
    { type: "SetQuota", owner: "*", quota: { cpu: { limitMs: 1000, perMs: DAY } } },
  );
  await driver.turn({ type: "RemoveArm", arm: "short-lived" }, { type: "SetQuota", owner: "*", quota: undefined });
  const asks = {
    ...{ owner: "ada", concurrency: { key: "k", limit: 1 }, mutex: ["m"], resources: { cpu: 500 } },
    rate: { key: "r", limit: 1, perMs: DAY, burst: 2 },
  };
  const [one, two] = await submit(driver, { arm: "slow", asks }, { arm: "slow", asks });
  await driver.turn({ type: "MoveTasks", tasks: [one!, two!], arm: "gpu", priority: 9 });
  await driver.end(one!, {
    outcome: "succeeded",
    cpuMs: 12,
    artifacts: [{ path: "a/b", hash: "f".repeat(64), bytes: 3 }],
  });
  const { library } = driver.under;
  assert.deepEqual(
    library.artifacts(one!).map(({ path, bytes }) => [path, bytes]),
    [["a/b", 3]],
  );
  assert.equal(library.artifactUsed("f".repeat(64)), true);
  assert.deepEqual(library.artifactsOf([one!]), ["f".repeat(64)]);
  const view = library.task(two!)!;
  assert.deepEqual(
    [view.owner, view.concurrencyKey, view.mutex, view.resources, view.arm, view.priority],
    [...["ada", { key: "k", limit: 1 }, ["m"], { cpu: 0.5 }, "gpu", 9]],
  );
  assert.equal(counted(library, { owner: "ada", arm: "gpu" }), 2);
  await driver.end(two!, { outcome: "failed", status: 503, error: { message: "no" }, retryable: false });
  assert.deepEqual(library.matching({ dead: true }, two! - 1, 9).tasks, [{ task: two!, state: "failed" }]);
  await driver.turn({ type: "DismissTasks", tasks: [two!] });
  assert.deepEqual([library.task(two!)?.dead, library.task(two!)?.state], [undefined, "failed"]);
  await driver.turn({ type: "DeleteTasks", tasks: [{ task: one!, state: "succeeded" }] });
  assert.deepEqual([library.artifacts(one!), library.artifactUsed("f".repeat(64))], [[], false]);
}

async function uniques(driver: Driver): Promise<void> {
  const unique = { key: "u", scope: "period", periodMs: DAY, policy: "replace" } as const;
  const [one] = await submit(driver, { asks: { unique } });
  await driver.end(one!, { outcome: "succeeded" });
  const active = { ...unique, scope: "active", periodMs: undefined } as const;
  const [two] = await submit(driver, { asks: { unique: active }, runAt: driver.now + DAY });
  await driver.turn({ type: "CancelTask", task: two!, reason: "enough" });
  const [three] = await submit(driver, { asks: { unique: { ...unique, scope: "queued", periodMs: undefined } } });
  await driver.end(three!, { outcome: "succeeded" });
  const [four] = await submit(driver, { asks: { unique } });
  await driver.end(four!, { outcome: "succeeded" });
  await driver.turn({ type: "DeleteTasks", tasks: [{ task: four!, state: "succeeded" }] });
  await submit(driver, { asks: { unique: { ...unique, key: "v" } } });
  await driver.end(driver.state.lastTask, { outcome: "succeeded" });
  const again = driver.under.library.endedTask(two!)!;
  await driver.turn({ type: "RetryTask", task: again, dependents: [], children: [] });
  await driver.end(two!, { outcome: "succeeded" });
}

async function caches(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const cache = { hash: "h", ttlMs: 1000 };
  const [maker, waiter] = await submit(driver, { asks: { cache } }, { asks: { cache } });
  const artifacts = [{ path: "out", hash: "e".repeat(64), bytes: 1 }];
  await driver.end(maker!, { outcome: "succeeded", result: '"made"', artifacts });
  assert.equal(library.cached("h", driver.now), maker);
  assert.equal(library.cached("h", driver.now + 1001), undefined, "its time is over");
  const [hit] = await submit(driver, { asks: { cache }, cacheHit: maker! });
  for (const task of [waiter!, hit!]) {
    const view = library.task(task)!;
    assert.deepEqual([view.state, view.result, view.cached, view.cachedFrom], ["succeeded", "made", true, `t${maker}`]);
    assert.deepEqual(
      view.artifacts.map(({ path }) => path),
      ["out"],
    );
  }
  const withFiles = { ...cache, files: ["f"], ttlMs: 0 };
  const [late, gone] = await submit(driver, { asks: { cache: withFiles } }, { asks: { cache: withFiles } });
  await driver.turn({ type: "KeyCache", task: late!, key: "h2" });
  await driver.turn({ type: "KeyCache", task: gone!, key: "", failed: "the file f cannot be read" });
  assert.equal(library.task(gone!)?.dead, true, "it will never have a try");
  await driver.end(late!, { outcome: "succeeded", result: "1" });
  assert.equal(library.cached("h2", driver.now + 10 * DAY), late);
  await driver.turn({ type: "DeleteTasks", tasks: [{ task: maker!, state: "succeeded" }] });
  assert.equal(library.cached("h", driver.now), undefined);
  assert.deepEqual(
    [library.resultText(hit!), library.artifacts(hit!).length],
    ['"made"', 1],
    "a copy outlives its origin",
  );
}

async function callbacks(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const told = [
    { on: "end", task: { type: "webhook", kind: "http", work: { kind: "http", http: { url: "https://u:p@h/p?q" } } } },
  ];
  const [task] = await submit(driver, { asks: { on: ["success", "end"] }, callbacks: JSON.stringify(told) });
  await driver.end(task!, { outcome: "succeeded" });
  const dues = [...driver.state.flow.dues.keys()];
  assert.equal(dues.length, 2);
  assert.equal(library.callbacksOf(task!), JSON.stringify(told));
  const origin = { type: "callback", task: task!, on: "success" } as const;
  await driver.turn({ type: "SendCallback", due: dues[0]!, tasks: [newTask({ asks: { origin } })] });
  await driver.turn({ type: "SendCallback", due: dues[1]!, tasks: [], reason: "nobody listens" });
  const { callbacks: shown, deliveries } = library.task(task!)!;
  assert.deepEqual(shown, [{ on: "end", type: "webhook", to: "https://h/p" }], "without what may be secret");
  assert.deepEqual(deliveries, [{ id: `t${driver.state.lastTask}`, on: "success", state: "running" }]);
  assert.deepEqual(
    library.tasks({ callbackOf: `t${task}` }).items.map(({ callbackOf }) => callbackOf),
    [`t${task}`],
  );
  await driver.end(driver.state.lastTask, { outcome: "succeeded" });
}

async function schedules(driver: Driver): Promise<void> {
  const { library } = driver.under;
  await driver.turn(
    { type: "SetCalendar", calendar: "holidays", days: ["12-25"] },
    schedule("s"),
    schedule("p", { paused: true }),
  );
  assert.deepEqual(library.calendars(), [{ name: "holidays", days: ["12-25"] }]);
  driver.now += 1000;
  await driver.turn();
  const [fired] = library.ticks("s", {}).items;
  const tick = Date.parse(fired!.tick);
  assert.equal(fired!.action, "fired");
  driver.now += 1000;
  await driver.turn();
  const origin = { type: "schedule", schedule: "s", tick } as const;
  await driver.turn({ type: "FireTick", schedule: "s", tick, task: newTask({ asks: { origin } }) });
  const made = driver.state.lastTask;
  assert.deepEqual(library.tick("s", tick)?.made, `t${made}`);
  assert.deepEqual(
    library.tasks({ schedule: "s" }).items.map((one) => [one.id, one.schedule, one.tick]),
    [[`t${made}`, "s", fired!.tick]],
  );
  await driver.turn({ type: "TriggerSchedule", schedule: "s" });
  const past = [tick - 5000, tick - 4000];
  assert.deepEqual(library.unfired("s", [...past, tick]), past);
  await driver.turn({ type: "BackfillSchedule", schedule: "s", ticks: past });
  await driver.end(made, { outcome: "succeeded" });
  for (const one of library.ticks("s", { limit: 100 }).items) {
    if (one.action !== "fired" || one.made !== undefined) continue;
    await driver.turn({ type: "FireTick", schedule: "s", tick: Date.parse(one.tick), reason: "it cannot be made" });
    assert.equal(library.tick("s", Date.parse(one.tick))?.action, "failed");
  }
  await driver.turn(schedule("s", { overlap: "skip", rule: { crons: ["0 0 1 1 *"], zone, seed: "s" } }));
  driver.now += 400 * DAY;
  for (const { name, session } of [...driver.state.workers.values()]) {
    await driver.turn({ type: "WorkerAlive", worker: name, session });
  }
  await driver.turn();
  assert.equal(library.schedule("s")?.target, '{"of":"s"}');
  assert.equal(library.schedules().length, 2);
  await driver.turn(
    { type: "RemoveSchedule", schedule: "s" },
    { type: "SetCalendar", calendar: "holidays", days: undefined },
  );
  assert.deepEqual([library.schedule("s"), library.ticks("s", {}).items, library.calendars()], [undefined, [], []]);
}

async function plannedRuns(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const origin = { type: "schedule", schedule: "gone", tick: 5000 } as const;
  const run = { workflow: "plan", planner: "p", definition: "{}", timeoutMs: 60_000, origin };
  await driver.turn({ type: "SubmitRun", ...run, tasks: [newTask({ name: "a" })] });
  const planned = driver.state.lastRun;
  await driver.turn({ type: "AdvanceRun", run: planned, tasks: [newTask({ name: "b" })] });
  const end = { state: "partial", result: '{"best":1}', reason: "good enough" } as const;
  await driver.turn({ type: "AdvanceRun", run: planned, tasks: [], end });
  for (const seq of library.taskSeqsOfRun(planned)) await driver.end(seq, { outcome: "succeeded" });
  const view = library.run(planned)!;
  assert.deepEqual(
    [view.state, view.result, view.reason, view.schedule],
    ["partial", { best: 1 }, "good enough", "gone"],
  );
  assert.deepEqual(
    library.runs({ schedule: "gone" }).items.map(({ id }) => id),
    [`r${planned}`],
  );
  const [first] = library.taskSeqsOfRun(planned);
  const again = library.endedRun(planned)!;
  assert.equal(again.planner, "p");
  await driver.turn({ type: "RetryTask", task: library.endedTask(first!)!, dependents: [], children: [], run: again });
  await driver.end(first!, { outcome: "succeeded" });
  await driver.turn({ type: "AdvanceRun", run: planned, tasks: [], end });
  await driver.turn({
    type: "SubmitRun",
    workflow: "late",
    timeoutMs: 10,
    tasks: [newTask({}), newTask({ needsEarlier: [0] })],
  });
  driver.now += 20;
  await driver.turn();
  const late = driver.state.lastRun;
  for (const seq of library.taskSeqsOfRun(late)) {
    if (driver.state.tasks.get(seq)?.live !== undefined) await driver.end(seq, { outcome: "cancelled" });
  }
  assert.match(library.run(late)?.reason ?? "", /ran out of time/);
  assert.equal(library.run(late)?.state, "failed");
}

async function bulks(driver: Driver): Promise<void> {
  const { library } = driver.under;
  await driver.turn({ type: "StartBulk", action: "cancel", filter: '{"owner":"ada"}', total: 3 });
  const bulk = driver.state.flow.lastBulk;
  await driver.turn({ type: "AdvanceBulk", bulk, done: 1, failed: 1, cursor: 7 });
  const { number, done, failed, cursor, state, filter } = library.bulk(bulk)!;
  assert.deepEqual([number, done, failed, cursor, state, filter], [bulk, 1, 1, 7, "running", { owner: "ada" }]);
  await driver.turn({ type: "AdvanceBulk", bulk, done: 2, failed: 1, cursor: 9, ended: "done" });
  assert.deepEqual(
    library.bulks().map((one) => [one.id, one.state]),
    [[`b${bulk}`, "done"]],
  );
}

/** How many a filter matches, to the end. */
export function counted(library: Library, filter: BulkFilter): number {
  const count = library.countMatching(filter);
  while (!count.done) count.step();
  return count.count;
}

/** Tasks that wait are put off, and become others. */
async function edits(driver: Driver): Promise<void> {
  const { library } = driver.under;
  await driver.turn({ type: "ConfigureArm", arm: "edited", maxParallel: 1 });
  const unique = { key: "edited", scope: "active", policy: "reject" } as const;
  const asks = { owner: "ada", concurrency: { key: "k", limit: 1 }, unique };
  const [runs, waits, last] = await submit(driver, { arm: "edited" }, { arm: "edited", asks }, { arm: "edited" });
  const [child] = await submit(driver, { arm: "edited", needs: [{ task: waits! }], runAt: driver.now + DAY });
  assert.equal(library.stateOf(runs!), "running");
  await driver.turn({ type: "RescheduleTask", task: child!, dueAt: 0 });
  await driver.turn({ type: "RescheduleTask", task: waits!, dueAt: driver.now + DAY });
  await driver.turn({ type: "RescheduleTask", task: last!, dueAt: driver.now + DAY });
  await driver.turn({ type: "RescheduleTask", task: last!, dueAt: driver.now + 2 * DAY });
  assert.deepEqual(
    [library.stateOf(child!), library.stateOf(waits!), library.stateOf(last!)],
    ["blocked", "scheduled", "scheduled"],
  );
  await driver.turn({ type: "RescheduleTask", task: waits!, dueAt: 0 });
  const other = newTask({ arm: "batch", taskType: "other", priority: 8, tags: ["new"], asks: { unique } });
  await driver.turn({ type: "ReplaceTask", task: waits!, as: other });
  await driver.turn({ type: "ReplaceTask", task: child!, as: newTask({ arm: "edited" }), needed: [waits!] });
  await driver.turn({
    type: "ReplaceTask",
    task: last!,
    as: newTask({ needs: [{ task: runs! }], on: undefined } as never),
  });
  await driver.turn({ type: "ReplaceTask", task: last!, as: newTask({ runAt: driver.now + DAY }), needed: [runs!] });
  const view = library.task(waits!)!;
  assert.deepEqual(
    [view.type, view.arm, view.priority, view.tags, view.owner],
    ["other", "batch", 8, ["new"], undefined],
  );
  assert.deepEqual([library.task(last!)?.needs, library.stateOf(last!)], [[], "scheduled"]);
  await driver.end(runs!, { outcome: "succeeded" });
  await driver.end(waits!, { outcome: "succeeded" });
  await driver.end(child!, { outcome: "succeeded" });
  await driver.turn({ type: "CancelTask", task: last!, reason: "enough" });
}
