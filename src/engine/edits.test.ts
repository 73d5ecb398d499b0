/** Changes of tasks that wait, on a real store: another time, another content, and what is refused with which words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";
import { OctopusError } from "../base/errors.ts";
import { TaskSubmission } from "../protocol/task.ts";

const parse = (task: unknown) => TaskSubmission.parse(task);
const HOUR = 3_600_000;

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => assert.fail("it was accepted"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OctopusError);
  return `${error.code} ${error.message}`;
}

test("a task that waits is put off and brought forward, whatever it waits for", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a] = await engine.submit([shell()]);
  const [b] = await engine.submit([parse({ shell: "true", needs: [a!.id] })]);
  const at = Date.now() + HOUR;
  const put = await engine.rescheduleTask(a!.id, at);
  assert.deepEqual([put.state, put.dueAt], ["scheduled", new Date(at).toISOString()]);
  assert.equal(engine.explain(a!.id)!.reasons[0]!.code, "due");
  await engine.rescheduleTask(b!.id, at);
  await engine.rescheduleTask(a!.id, 0);
  const worker = connectWorker(engine, 1, { name: "w" });
  await worker.succeeds();
  assert.deepEqual([engine.task(b!.id)!.state, engine.task(b!.id)!.dueAt], ["scheduled", new Date(at).toISOString()]);
  assert.equal((await engine.rescheduleTask(b!.id, Date.now() - 5)).state, "running");
  assert.match(await refusal(engine.rescheduleTask(b!.id, 0)), /^conflict task t2 is running; what has started/);
  assert.match(await refusal(engine.rescheduleTask(a!.id, 0)), /^conflict task t1 has ended already: it is succeeded/);
  assert.match(await refusal(engine.rescheduleTask("t9", 0)), /^not_found/);
});

test("one that was put off and came back runs once, behind those that came meanwhile", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const ids = (await engine.submit([shell(), shell(), shell()])).map(({ id }) => id);
  for (const dueAt of [Date.now() + HOUR, 0, Date.now() + HOUR, 0]) await engine.rescheduleTask(ids[0]!, dueAt);
  assert.equal(engine.arm("default")!.queued, 3);
  const worker = connectWorker(engine, 1, { name: "w" });
  const order: number[] = [];
  for (let n = 0; n < 3; n++) order.push((await worker.ends({ outcome: "succeeded" })).task);
  assert.deepEqual(order, [2, 3, 1]);
  assert.equal(engine.arm("default")!.queued, 0);
});

test("a task that has not started becomes another one, with its id and its number", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([parse({ id: "mine", shell: "echo old", tags: ["old"], on: { success: { call: "told" } } })]);
  const next = { id: "mine", call: "f", input: { n: 1 }, arm: "batch", priority: 9, timeout: "5s", tags: ["new"] };
  const view = await engine.replaceTask("mine", parse(next));
  assert.deepEqual([view.id, view.kind, view.arm, view.priority, view.tags], ["mine", "call", "batch", 9, ["new"]]);
  assert.deepEqual(engine.task("mine")!.callbacks, []);
  assert.deepEqual([engine.arm("default")!.queued, engine.arm("batch")!.queued], [0, 1]);
  // The same again is the task that is there; what it was before is another content.
  assert.equal((await engine.submit([parse(next)]))[0]!.existed, true);
  assert.match(await refusal(engine.submit([parse({ id: "mine", shell: "echo old" })])), /names a task with another/);
  const worker = connectWorker(engine, 1, { name: "w", functions: ["f"] });
  const assigned = await worker.ends({ outcome: "succeeded" });
  assert.deepEqual(assigned.work, { kind: "call", call: "f", input: { n: 1 } });
  assert.match(await refusal(engine.replaceTask("mine", parse({ shell: "true" }))), /has ended already/);
});

test("its needs, time and keys are looked at as those of a new task", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b, c] = await engine.submit([shell(), shell(), shell()]);
  await engine.submit([parse({ shell: "true", uniqueKey: "u" }), parse({ shell: "true", cache: { key: "c" } })]);
  await engine.cancelTask(a!.id);
  const change = (id: string, task: object) => engine.replaceTask(id, parse({ shell: "true", ...task }));
  assert.equal((await change(c!.id, { needs: [b!.id] })).state, "blocked");
  assert.match(await refusal(change(c!.id, { needs: [a!.id] })), /would wait for in vain: .*t1/);
  assert.match(await refusal(change(b!.id, { needs: [c!.id] })), /needs\[0\] must have been submitted before/);
  assert.match(await refusal(change(b!.id, { arm: "nowhere" })), /names no arm/);
  assert.match(await refusal(change(b!.id, { id: "other" })), /id is the id of another task: this one is t2/);
  assert.match(await refusal(change("t4", {})), /uniqueKey must stay as it is/);
  assert.equal((await change("t4", { uniqueKey: "u", delay: "1h" })).state, "scheduled");
  assert.equal((await engine.submit([parse({ shell: "true", uniqueKey: "u" })]))[0]!.id, "t4");
  assert.match(await refusal(change("t5", {})), /has a cache/);
  assert.equal((await change(c!.id, {})).state, "queued");
  await engine.cancelTask(b!.id);
  assert.equal(engine.task(c!.id)!.state, "queued");
});
