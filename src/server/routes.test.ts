// Each route, through a real socket, in the order of the API description.
import assert from "node:assert/strict";
import { test } from "node:test";
import { post, startHarness } from "./testing/harness.ts";

test("a task is submitted, shown, listed, cancelled, retried, deleted", async () => {
  await using h = await startHarness();
  const made = await h.ask("/api/v1/tasks", post({ call: "noop", id: "etl/2026:a" }));
  assert.equal(made.status, 201);
  assert.deepEqual(made.body, { id: "etl/2026:a", state: "queued" });
  const href = made.headers.get("location")!;
  assert.equal(href, "/api/v1/tasks/etl%2F2026%3Aa");
  assert.equal((await h.ask("/api/v1/tasks", post({ call: "noop", id: "etl/2026:a" }))).body.existed, true);

  assert.equal((await h.ask(href)).body.id, "etl/2026:a");
  assert.equal((await h.ask("/api/v1/tasks?state=queued,running&limit=5")).body.items.length, 1);
  assert.equal((await h.ask("/api/v1/tasks?state=failed")).body.items.length, 0);
  assert.equal((await h.ask(`${href}/explain`)).body.state, "queued");

  const cancelled = await h.ask(`${href}/cancel`, post({ reason: "a mistake" }));
  assert.equal(cancelled.status, 202);
  assert.deepEqual([cancelled.body.state, cancelled.body.reason], ["cancelled", "a mistake"]);
  const again = await h.ask(`${href}/cancel`, { method: "POST" });
  assert.deepEqual([again.status, again.body.code], [409, "conflict"]);
  assert.equal((await h.ask(`${href}/retry`, { method: "POST" })).body.state, "queued");
  assert.equal((await h.ask(href, { method: "DELETE" })).status, 409);
  assert.equal((await h.ask(`${href}/cancel`, { method: "POST" })).status, 202);
  assert.equal((await h.ask(href, { method: "DELETE" })).status, 204);
  assert.equal((await h.ask(href)).status, 404);
  const { id } = (await h.ask("/api/v1/tasks", post({ call: "noop" }))).body;
  await h.ask(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
  assert.equal((await h.ask("/api/v1/tasks/clear", post({ keep: 0 }))).body.removed, 1);
});

test("many tasks are submitted as an array and as lines", async () => {
  await using h = await startHarness();
  const array = await h.ask("/api/v1/tasks", post([{ call: "a" }, { shell: "true" }]));
  assert.deepEqual([array.status, array.body], [201, { count: 2, ids: ["t1", "t2"] }]);
  const lines = await h.ask("/api/v1/tasks", post('{"call":"a"}\n\n{"call":"b"}', "application/x-ndjson"));
  assert.deepEqual(lines.body, { count: 2, ids: ["t3", "t4"] });
  assert.deepEqual((await h.ask("/api/v1/tasks", post("[ ]"))).body, { count: 0, ids: [] });
  assert.deepEqual((await h.ask("/api/v1/tasks", post("", "application/x-ndjson"))).body, { count: 0, ids: [] });
  assert.equal((await h.ask("/api/v1/tasks", post(' \n {"call":"x"} '))).body.id, "t5");
});

test("a result comes as it is, and its absence is told from the task's", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  assert.match((await h.ask("/api/v1/tasks/t1/result")).body.detail, /t1 is queued and has no result/);
  const worker = h.worker("f");
  await worker.starts("t1");
  await worker.end("t1", { outcome: "succeeded", result: { rows: 3 } });
  assert.deepEqual((await h.ask("/api/v1/tasks/t1/result")).body, { rows: 3 });
  assert.match((await h.ask("/api/v1/tasks/t9/result")).body.detail, /there is no task/);
});

test("runs are submitted as JSON and as YAML, shown, listed, cancelled", async () => {
  await using h = await startHarness();
  const definition = "params: {n: {type: number}, name: {type: string, default: x}}\ntasks: {a: {call: f}}";
  await h.engine.configureArm("slow", {});
  const made = await h.ask("/api/v1/runs", post({ definition, params: { n: 1 }, source: "w.yaml", timeout: "1h" }));
  assert.deepEqual([made.status, made.body, made.headers.get("location")], [201, { id: "r1" }, "/api/v1/runs/r1"]);
  const query = "p.n=2&p.name=x%20y&source=w.yaml&arm=slow&timeout=2h";
  const yaml = await h.ask(`/api/v1/runs?${query}`, post(definition, "text/yaml"));
  assert.equal(yaml.status, 201);
  const second = (await h.ask("/api/v1/runs/r2")).body;
  assert.deepEqual([second.params, second.workflow, second.tasks[0].arm], [{ n: 2, name: "x y" }, "w", "slow"]);
  assert.equal((await h.ask("/api/v1/runs?state=queued")).body.items.length, 2);
  const run = (await h.ask("/api/v1/runs/r1")).body;
  assert.equal(run.state, "queued");
  assert.equal(Date.parse(run.deadlineAt) - Date.parse(run.createdAt), 3_600_000);
  const waiting = h.ask("/api/v1/runs/r1?wait=60s");
  assert.equal((await h.ask("/api/v1/runs/r1/cancel", post({}))).status, 202);
  assert.equal((await waiting).body.state, "cancelled");
  const bad = await h.ask("/api/v1/runs?source=w.yaml", post("tasks: 7", "application/yaml"));
  assert.deepEqual([bad.status, bad.body.issues[0].path], [422, "w.yaml:1:8"]);
});

test("workers, status, backup", async () => {
  await using h = await startHarness({ backup: async (path) => ({ path, bytes: 12 }) });
  h.worker("f");
  assert.deepEqual(
    (await h.ask("/api/v1/workers")).body.items.map(({ name }: { name: string }) => name),
    ["hand"],
  );
  assert.equal((await h.ask("/api/v1/status")).body.state, "ready");
  assert.deepEqual((await h.ask("/api/v1/backup", post({ path: "/tmp/b.db" }))).body, { path: "/tmp/b.db", bytes: 12 });
});

test("the root says how it is, what it is, and what it can do", async () => {
  await using h = await startHarness();
  assert.equal((await h.ask("/livez")).body, "ok\n");
  assert.equal((await h.ask("/readyz")).status, 200);
  assert.equal((await h.ask("/healthz")).body.status, "ok");
  assert.deepEqual((await h.ask("/version")).body.version, "0.0.0-test");
  assert.match((await h.ask("/")).body, /<h1>Octopus 0\.0\.0-test<\/h1>/);
  const description = (await h.ask("/openapi.json")).body;
  assert.equal(description.openapi, "3.1.0");
  assert.ok(description.paths["/api/v1/tasks/{id}"].delete);
  assert.ok(description.components.schemas.TaskSubmission.properties.priority);

  h.engine.ready = () => false;
  const waiting = await h.ask("/readyz");
  assert.deepEqual([waiting.status, waiting.body.code, waiting.headers.get("retry-after")], [503, "not_ready", "1"]);
  assert.equal((await h.ask("/livez")).status, 200);
  assert.match((await h.ask("/")).body, /not ready/);
});

test("HEAD answers without a body, OPTIONS says what is allowed", async () => {
  await using h = await startHarness();
  for (const path of ["/livez", "/api/v1/tasks", "/api/v1/feed"]) {
    const head = await h.ask(path, { method: "HEAD" });
    assert.deepEqual([path, head.status, head.body], [path, 200, ""]);
  }
  const options = await h.ask("/api/v1/tasks", { method: "OPTIONS" });
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS, POST"]);
});
