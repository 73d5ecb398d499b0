/** Each area of the API through the client, on a real server with the real engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { startHarness } from "../server/testing/harness.ts";
import { connect } from "./mod.ts";

async function start() {
  const h = await startHarness();
  const client = connect(h.url);
  return {
    h,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await h[Symbol.asyncDispose]();
    },
  };
}

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof OctopusError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

test("an arm is registered, changed, paused, drained, shown with its holders, and removed", async () => {
  await using s = await start();
  const { client, h } = s;
  const made = await client.configureArm("gpu", {
    ...{ maxParallel: 1, weight: 10, maxQueued: 2, rate: { limit: 100, per: "1s" }, aging: "5m" },
    ...{ timeout: "1h", retries: 2, types: ["train"] },
  });
  assert.deepEqual(made.rate, { limit: 100, perMs: 1000, burst: 100 });
  assert.deepEqual(
    [made.maxParallel, made.weight, made.maxQueued, made.agingMs, made.timeoutMs, made.retries, made.types],
    [1, 10, 2, 300_000, 3_600_000, 2, ["train"]],
  );
  assert.equal((await client.configureArm("gpu", { rate: null, weight: null })).rate, undefined);
  assert.equal((await client.arm("gpu")).weight, 1);
  assert.equal((await client.switchArm("gpu", "pause")).enabled, false);
  assert.equal((await client.switchArm("gpu", "resume")).enabled, true);
  await assert.rejects(client.switchArm("gpuu", "pause"), refusal("not_found", /there is no arm "gpuu"/));
  await assert.rejects(client.arm("gpuu"), refusal("not_found", /no arm/));

  // Three tasks fill a slot and two places; the fourth is one too many.
  const worker = h.worker("train");
  const { id } = await client.submit({ type: "train" });
  await worker.starts(id);
  const holders = (await client.arm("gpu")).holders;
  assert.deepEqual(
    holders.map((holder) => [holder.id, holder.type, holder.attempt, holder.worker]),
    [[id, "train", 1, "hand"]],
  );
  await client.submit({ type: "train" });
  await client.submit({ type: "train" });
  await assert.rejects(client.submit({ type: "train" }), (error: OctopusError) => {
    assert.equal(error.retryable, true);
    return refusal("queue_full", /gpu.*2/)(error);
  });
  await assert.rejects(client.removeArm("gpu"), refusal("conflict", /gpu/));
  await client.switchArm("gpu", "drain");
  await assert.rejects(client.submit({ type: "train" }), refusal("conflict", /drain/));
  assert.equal((await client.switchArm("gpu", "undrain")).draining, false);

  assert.ok((await client.arms()).some((arm) => arm.name === "default"));
  await client.configureArm("empty", {});
  await client.removeArm("empty");
  await assert.rejects(client.removeArm("empty"), refusal("not_found", /empty/));
  await assert.rejects(client.removeArm("default"), refusal("conflict", /default/));
});

test("tasks of a full arm do not fail their neighbours of the same tick", async () => {
  await using s = await start();
  await s.client.configureArm("tiny", { maxQueued: 1 });
  const settled = await Promise.allSettled([
    s.client.submit({ call: "f" }),
    s.client.submit({ call: "f", arm: "tiny" }),
    s.client.submit({ call: "f", arm: "tiny" }),
    s.client.submit({ call: "f" }),
  ]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
});

test("quotas are set, shown with what is used, and removed", async () => {
  await using s = await start();
  const { client, h } = s;
  const quota = await client.setQuota("ada", {
    concurrent: 2,
    tasks: { limit: 10, per: "1h" },
    cpu: { limit: "5m", per: "1d" },
  });
  assert.deepEqual([quota.owner, quota.concurrent, quota.tasks], ["ada", 2, { limit: 10, perMs: 3_600_000 }]);
  assert.deepEqual(quota.cpu, { limitMs: 300_000, perMs: 86_400_000 });
  await client.setQuota("*", { concurrent: 1 });
  const worker = h.worker("f");
  const { id } = await client.submit({ call: "f", owner: "ada" });
  await worker.starts(id);
  const [, used] = (await client.quotas()).toSorted((a, b) => (a.owner < b.owner ? -1 : 1));
  assert.deepEqual([used!.owner, used!.active, used!.tasksUsed], ["ada", 1, 1]);
  await client.removeQuota("*");
  assert.equal((await client.quotas()).length, 1);
  await assert.rejects(client.removeQuota("*"), refusal("not_found", /\*/));
});

