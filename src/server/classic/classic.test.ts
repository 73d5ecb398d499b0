/** B2: the REST of that system, as its README prints it, with a worker that plays its client. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandWorker } from "../../../test/sim/engine-harness.ts";
import { startWithAccess } from "../access/testing.ts";
import { type Harness, post, startHarness } from "../testing/harness.ts";
import { pluginWorker } from "../testing/plugins.ts";

const put = (value: unknown): RequestInit => ({ ...post(value), method: "PUT" });
const README = {
  owner: "Anyone",
  plugin: "create_incident",
  action: "main",
  args: ["P1", "Database connection failed"],
  type: "Adhoc",
};

async function withPlugin(h: Harness, name = "create_incident"): Promise<void> {
  const files = [{ path: `${name}.py`, content: Buffer.from("def main(*args, **kwargs): pass\n") }];
  await h.engine.plugins.publish({ name, language: "python", files, actions: ["main"], source: "folder" });
}

/** The next attempt ends so. */
function ends(worker: HandWorker, result: object) {
  return worker.ends({ outcome: "succeeded", result: result as never });
}

test("B2 POST /tasks as its README prints it: the plugin is called with these values, once", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const worker = pluginWorker(h.engine, "WorkStation-01");
  const made = await h.ask("/tasks", post(README));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, created_at: _, started_at: _t, ...view } = made.body;
  assert.deepEqual(view, { ...README, kwargs: {}, status: view.status, executor: view.executor });
  assert.equal(made.headers.get("location"), `/tasks/${id}`);
  const data = { status: "success", message: "Operation completed", data: { number: "INC1" } };
  const { work, plugin } = await ends(worker, data);
  assert.deepEqual(work, {
    kind: "plugin",
    plugin: { name: "create_incident", action: "main", args: ["P1", "Database connection failed"] },
  });
  assert.equal(plugin!.version, 1);
  const { body } = await h.ask(`/tasks/${id}`);
  assert.deepEqual(
    [body.status, body.executor, body.owner, body.result],
    ["Success", "WorkStation-01", "Anyone", data],
  );
  assert.deepEqual(body.executions, (await h.ask("/executions")).body);
  const [{ duration, started_at: _s, finished_at: _f, ...execution }] = body.executions;
  assert.deepEqual(execution, {
    ...{ id: `${id}/1`, task_id: id, plugin: "create_incident", action: "main", args: README.args, kwargs: {} },
    ...{ attempt: 1, executor: "WorkStation-01", status: "Success", result: data },
  });
  assert.equal(typeof duration, "number");
  assert.deepEqual((await h.ask("/plugins")).body, [
    { name: "create_incident", actions: ["main"], version: 1, language: "python" },
  ]);
});

test("B3 owners: ALL runs on every client that is online, a name on that client alone", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const [a, b] = [pluginWorker(h.engine, "a"), pluginWorker(h.engine, "b")];
  const all = await h.ask("/tasks", post({ ...README, owner: "ALL" }));
  assert.equal(all.status, 201, JSON.stringify(all.body));
  await Promise.all([ends(a, { from: "a" }), ends(b, { from: "b" })]);
  await h.engine.waitTask(all.body.id, 10_000);
  const { body } = await h.ask(`/tasks/${all.body.id}`);
  assert.deepEqual(
    [body.owner, body.executor, body.status, body.result],
    ["ALL", "ALL", "Success", { a: { from: "a" }, b: { from: "b" } }],
  );
  assert.deepEqual(body.executions.map(({ executor }: { executor: string }) => executor).toSorted(), ["a", "b"]);
  const one = await h.ask("/tasks", post({ ...README, owner: "b" }));
  await ends(b, {});
  assert.deepEqual(
    [(await h.ask(`/tasks/${one.body.id}`)).body].map(({ owner, executor }) => [owner, executor]),
    [["b", "b"]],
  );
  const list = (await h.ask("/tasks?limit=10")).body;
  assert.deepEqual(
    list.map(({ owner }: { owner: string }) => owner),
    ["b", "ALL"],
    "members of a task for all are executions, not tasks",
  );
});

