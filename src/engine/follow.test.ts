/** An engine among several: it follows another one's turns, takes the lead, gives it up in the midst of an append. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { Batch } from "../core/event.ts";
import { connectWorker, createTestEngine, shell, until } from "../../test/sim/engine-harness.ts";
import type { Journal, Summary } from "./ports.ts";

const GONE = new OctopusError("not_leader", "another server leads", { retryable: true });

/** A journal whose appends are answered by hand, and which tells of what became durable. */
function slow() {
  const waiting: { resolve(): void; reject(error: unknown): void }[] = [];
  const durable: { batch: Batch; summary: Summary }[] = [];
  let isSlow = false;
  const wrap = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => journal.probe(),
    append(batch, summary) {
      const kept = { ...summary, meters: [...summary.meters] };
      const write = (): void => {
        void journal.append(batch, kept);
        durable.push({ batch: JSON.parse(JSON.stringify(batch)) as Batch, summary: kept });
      };
      if (!isSlow) return write();
      return new Promise<void>((resolve, reject) => {
        const answer = (): void => {
          write();
          resolve();
        };
        waiting.push({ resolve: answer, reject });
      });
    },
  });
  const next = async () => {
    while (waiting.length === 0) await new Promise(setImmediate);
    return waiting.shift()!;
  };
  return { wrap, durable, next, hold: () => (isSlow = true), pass: () => (isSlow = false) };
}

/** A leader, and a follower that is given what the leader made durable when `catchUp` is called. */
function createPair() {
  const journal = slow();
  const leader = createTestEngine({ wrap: journal.wrap });
  const follower = createTestEngine({ follower: true });
  let seen = 0;
  const catchUp = (): void => {
    const news = journal.durable.slice(seen);
    seen = journal.durable.length;
    for (const { batch, summary } of news) void follower.store.journal.append(batch, summary);
    follower.engine.follow(news.map(({ batch }) => batch));
  };
  const end = async (): Promise<void> => {
    await leader[Symbol.asyncDispose]();
    await follower[Symbol.asyncDispose]();
  };
  return { leader: leader.engine, follower: follower.engine, followerStore: follower.store, journal, catchUp, end };
}

test("who follows decides nothing, and shows and tells what the leader decided", async () => {
  const { leader, follower, catchUp, end } = createPair();
  assert.equal(follower.role, "follower");
  await assert.rejects(follower.submit([shell()]), { code: "not_leader", retryable: true });
  const refused = connectWorker(follower, 1);
  assert.ok(refused.closed);
  const told: string[] = [];
  follower.subscribe(undefined, (entries) => told.push(...entries.map(({ event }) => event.type)));
  await leader.submit([shell({ id: "a" })]);
  catchUp();
  assert.equal(follower.task("a")?.state, "queued");
  assert.deepEqual(told, ["task"]);
  const waited = follower.waitTask("a", Infinity);
  await connectWorker(leader, 1).succeeds();
  catchUp();
  assert.equal((await waited)?.state, "succeeded");
  assert.deepEqual(follower.status().counts, leader.status().counts);
  await end();
});

test("a wait for what ended and was begun again, all in one go, goes on to the end that stays", async () => {
  const { leader, follower, catchUp, end } = createPair();
  const worker = connectWorker(leader, 1);
  await leader.submit([shell({ id: "a" })]);
  const run = await leader.submitRun({ workflow: "w", tasks: [shell({ name: "one" })] });
  catchUp();
  let ended = 0;
  const waits = [follower.waitTask("a", Infinity), follower.waitRun(run.id, Infinity)];
  for (const wait of waits) void wait.then(() => ended++);
  for (let n = 0; n < 2; n++) await worker.ends({ outcome: "failed", error: { message: "no" } });
  await leader.retryTask("a");
  await leader.retryRun(run.id, {});
  catchUp();
  assert.equal(follower.task("a")?.state, "running");
  await new Promise(setImmediate);
  assert.equal(ended, 0);
  for (let n = 0; n < 2; n++) await worker.succeeds();
  catchUp();
  for (const seen of await Promise.all(waits)) assert.equal(seen?.state, "succeeded");
  await end();
});

test("a wait whose time is over in the midst of an append is not told what may never have happened", async () => {
  const { leader, journal, end } = createPair();
  await leader.submit([shell({ id: "a" })]);
  journal.hold();
  const stop = new AbortController();
  const waited = leader.waitTask("a", Infinity, stop.signal);
  const cancelled = leader.cancelTask("a");
  const append = await journal.next();
  stop.abort();
  let isTold = false;
  void waited.then(() => (isTold = true));
  await new Promise(setImmediate);
  assert.equal(isTold, false);
  append.reject(GONE);
  await assert.rejects(cancelled, { code: "not_leader" });
  assert.equal((await waited)?.state, "queued");
  journal.pass();
  await end();
});