test("a task is moved, retried with another input, dismissed, and found by what it is", async () => {
  await using s = await start();
  const { client, h } = s;
  const { id } = await client.submit({ call: "f", input: { n: 1 }, owner: "ada", concurrencyKey: "acme" });
  await client.configureArm("slow", {});
  const moved = await client.moveTask(id, { arm: "slow", priority: 9 });
  assert.deepEqual([moved.arm, moved.priority], ["slow", 9]);
  await assert.rejects(client.moveTask(id, { arm: "nowhere" }), refusal("invalid", /nowhere/));

  const worker = h.worker("f");
  assert.deepEqual((await worker.starts(id)).work, { kind: "call", call: "f", input: { n: 1 } });
  await worker.end(id, { outcome: "failed", error: { message: "no" } });
  const list = async (query: Parameters<typeof client.tasks>[0]) =>
    (await client.tasks(query)).items.map((one) => one.id);
  assert.deepEqual(await list({ dead: true }), [id]);
  await client.retryTask(id, { input: { n: 2 } });
  assert.deepEqual((await worker.starts(id, 2)).work, { kind: "call", call: "f", input: { n: 2 } });
  await worker.end(id, { outcome: "failed", error: { message: "no" } });
  assert.equal((await client.task(id)).dead, true);
  assert.equal((await client.dismissTask(id)).dead, undefined);
  await assert.rejects(client.dismissTask(id), refusal("conflict", /./));
  assert.deepEqual(await list({ dead: true }), []);

  assert.deepEqual(await list({ owner: "ada" }), [id]);
  assert.deepEqual(await list({ owner: "bob" }), []);
  assert.deepEqual(await list({ key: "acme" }), [id]);
  assert.deepEqual(await list({ from: "2026-01-01T00:00:00Z" }), [id]);
  assert.deepEqual(await list({ from: Date.now() + 60_000 }), []);
  assert.deepEqual(await list({ to: "2026-01-01T00:00:00Z" }), []);
  assert.deepEqual(await list({ dead: false, owner: "ada" }), [id]);
});

test("a schedule is made, previewed, triggered, backfilled, paused, shown and removed", async () => {
  await using s = await start();
  const { client } = s;
  const task = { call: "f" };
  const made = await client.createSchedule({ name: "nightly", cron: "30 2 * * *", zone: "Europe/Berlin", task });
  assert.deepEqual(
    [made.name, made.zone, made.cron, made.next.length],
    ["nightly", "Europe/Berlin", ["30 2 * * *"], 5],
  );
  await assert.rejects(
    client.createSchedule({ name: "nightly", every: "1h", task }),
    refusal("conflict", /there is a schedule nightly already; PUT/),
  );
  assert.equal((await client.setSchedule({ name: "nightly", cron: "0 3 * * *", zone: "UTC", task })).zone, "UTC");
  assert.equal((await client.schedule("nightly")).nextAt?.slice(11), "03:00:00.000Z");
  assert.equal((await client.schedules()).length, 1);
  assert.equal((await client.pauseSchedule("nightly", true)).paused, true);
  assert.equal((await client.pauseSchedule("nightly", false)).paused, false);

  const next = await client.nextTicks("nightly", 3, "2027-01-01T00:00:00Z");
  assert.deepEqual(next, ["2027-01-01T03:00:00.000Z", "2027-01-02T03:00:00.000Z", "2027-01-03T03:00:00.000Z"]);
  assert.equal((await client.nextTicks("nightly")).length, 5);
  const preview = await client.previewSchedule({ name: "x", every: "90s", task }, 7);
  assert.equal(preview.next.length, 7);
  assert.equal((await client.schedules()).length, 1);

  const tick = await client.triggerSchedule("nightly");
  assert.deepEqual([tick.manual, tick.action], ["trigger", "fired"]);
  const made1 = await client.task(tick.made!);
  assert.deepEqual([made1.schedule, made1.tick], ["nightly", tick.tick]);
  const range = ["2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z"] as const;
  assert.deepEqual(await client.backfillSchedule("nightly", ...range, { preview: true }), { count: 3 });
  assert.deepEqual(await client.backfillSchedule("nightly", ...range), { count: 3 });
  assert.deepEqual(await client.backfillSchedule("nightly", ...range, { preview: true }), { count: 0 });
  const page = await client.ticks("nightly", { limit: 2 });
  assert.equal(page.items.length, 2);
  const rest = await client.ticks("nightly", { limit: 100, cursor: page.next! });
  assert.equal(rest.items.length, 2);
  assert.equal((await client.tasks({ schedule: "nightly" })).items.length, 4);

  await client.removeSchedule("nightly");
  for (const call of [
    () => client.schedule("nightly"),
    () => client.removeSchedule("nightly"),
    () => client.triggerSchedule("nightly"),
    () => client.pauseSchedule("nightly", true),
    () => client.nextTicks("nightly"),
    () => client.ticks("nightly"),
    () => client.backfillSchedule("nightly", ...range),
  ])
    await assert.rejects(call, refusal("not_found", /nightly/), String(call));
});