test("B4 types: Scheduled at a time or by cron, Interval in seconds or as a duration", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const at = new Date(Date.now() + 3_600_000).toISOString();
  for (const start of [at, Date.parse(at) / 1000, String(Date.parse(at) / 1000), Date.parse(at)]) {
    const { status, body } = await h.ask("/tasks", post({ ...README, type: "Scheduled", execution_start_time: start }));
    assert.deepEqual([status, body.type, body.status, body.execution_start_time], [201, "Scheduled", "Pending", at]);
  }
  const cron = await h.ask("/tasks", post({ ...README, type: "scheduled", cron: "0 8 * * 1", name: "weekly report" }));
  assert.deepEqual(
    [cron.status, cron.body.id, cron.body.type, cron.body.status, cron.body.cron],
    [201, "weekly-report", "Scheduled", "Active", "0 8 * * 1"],
  );
  for (const interval of [300, "300", "5m"]) {
    const { status, body } = await h.ask("/tasks", post({ ...README, type: "Interval", interval }));
    assert.deepEqual([status, body.type, body.interval, body.args], [201, "Interval", 300, README.args]);
    assert.ok(Date.parse(body.next_execution) > Date.now());
  }
  const [begin, end] = ["2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"];
  const bounded = { ...README, type: "Interval", interval: "1h", execution_start_time: begin, execution_end_time: end };
  const { body: later } = await h.ask("/tasks", post({ ...bounded, name: "later" }));
  assert.deepEqual([later.execution_start_time, later.next_execution], [begin, begin], JSON.stringify(later));
  assert.equal((await h.ask("/tasks", post({ ...bounded, name: "later" }))).status, 409);
  await h.ask("/api/v1/schedules/later/pause", post({}));
  const { body: slower } = await h.ask("/tasks/later", put({ interval: "2h" }));
  assert.deepEqual([slower.interval, slower.status, slower.execution_start_time], [7200, "Paused", begin]);
  assert.equal(h.engine.schedule("later")!.endAt, end, "what is not said stays");
  assert.equal((await h.ask("/tasks/later", { method: "DELETE" })).status, 204);
  const types = (await h.ask("/tasks")).body.map(({ type }: { type: string }) => type).toSorted();
  assert.deepEqual(types, [
    ...Array.from({ length: 3 }, () => "Interval"),
    ...Array.from({ length: 5 }, () => "Scheduled"),
  ]);
  const changed = await h.ask("/tasks/weekly-report", put({ cron: "0 9 * * 1", args: ["P2"] }));
  assert.deepEqual(
    [changed.status, changed.body.id, changed.body.cron, changed.body.args, changed.body.plugin],
    [200, "weekly-report", "0 9 * * 1", ["P2"], "create_incident"],
  );
  assert.equal((await h.ask("/tasks/weekly-report", { method: "DELETE" })).status, 204);
  assert.equal((await h.ask("/tasks/weekly-report")).status, 404);
});

test("a task is changed until it has ended, in one step, and deleted whatever it does", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const first = (await h.ask("/tasks", post(README))).body;
  const changed = await h.ask(`/tasks/${first.id}`, put({ args: ["P2", "x"] }));
  assert.deepEqual([changed.status, changed.body.args, changed.body.owner], [200, ["P2", "x"], "Anyone"]);
  assert.notEqual(changed.body.id, first.id);
  assert.equal((await h.ask(`/tasks/${first.id}`)).body.status, "Cancelled");
  assert.equal((await h.ask(`/tasks/${first.id}`, put({ args: [] }))).status, 409);
  const wrong = await h.ask(`/tasks/${changed.body.id}`, put({ plugin: "nope" }));
  assert.deepEqual([wrong.status, (await h.ask(`/tasks/${changed.body.id}`)).body.status], [422, "Pending"]);
  const again = await h.ask(`/tasks/${changed.body.id}`, put({ type: "Interval", interval: 5 }));
  assert.match(again.body.detail, /happens once, and cannot become one that comes again/);
  assert.equal((await h.ask(`/tasks/${changed.body.id}`, { method: "DELETE" })).status, 204);
  assert.equal((await h.ask(`/tasks/${changed.body.id}`)).status, 404);
  const [other] = await h.engine.submit([
    { type: "x", kind: "shell", work: { kind: "shell", shell: { command: "true" } } },
  ]);
  assert.equal((await h.ask(`/tasks/${other!.id}`)).status, 404, "what calls no plugin is none of its tasks");
});

