/** Callbacks on a real store: what is told, to whom, and what a crash between the news and their sending leaves. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell, until } from "../../test/sim/engine-harness.ts";
import type { Json } from "../base/words.ts";
import { TaskSubmission } from "../protocol/task.ts";
import type { Engine } from "./engine.ts";
import type { Journal } from "./ports.ts";

const parse = (task: unknown) => TaskSubmission.parse(task);

/** Resolves with the tasks that tell of `id` when there are `count`. */
function deliveries(engine: Engine, id: string, count: number) {
  return until(engine, () => {
    const { items } = engine.tasks({ callbackOf: id });
    return items.length >= count ? items.toReversed() : undefined;
  });
}

test("a webhook gets the news as its body, a function as its input, a command in a variable", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  const spec = parse({
    ...{ id: "a", call: "f", input: 1, tags: ["x"], owner: "ann" },
    on: { success: [{ webhook: "http://127.0.0.1:9/hook" }, { call: "told" }, { task: { shell: "true" } }] },
  });
  await engine.submit([spec]);
  await worker.ends({ outcome: "succeeded", result: { n: 2 } });
  const made = await deliveries(engine, "a", 3);
  type Parts = { http?: { body: Json; sign: string }; input?: Json; shell?: { env: Record<string, string> } };
  const works = made.map(({ work }) => work as Parts);
  const news = works.map(({ http, input, shell: command }) =>
    JSON.stringify(http?.body ?? input ?? JSON.parse(command?.env["OCTOPUS_EVENT"] ?? "null")),
  );
  assert.equal(new Set(news).size, 1, "all three get the same");
  const { at, ...rest } = JSON.parse(news[0]!) as { at: string };
  assert.ok(Date.parse(at) > 0);
  assert.deepEqual(rest, {
    ...{ type: "task.succeeded", id: "d1", on: "success" },
    task: {
      ...{ id: "a", type: "f", arm: "default", state: "succeeded", attempt: 1, tags: ["x"], owner: "ann" },
      result: { n: 2 },
    },
  });
  const http = works.find((work) => work.http !== undefined)?.http;
  assert.equal(http?.sign, "default");
  assert.deepEqual(
    made.map(({ callbackOf, callbackOn }) => [callbackOf, callbackOn]),
    made.map(() => ["a", "success"]),
  );
  assert.equal(engine.state.flow.dues.size, 0);
});

test("a webhook that was answered 404 was dead at once, against what is promised; 410 is final", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  const on = { success: ["a", "b"].map((path) => ({ webhook: `http://127.0.0.1:9/${path}`, retries: 1 })) };
  await engine.submit([parse({ id: "a", call: "f", on })]);
  await worker.ends({ outcome: "succeeded" });
  const made = await deliveries(engine, "a", 2);
  for (const status of [404, 410])
    await worker.ends({ outcome: "failed", retryable: false, status, error: { message: `${status}`, kind: "http" } });
  const states = await until(engine, () => {
    const now = made.map(({ id }) => engine.task(id)!.state);
    return now.includes("failed") ? now : undefined;
  });
  assert.deepEqual(states, ["scheduled", "failed"]);
});

test("a result that is too long for news is named, not sent", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  await engine.submit([parse({ id: "a", call: "f", input: 1, on: { end: { call: "told" } } })]);
  await worker.ends({ outcome: "succeeded", result: "x".repeat(100_000) });
  const [told] = await deliveries(engine, "a", 1);
  const { task } = (told!.work as { input: { task: Record<string, Json> } }).input;
  assert.deepEqual([task["result"], task["resultHref"]], [undefined, "/api/v1/tasks/a/result"]);
});

test("every change is told, in order, and each delivery is told of once", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([
    parse({ id: "a", shell: "false", retries: { limit: 1, delay: 0 }, on: { change: { call: "told" } } }),
  ]);
  const worker = connectWorker(engine, 1);
  await worker.ends({ outcome: "failed", exitCode: 1 });
  await worker.ends({ outcome: "failed", exitCode: 1 });
  const made = await deliveries(engine, "a", 5);
  const told = made.map(({ work }) => (work as { input: { type: string; task: { attempt: number } } }).input);
  assert.deepEqual(
    told.map(({ type, task }) => `${type} ${task.attempt}`),
    ["task.queued 0", "task.running 1", "task.queued 1", "task.running 2", "task.failed 2"],
  );
});

test("what was due before a crash is sent after it, once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-due-"));
  try {
    // The journal dies right before the batch that sends the callback.
    const dying = (journal: Journal): Journal => ({
      ...journal,
      append(batch, summary) {
        if (batch.events.some(({ type }) => type === "CallbackSent")) throw new Error("the disk is gone");
        return journal.append(batch, summary);
      },
      probe: () => false,
    });
    {
      await using server = createTestEngine({ dir, wrap: dying });
      const { engine } = server;
      await engine.submit([parse({ id: "a", shell: "true", on: { end: { call: "told" } } })]);
      await engine.cancelTask("a");
      while (engine.ready()) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(engine.tasks({ callbackOf: "a" }).items.length, 0);
    }
    await using server = createTestEngine({ dir });
    const made = await deliveries(server.engine, "a", 1);
    assert.equal(made.length, 1);
    assert.equal(made[0]!.type, "told");
    await server.engine.submit([shell()]);
    assert.equal(server.engine.tasks({ callbackOf: "a" }).items.length, 1);
    assert.equal(server.engine.state.flow.dues.size, 0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("callbacks of callbacks are told of the delivery", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const inner = { shell: "true", on: { success: { call: "told" } } };
  await engine.submit([parse({ id: "a", shell: "true", finally: inner })]);
  await worker.succeeds();
  const [delivery] = await deliveries(engine, "a", 1);
  await worker.succeeds();
  const [second] = await deliveries(engine, delivery!.id, 1);
  assert.equal(second!.type, "told");
});

test("a callback can neither have an id nor wait for others", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const refused = engine.submit([
    shell(),
    parse({ shell: "true", on: { end: { task: { shell: "true", finally: { id: "x", shell: "true" } } } } }),
  ]);
  await assert.rejects(refused, (error: { issues: { path: string }[] }) => {
    assert.equal(error.issues[0]?.path, "tasks[1].on[0].task.on[0].task.id");
    return true;
  });
});