test("a schedule makes runs of a workflow, which are found by it, and whose events say so", async () => {
  await using s = await start();
  const { client } = s;
  const workflow = { definition: "tasks: {a: {call: f}, b: {call: f, needs: a}}" };
  await client.setSchedule({ name: "weekly", cron: "0 9 * * mon", workflow });
  const { made } = await client.triggerSchedule("weekly");
  const { id } = await client.submitRun({ ...workflow, timeout: "1h" });
  const found = await client.runs({ schedule: "weekly" });
  assert.deepEqual(
    found.items.map((run) => [run.id, run.schedule]),
    [[made, "weekly"]],
  );
  assert.notEqual(id, made);
  const stop = new AbortController();
  const states: string[] = [];
  const read = (async () => {
    const filter = { schedule: "weekly", type: "run", state: ["cancelled"], signal: stop.signal } as const;
    for await (const { event } of client.feed(undefined, filter)) {
      if (event.type === "run") states.push(`${event.id} ${event.schedule} ${event.state}`);
      if (states.length > 0) return;
    }
  })();
  while (s.h.listeners.count() === 0) await new Promise(setImmediate);
  await client.cancelRun(id);
  await client.cancelRun(made!);
  await read;
  stop.abort();
  assert.deepEqual(states, [`${made} weekly cancelled`]);
});

test("a calendar is set, named by a schedule, and cannot go while it is", async () => {
  await using s = await start();
  const { client } = s;
  assert.deepEqual(await client.setCalendar("holidays", ["12-25", "2027-01-01"]), {
    name: "holidays",
    days: ["12-25", "2027-01-01"],
    usedBy: [],
  });
  await client.setSchedule({
    name: "daily",
    cron: "0 9 * * *",
    zone: "UTC",
    calendars: ["holidays"],
    task: { call: "f" },
  });
  assert.deepEqual((await client.calendars())[0]!.usedBy, ["daily"]);
  assert.deepEqual(await client.nextTicks("daily", 2, "2026-12-24T12:00:00Z"), [
    "2026-12-26T09:00:00.000Z",
    "2026-12-27T09:00:00.000Z",
  ]);
  await assert.rejects(client.removeCalendar("holidays"), refusal("conflict", /daily/));
  await client.removeSchedule("daily");
  await client.removeCalendar("holidays");
  assert.deepEqual(await client.calendars(), []);
});

test("a bulk action is counted, begun, followed and listed", async () => {
  await using s = await start();
  const { client } = s;
  const ids = await client.submitMany(
    Array.from({ length: 1200 }, (_, i) => ({ call: "f", tags: [i % 2 ? "a" : "b"] })),
  );
  assert.equal(await client.countTasks({ tag: "a", state: ["queued", "running"] }), 600);
  assert.equal(await client.countTasks({ ids: ids.slice(0, 3) }), 3);
  const begun = await client.startBulk({ action: "cancel", filter: { tag: "a" }, reason: "not wanted" });
  assert.deepEqual([begun.action, begun.total], ["cancel", 600]);
  const end = async (id: string) => {
    for (;;) {
      const bulk = await client.bulk(id);
      if (bulk.state !== "running") return bulk;
    }
  };
  assert.deepEqual(await end(begun.id).then(({ state, done, failed }) => [state, done, failed]), ["done", 600, 0]);
  assert.equal((await client.task(ids[1]!)).reason, "not wanted");
  const byIds = await client.startBulk({ action: "priority", ids: [ids[0]!, ids[2]!], priority: 9 });
  assert.equal((await end(byIds.id)).done, 2);
  assert.equal((await client.task(ids[0]!)).priority, 9);
  assert.deepEqual(
    (await client.bulks()).map(({ id }) => id),
    [byIds.id, begun.id],
  );
  await assert.rejects(client.cancelBulk(begun.id), refusal("conflict", /./));
  await assert.rejects(client.bulk("b99"), refusal("not_found", /b99/));
});

test("the feed tells of schedules, dead letters and bulk actions, and of what a schedule made", async () => {
  await using s = await start();
  const { client, h } = s;
  const stop = new AbortController();
  const seen: { id: string; type: string }[] = [];
  const types = ["dead", "schedule", "tick", "bulk"] as const;
  const read = (async () => {
    for await (const { id, event } of client.feed(undefined, { type: types, signal: stop.signal })) {
      seen.push({ id, type: event.type });
      if (types.every((type) => seen.some((one) => one.type === type))) return;
    }
  })();
  while (h.listeners.count() === 0) await new Promise(setImmediate);
  await client.setSchedule({ name: "often", every: "1h", task: { call: "f" } });
  const { made } = await client.triggerSchedule("often");
  const worker = h.worker("f");
  await worker.starts(made!);
  await worker.end(made!, { outcome: "failed", error: { message: "no" } });
  await client.submit({ call: "f" });
  await client.startBulk({ action: "dismiss", filter: { dead: true } });
  await read;

  // From the start: the tick, and what became of the task that it made.
  const about: string[] = [];
  const boot = seen[0]!.id.split("-")[0]!;
  for await (const { event } of client.feed(`${boot}-0`, { schedule: "often", signal: stop.signal })) {
    about.push(event.type === "task" ? `${event.id} ${event.state}` : event.type);
    if (about.includes("dead")) break;
  }
  stop.abort();
  const expected = ["schedule", "tick", `${made} queued`, `${made} running`, `${made} failed`, "dead"];
  assert.deepEqual([...new Set(about)].toSorted(), expected.toSorted());
});
