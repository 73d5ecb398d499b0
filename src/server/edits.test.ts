/** Changes of waiting tasks, filters and the history of arms, as they go over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "./testing/harness.ts";

const json = (method: string, body: unknown) => ({
  method,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

test("a task that waits is put off, brought forward and replaced; what is wrong is told by its field", async () => {
  await using h = await startHarness();
  const ask = (method: string, path: string, body: unknown) => h.ask(`/api/v1/tasks${path}`, json(method, body));
  await ask("POST", "", { id: "one", shell: "true" });
  const dueAt = new Date(Date.now() + 3_600_000).toISOString();
  const put = await ask("PATCH", "/one", { dueAt, priority: 7 });
  assert.deepEqual([put.status, put.body.state, put.body.dueAt, put.body.priority], [200, "scheduled", dueAt, 7]);
  assert.equal((await ask("PATCH", "/one", { dueAt: null })).body.state, "queued");
  assert.match((await ask("PATCH", "/one", {})).body.detail, /at least one of arm, priority, dueAt/);
  const other = await ask("PUT", "/one", { call: "f", input: 1, tags: ["new"], delay: "1h" });
  assert.deepEqual([other.status, other.body.id, other.body.kind, other.body.state], [200, "one", "call", "scheduled"]);
  const wrong = await ask("PUT", "/one", { call: "f", arm: "nowhere" });
  assert.deepEqual([wrong.status, wrong.body.issues[0].path], [422, "arm"]);
  assert.match(wrong.body.detail, /^arm names no arm/);
  assert.equal((await ask("PUT", "/one", { shell: 7 })).status, 422);
  assert.equal((await ask("PUT", "/two", { shell: "true" })).status, 404);
  await ask("POST", "/one/cancel", {});
  assert.equal((await ask("PUT", "/one", { shell: "true" })).status, 409);
});

test("lists are filtered by text, kind and worker", async () => {
  await using h = await startHarness();
  const ids = async (query: string): Promise<string[]> =>
    (await h.ask(`/api/v1/tasks?${query}`)).body.items.map(({ id }: { id: string }) => id);
  for (const task of [
    { id: "a", shell: "make Orders" },
    { id: "b", call: "f", input: { text: '100% "done"' } },
  ]) {
    await h.ask("/api/v1/tasks", json("POST", task));
  }
  assert.deepEqual(await ids("text=orders"), ["a"]);
  assert.deepEqual(await ids(`text=${encodeURIComponent('100% "done"')}`), ["b"]);
  assert.deepEqual(await ids("kind=call,wasm"), ["b"]);
  assert.deepEqual(await ids("worker=nobody"), []);
  assert.match((await h.ask("/api/v1/tasks?kind=none")).body.detail, /kind must be a list with commas of shell/);
});

test("the history of arms has columns of one length, for the spans that there are", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", json("POST", { shell: "true", arm: "batch" }));
  for (const [minutes, points] of [
    [15, 90],
    [60, 60],
    [1440, 96],
  ]) {
    const { body } = await h.ask(`/api/v1/history?minutes=${minutes}&arm=batch`);
    assert.deepEqual(Object.keys(body.arms), ["batch"]);
    const lengths = Object.values(body.arms.batch as Record<string, unknown[]>).map((column) => column.length);
    assert.deepEqual(new Set(lengths), new Set([points]));
    assert.equal(body.arms.batch.queued.at(-1), 1);
  }
  assert.equal((await h.ask("/api/v1/history?minutes=5")).status, 422);
});