test("who takes the lead goes on with what stood open, and with the worker that comes to it", async () => {
  const { leader, follower, catchUp, end } = createPair();
  const on = [{ on: "success", task: shell({ tags: ["told"] }) }] as const;
  await leader.submit([shell({ id: "a" }), shell({ id: "b" })]);
  await leader.submit([shell({ id: "c", on: [...on] })]);
  const worker = connectWorker(leader, 1);
  const { task, attempt } = await worker.assigned();
  catchUp();
  await leader.stepDown(GONE);
  assert.ok(worker.closed);
  await assert.rejects(leader.submit([shell()]), { code: "not_leader" });
  follower.lead();
  assert.equal(follower.role, "leader");
  const again = connectWorker(follower, 1, { holds: [{ task, attempt }] });
  while (!again.received.some(({ type }) => type === "welcome")) await new Promise(setImmediate);
  again.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded" } });
  await again.acknowledged(1);
  assert.equal(follower.task("a")?.state, "succeeded");
  assert.equal(follower.task("a")?.attempt, 1);
  for (let n = 2; n <= 3; n++) {
    const next = await again.assigned();
    again.send({ type: "result", n, task: next.task, attempt: next.attempt, report: { outcome: "succeeded" } });
  }
  await again.acknowledged(3);
  assert.equal(follower.task("c")?.state, "succeeded");
  // What is told of it was made here.
  await until(follower, () => follower.tasks({ tag: "told" }).items[0]);
  await end();
});

test("a leader that steps down in the midst of an append answers by how that ends", async () => {
  for (const outcome of ["appended", "refused"] as const) {
    const { leader, journal, end } = createPair();
    await leader.submit([shell({ id: "before" })]);
    journal.hold();
    const submitted = leader.submit([shell({ id: "a" })]);
    const append = await journal.next();
    const behind = leader.submit([shell({ id: "b" })]);
    let isDown = false;
    const down = leader.stepDown(GONE).then(() => (isDown = true));
    await assert.rejects(behind, { code: "not_leader" });
    const settled = leader.settled();
    assert.ok(settled !== undefined);
    assert.equal(isDown, false);
    if (outcome === "appended") append.resolve();
    else append.reject(GONE);
    if (outcome === "appended") assert.equal((await submitted)[0]!.id, "a");
    else await assert.rejects(submitted, { code: "not_leader" });
    await Promise.all([down, settled]);
    assert.equal(leader.settled(), undefined);
    assert.equal(leader.task("a")?.state, outcome === "appended" ? "queued" : undefined);
    assert.equal(leader.state.keys.has("a"), outcome === "appended");
    assert.equal(leader.task("b"), undefined);
    journal.pass();
    await end();
  }
});

test("an append that is refused, or of which nobody knows, makes a follower of its server", async () => {
  const unknown = new OctopusError("outcome_unknown", "the log does not answer", { retryable: true });
  for (const error of [GONE, unknown]) {
    const { leader, journal, end } = createPair();
    journal.hold();
    const submitted = leader.submit([shell({ id: "a" })]);
    const append = await journal.next();
    append.reject(error);
    await assert.rejects(submitted, { code: error.code });
    assert.equal(leader.role, "follower");
    assert.equal(leader.task("a"), undefined);
    assert.ok(leader.ready());
    // Nothing to wait for: memory is what the tables say.
    await leader.stepDown(GONE);
    journal.pass();
    leader.lead();
    await leader.submit([shell({ id: "a" })]);
    assert.equal(leader.task("a")?.state, "queued");
    await end();
  }
});

test("a turn of which nobody knew comes back by the log", async () => {
  const { leader, journal, end } = createPair();
  journal.hold();
  const submitted = leader.submit([shell({ id: "a" })]);
  const append = await journal.next();
  append.reject(new OctopusError("outcome_unknown", "the log does not answer", { retryable: true }));
  await assert.rejects(submitted, { code: "outcome_unknown" });
  // It was in the log, and is applied to the tables like any other.
  append.resolve();
  leader.follow(journal.durable.map(({ batch }) => batch));
  assert.equal(leader.task("a")?.state, "queued");
  assert.equal(leader.state.counts.queued, 1);
  journal.pass();
  leader.lead();
  await connectWorker(leader, 1).succeeds();
  assert.equal(leader.task("a")?.state, "succeeded");
  await end();
});

test("tables that were replaced are read anew, and who waits for what is gone is told", async () => {
  const { leader, follower, followerStore, journal, catchUp, end } = createPair();
  await leader.submit([shell({ id: "a" })]);
  catchUp();
  const waited = follower.waitTask("a", Infinity);
  const told: string[] = [];
  follower.subscribe(undefined, (entries) => told.push(...entries.map(({ event }) => event.type)));
  await leader.cancelTask("a");
  // As by a snapshot: the tables have it, and no batch comes.
  const { batch, summary } = journal.durable.at(-1)!;
  void followerStore.journal.append(batch, summary);
  follower.reload();
  assert.equal((await waited)?.state, "cancelled");
  assert.deepEqual(told, ["resync"]);
  await end();
});

test("a batch that does not fit memory is taken from the tables", async () => {
  const { leader, follower, journal, catchUp, end } = createPair();
  await leader.submit([shell({ id: "a" })]);
  catchUp();
  // As if memory had lost it.
  follower.state.tasks.delete(1);
  await leader.cancelTask("a");
  catchUp();
  assert.equal(follower.task("a")?.state, "cancelled");
  assert.equal(follower.state.counts.cancelled, 1);
  assert.equal(journal.durable.length, 2);
  await end();
});