test("values mean what they say, also as text of JSON", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const worker = pluginWorker(h.engine);
  const kwargs = { deep: { a: [null, 1.5] } };
  await h.ask("/tasks", post({ plugin: "create_incident", args: '[true, null, "x"]', kwargs: JSON.stringify(kwargs) }));
  const { work } = await ends(worker, {});
  assert.deepEqual(work, {
    kind: "plugin",
    plugin: { name: "create_incident", action: "main", args: [true, null, "x"], kwargs },
  });
});

test("what is wrong is told by the field, in its words", async () => {
  await using h = await startHarness();
  await withPlugin(h);
  const wrong: [object, RegExp][] = [
    [{}, /plugin is missing/],
    [
      { ...README, plugin: "crate_incident" },
      /^plugin names no plugin: "crate_incident" \(did you mean create_incident/,
    ],
    [{ ...README, ownr: "x" }, /ownr is no field of a task \(did you mean owner\?\); allowed are name, owner, plugin/],
    [{ ...README, args: "not json" }, /args must be a list of values, not "not json"/],
    [{ ...README, args: { a: 1 } }, /args must be a list of values/],
    [{ ...README, kwargs: [] }, /kwargs must be a mapping/],
    [{ ...README, type: "Sometimes" }, /type must be Adhoc, Scheduled or Interval, not "Sometimes"/],
    [{ ...README, type: "Scheduled" }, /execution_start_time is missing/],
    [{ ...README, type: "Scheduled", execution_start_time: "soon" }, /execution_start_time must be a time such as/],
    [{ ...README, type: "Interval" }, /interval is missing: a task of type Interval needs its interval/],
    [
      { ...README, type: "Interval", interval: "often" },
      /interval must be seconds, or a duration such as 5m, not "often"/,
    ],
    [{ ...README, interval: 5 }, /interval is for type Interval/],
    [{ ...README, cron: "* * * * *" }, /cron is for type Scheduled/],
    [{ ...README, type: "Scheduled", cron: "61 * * * *" }, /cron/],
    [{ ...README, action: "1st" }, /^action must be the name of a function/],
  ];
  for (const [body, form] of wrong) {
    const answer = await h.ask("/tasks", post(body));
    assert.equal(answer.status, 422, JSON.stringify(answer.body));
    assert.match(answer.body.detail, form);
  }
  assert.equal(h.count(), 0);
  assert.equal((await h.ask("/tasks?lmit=1")).status, 422);
  assert.equal((await h.ask("/executions?task_id=t99")).status, 404);
});

test("B6 clients are Online while they are heard", async () => {
  await using h = await startHarness();
  pluginWorker(h.engine, "WorkStation-01", 7);
  await withPlugin(h);
  const [client] = (await h.ask("/clients")).body;
  assert.deepEqual([client.name, client.status, client.slots, client.running], ["WorkStation-01", "Online", 7, 0]);
  assert.ok(client.heartbeat_age < 60);
});

test("the roles are those of the API, and what is done is audited", async () => {
  await using h = await startWithAccess();
  await withPlugin(h);
  const [viewer, submitter, operator] = [
    await h.token("viewer"),
    await h.token("submitter"),
    await h.token("operator"),
  ];
  assert.equal((await h.as(undefined, "POST", "/tasks", README)).status, 401);
  assert.equal((await h.as(undefined, "GET", "/tasks")).status, 401);
  assert.equal((await h.as(viewer.secret, "POST", "/tasks", README)).status, 403);
  assert.equal((await h.as(viewer.secret, "GET", "/tasks")).status, 200);
  const { status, body } = await h.as(submitter.secret, "POST", "/tasks", README);
  assert.equal(status, 201);
  const again = { ...README, type: "Interval", interval: 60, name: "often" };
  assert.equal((await h.as(submitter.secret, "POST", "/tasks", again)).status, 403);
  assert.equal((await h.as(operator.secret, "POST", "/tasks", again)).status, 201);
  assert.equal((await h.as(submitter.secret, "DELETE", "/tasks/often")).status, 403);
  assert.equal((await h.as(submitter.secret, "DELETE", `/tasks/${body.id}`)).status, 204);
  const bound = await h.token("submitter", { arms: ["batch"] });
  assert.equal((await h.as(bound.secret, "POST", "/tasks", README)).status, 403);
  const rows = await h.rows({ action: "task", outcome: "done" });
  assert.deepEqual(
    rows.map(({ action, subject }) => [action, subject]),
    [
      ["task.delete", body.id],
      ["task.create", "often"],
      ["task.create", body.id],
    ],
  );
});
