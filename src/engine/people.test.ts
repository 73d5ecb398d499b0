/** What people ask of single tasks, on a real store: dead letters, retries with other input, moves, deletes. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell, until } from "../../test/sim/engine-harness.ts";
import type { Json } from "../base/words.ts";
import { TaskSubmission } from "../protocol/task.ts";
import type { FeedEvent } from "../protocol/feed.ts";

const parse = (task: object) => TaskSubmission.parse(task);

test("a dead letter is listed, told of, retried with other input, and is none any more", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  const told: FeedEvent[] = [];
  engine.subscribe(undefined, (entries) => told.push(...entries.map(({ event }) => event)));
  await engine.submit([parse({ id: "a", call: "f", input: { n: 1 }, retries: { limit: 1, delay: 0 } })]);
  await worker.ends({ outcome: "failed", error: { message: "no", kind: "TypeError" } });
  assert.deepEqual(engine.tasks({ dead: true }).items, []);
  await worker.ends({ outcome: "failed", error: { message: "still no" } });
  assert.deepEqual(
    engine.tasks({ dead: true }).items.map(({ id, dead }) => [id, dead]),
    [["a", true]],
  );
  const dead = told.find(({ type }) => type === "dead");
  assert.ok(dead?.type === "dead");
  assert.deepEqual([dead.id, dead.reason, dead.arm], ["a", "still no", "default"]);
  await engine.retryTask("a", { input: { n: 2 } });
  assert.deepEqual(engine.tasks({ dead: true }).items, []);
  const { work } = await worker.ends({ outcome: "succeeded" });
  assert.deepEqual(work, { kind: "call", call: "f", input: { n: 2 } });
  assert.deepEqual((engine.task("a")!.work as { input: Json }).input, { n: 2 }, "the history shows what ran");
});

test("a request gets another body, a command other variables beside those it had", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const http = { method: "POST", url: "http://127.0.0.1:9/", body: { a: 1 } };
  await engine.submit([parse({ id: "h", http }), parse({ id: "s", shell: { command: "x", env: { A: "1", B: "1" } } })]);
  await worker.ends({ outcome: "failed" });
  await worker.ends({ outcome: "failed" });
  await engine.retryTask("h", { input: { a: 2 } });
  const first = await worker.ends({ outcome: "succeeded" });
  assert.ok(first.work.kind === "http");
  assert.deepEqual(first.work.http.body, { a: 2 });
  await engine.retryTask("s", { input: { B: 2, C: true } });
  const second = await worker.ends({ outcome: "failed" });
  assert.ok(second.work.kind === "shell");
  assert.deepEqual(second.work.shell.env, { A: "1", B: "2", C: "true" });
  const refused = (input: Json, path: string) =>
    assert.rejects(engine.retryTask("s", { input }), (error: { code: string; issues: { path: string }[] }) => {
      assert.deepEqual([error.code, error.issues[0]?.path], ["invalid", path]);
      return true;
    });
  await refused("text", "input");
  await refused({ "no-name": 1 }, "input.no-name");
  await refused({ A: { b: 1 } }, "input.A");
  const long = { A: "x".repeat(200_000) };
  await assert.rejects(engine.retryTask("s", { input: long }), { code: "too_large" });
});

test("dismissing puts a dead letter aside, and nothing else", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  await engine.submit([shell({ id: "a" }), shell({ id: "b" })]);
  await worker.ends({ outcome: "failed" });
  const view = await engine.dismissTask("a");
  assert.deepEqual([view.state, view.dead], ["failed", undefined]);
  await assert.rejects(engine.dismissTask("a"), { code: "conflict" });
  await assert.rejects(engine.dismissTask("b"), /it is running, and no dead letter/);
  await assert.rejects(engine.dismissTask("nope"), { code: "not_found" });
});

test("a live task moves; an ended one and an arm that is not there are refused", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([shell({ id: "a" }), shell({ id: "b" })]);
  const moved = await engine.moveTask("a", { arm: "batch", priority: 8 });
  assert.deepEqual([moved.arm, moved.priority, moved.state], ["batch", 8, "queued"]);
  await assert.rejects(engine.moveTask("a", { arm: "btach" }), /did you mean batch/);
  await assert.rejects(engine.moveTask("a", {}), { code: "invalid" });
  await engine.cancelTask("b");
  await assert.rejects(engine.moveTask("b", { priority: 1 }), { code: "conflict" });
});

test("a unique key over a restart: its period goes on, and what waits to replace another still waits", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-unique-"));
  const daily = parse({ shell: "x", uniqueKey: { key: "daily", period: "1h" } });
  const newest = (id: string) => parse({ id, shell: "x", uniqueKey: { key: "newest", policy: "replace" } });
  try {
    let first = "";
    {
      await using server = createTestEngine({ dir });
      const { engine } = server;
      const worker = connectWorker(engine, 1);
      first = (await engine.submit([daily]))[0]!.id;
      await worker.ends({ outcome: "failed" });
      await engine.submit([newest("old")]);
      await worker.assigned();
      await engine.submit([newest("new")]);
    }
    await using server = createTestEngine({ dir });
    const { engine } = server;
    const [second] = await engine.submit([daily]);
    assert.deepEqual(second, { id: first, state: "failed", existed: true });
    assert.equal(engine.explain("new")?.reasons[0]?.code, "unique");
    const worker = connectWorker(engine, 1, { holds: [{ task: 2, attempt: 1 }] });
    await until(engine, () => (worker.received.length > 0 ? true : undefined));
    worker.send({ type: "result", n: 1, task: 2, attempt: 1, report: { outcome: "cancelled" } });
    assert.equal((await worker.assigned()).id, "new");
    assert.equal(engine.task("old")?.reason, "replaced by new (unique key newest)");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a retry that its unique key forbids spoke of tasks[0], though there was no list", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const keyed = parse({ id: "one", shell: "true", uniqueKey: "u" });
  await engine.submit([keyed]);
  await engine.cancelTask("one");
  await engine.submit([parse({ id: "two", shell: "true", uniqueKey: "u" })]);
  await assert.rejects(engine.retryTask("one"), {
    code: "conflict",
    message: /^uniqueKey is taken: t2 has the key "u"$/,
  });
});

test("a unique key that is refused refuses the whole submission, however long it is", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const strict = parse({ shell: "x", uniqueKey: { key: "k", policy: "reject" } });
  await engine.submit([strict]);
  await assert.rejects(engine.submit([shell(), strict]), { code: "conflict" });
  // 600 tasks are two commands.
  await assert.rejects(engine.submit([...Array.from({ length: 599 }, () => shell()), strict]), (error: Error) => {
    assert.match(error.message, /tasks\[599\]\.uniqueKey is taken: t1 has the key "k"/);
    return true;
  });
  assert.equal(engine.state.lastTask, 1);
});
