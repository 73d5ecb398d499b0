// Rubbish sent to the routes of arms, quotas, schedules, bulk actions and moves: a 4xx that names the field.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Harness, startHarness } from "./testing/harness.ts";

const send = (method: string, value: unknown): RequestInit => ({
  method,
  body: typeof value === "string" ? value : JSON.stringify(value),
  headers: { "content-type": "application/json" },
});
const V1 = "/api/v1";
const TASK = { call: "f" };

/** Asks all before it complains, so that one look shows everything that differs. */
async function check(h: Harness, cases: [string, RequestInit, number, ...RegExp[]][]): Promise<void> {
  const differences: string[] = [];
  for (const [path, init, status, ...details] of cases) {
    const answer = await h.ask(V1 + path, init);
    const fits = answer.status === status && details.every((detail) => detail.test(answer.body.detail));
    const asked = `${init.method ?? "GET"} ${path} ${typeof init.body === "string" ? init.body : ""}`;
    if (!fits)
      differences.push(`${asked}\n    ${answer.status} ${answer.body.detail}\n    not ${status} ${details.join(" ")}`);
  }
  assert.deepEqual(differences, []);
  assert.deepEqual(h.errors, []);
}

test("arms and quotas", async () => {
  await using h = await startHarness();
  await check(h, [
    ["/arms/a", send("PUT", { limit: 1 }), 422, /unknown key "limit"; known are .*maxParallel, /],
    ["/arms/a", send("PUT", { parallel: 1 }), 422, /unknown key "parallel" \(did you mean maxParallel\?\)/],
    ["/arms/a", send("PUT", { maxParalel: 1 }), 422, /unknown key "maxParalel" \(did you mean maxParallel\?\)/],
    ["/arms/a", send("PUT", { maxParallel: 0 }), 422, /maxParallel must be a whole number from 1 to 1000000, not 0/],
    ["/arms/a", send("PUT", { maxParallel: "2" }), 422, /maxParallel must be a whole number/],
    ["/arms/a", send("PUT", { weight: 1001 }), 422, /weight must be at most 1000, not 1001/],
    ["/arms/a", send("PUT", { maxQueued: -1 }), 422, /maxQueued must be at least 1/],
    ["/arms/a", send("PUT", { rate: 10 }), 422, /rate must be an object, not 10/],
    ["/arms/a", send("PUT", { rate: { limit: 10 } }), 422, /rate\.per is missing: must be a number with a unit/],
    [
      "/arms/a",
      send("PUT", { rate: { limit: 10, per: "0s" } }),
      422,
      /rate\.per must be longer than nothing, not "0s"/,
    ],
    ["/arms/a", send("PUT", { aging: "soon" }), 422, /aging must be a number with a unit .*, not "soon"/],
    ["/arms/a", send("PUT", { timeout: 0 }), 422, /timeout must be longer than nothing/],
    ["/arms/a", send("PUT", { retries: 1.5 }), 422, /retries must be a whole number/],
    ["/arms/a", send("PUT", { handler: "a b" }), 422, /handler must begin with a letter or _/],
    ["/arms/a", send("PUT", { types: "x" }), 422, /types must be an array, not "x"/],
    ["/arms/a", send("PUT", { types: ["1x"] }), 422, /types\[0\] must begin with a letter/],
    ["/arms/a", send("PUT", { enabled: "yes" }), 422, /enabled must be a boolean, not "yes"/],
    ["/arms/a", send("PUT", "[1"), 400, /not valid JSON/],
    ["/arms/1b", send("PUT", {}), 422, /name must begin with a letter/],
    ["/arms/nope", {}, 404, /there is no arm "nope"/],
    ["/arms/nope/pause", { method: "POST" }, 404, /there is no arm "nope"/],
    ["/arms/nope/paus", { method: "POST" }, 404, /no route/],
    ["/arms/nope", { method: "DELETE" }, 404, /nope/],
    ["/arms/default", { method: "DELETE" }, 409, /default/],
    ["/quotas/1a", send("PUT", {}), 422, /owner must be \* or the name of an owner.*, not "1a"/],
    ["/quotas/a", send("PUT", { concurrent: 0 }), 422, /concurrent must be a whole number from 1/],
    ["/quotas/a", send("PUT", { tasks: { limit: 1 } }), 422, /tasks\.per is missing/],
    ["/quotas/a", send("PUT", { cpu: { limit: 0, per: "1h" } }), 422, /cpu\.limit must be longer than nothing/],
    ["/quotas/a", send("PUT", { cpu: { limit: "1h", per: "400d" } }), 422, /cpu\.per must be at most 366 days/],
    ["/quotas/a", send("PUT", { concurent: 1 }), 422, /did you mean concurrent\?/],
    ["/quotas/nobody", { method: "DELETE" }, 404, /nobody/],
  ]);
  assert.equal(h.engine.arm("a"), undefined);
  assert.deepEqual(h.engine.quotas(), []);
});

test("a value that is too long was told of as one of the wrong form, a check of ours as something missing", async () => {
  await using h = await startHarness();
  const long = "k".repeat(201);
  const nested = [1, 2, 3, 4].reduce<object>((onFailure) => ({ ...TASK, onFailure }), { ...TASK, onFailure: TASK });
  await check(h, [
    [
      "/tasks",
      send("POST", { ...TASK, concurrencyKey: long }),
      422,
      /^concurrencyKey must hold at most 200 characters/,
    ],
    ["/tasks", send("POST", { ...TASK, uniqueKey: "" }), 422, /^uniqueKey must not be empty, not ""$/],
    ["/tasks", send("POST", { ...TASK, mutex: long }), 422, /^mutex must hold at most 200 characters/],
    ["/tasks", send("POST", { ...TASK, resources: { "c pu": 1 } }), 422, /^resources\.c pu is no name .*begin with a/],
    ["/tasks", send("POST", nested), 422, /\bon must not hold callbacks of callbacks more than 4 deep$/],
    ["/schedules/s", send("PUT", { cron: Array(101).fill("@daily"), task: TASK }), 422, /^cron must hold at most 100,/],
    [
      "/schedules/s",
      send("PUT", { every: "1h", task: TASK, blackouts: [{ from: "25:00", to: "06:00" }] }),
      422,
      /^blackouts\[0\]\.from must be a time of day from 00:00 to 23:59, or a moment, not "25:00"$/,
    ],
  ]);
});

test("a full arm is a 429 that says when to come back, and takes nothing of the request", async () => {
  await using h = await startHarness();
  await h.engine.configureArm("tiny", { maxQueued: 2 });
  const task = { ...TASK, arm: "tiny" };
  const full = await h.ask(`${V1}/tasks`, send("POST", [TASK, task, task, task]));
  assert.deepEqual([full.status, full.body.code, full.headers.get("retry-after")], [429, "queue_full", "5"]);
  assert.match(full.body.issues[0].path, /^tasks\[\d\]/);
  assert.equal(h.count(), 0);
  assert.equal((await h.ask(`${V1}/tasks`, send("POST", [TASK, task, task]))).status, 201);
});

test("schedules and calendars", async () => {
  await using h = await startHarness();
  const schedule = (more: object): RequestInit => send("POST", { name: "s", every: "1h", task: TASK, ...more });
  const cron = (text: string, more = {}): RequestInit => schedule({ every: undefined, cron: text, ...more });
  await check(h, [
    ["/schedules", schedule({ name: "a b" }), 422, /name must begin with a letter/],
    ["/schedules", schedule({ every: "10ms" }), 422, /every must be at least 1s, not "10ms"/],
    ["/schedules", schedule({ cron: "* * * * *" }), 422, /exactly one of cron, every, at/],
    ["/schedules", schedule({ every: undefined }), 422, /exactly one of cron, every, at/],
    ["/schedules", schedule({ task: undefined }), 422, /exactly one of task, workflow/],
    ["/schedules", schedule({ task: { ...TASK, priority: 11 } }), 422, /task\.priority must be a whole number/],
    ["/schedules", schedule({ task: { ...TASK, id: "x" } }), 422, /task must not have an id/],
    ["/schedules", schedule({ task: { ...TASK, arm: "nowhere" } }), 422, /task\.arm.*nowhere/],
    ["/schedules", schedule({ overlap: "maybe" }), 422, /overlap must be "allow" or "skip" or/],
    ["/schedules", schedule({ catchUp: "some" }), 422, /catchUp must be none, latest or all/],
    ["/schedules", schedule({ catchUp: { policy: "all", max: 0 } }), 422, /catchUp\.max must be at least 1/],
    ["/schedules", schedule({ start: "2027-01-01" }), 422, /start must be an ISO 8601 time with a zone/],
    [
      "/schedules",
      schedule({ start: "2027-01-02T00:00:00Z", end: "2027-01-01T00:00:00Z" }),
      422,
      /end must be later than start/,
    ],
    ["/schedules", schedule({ exclude: ["christmas"] }), 422, /exclude\[0\] must be a day such as 2026-12-25/],
    ["/schedules", schedule({ blackouts: [{ from: "25:00", to: "06:00" }] }), 422, /blackouts\[0\]/],
    ["/schedules", schedule({ calendars: ["none"] }), 422, /calendars\[0\].*none/],
    ["/schedules", schedule({ zone: "Europe/Olso" }), 422, /did you mean Europe\/Oslo\?/],
    ["/schedules", schedule({ evry: "1h" }), 422, /did you mean every\?/],
    ["/schedules", cron("61 * * * *"), 422, /cron/],
    ["/schedules", cron("nonsense"), 422, /cron/],
    ["/schedules", cron("0 3 * * *", { zone: "Mars/Olympus" }), 422, /zone.*Mars\/Olympus/],
    [
      "/schedules",
      schedule({ task: undefined, workflow: { definition: "tasks: 7" } }),
      422,
      /tasks must be a mapping of names to tasks/,
    ],
    ["/schedules/preview?n=1001", schedule({}), 422, /n must be a whole number from 1 to 1000/],
    ["/schedules/preview", cron("0 0 32 2 *"), 422, /cron/],
    ["/schedules/t", send("PUT", { name: "s", every: "1h", task: TASK }), 422, /name must be "t", as in the path/],
    ["/schedules/1t", send("PUT", { every: "1h", task: TASK }), 422, /name must begin with a letter/],
    ["/schedules/t", send("PUT", []), 422, /must be an object, not \[\]/],
    ["/schedules/t", {}, 404, /there is no schedule "t"/],
    ["/schedules/t/next", {}, 404, /there is no schedule "t"/],
    ["/schedules/t/ticks", {}, 404, /there is no schedule "t"/],
    ["/schedules/t/next?n=0", {}, 422, /n must be a whole number from 1/],
    ["/schedules/t/next?after=tomorrow", {}, 422, /after must be an ISO 8601 time with a zone/],
    ["/schedules/t/ticks?cursor=x", {}, 422, /cursor must be what a page before gave as next/],
    ["/schedules/t/trigger", { method: "POST" }, 404, /schedule.*t/],
    ["/schedules/t/pause", { method: "POST" }, 404, /schedule.*t/],
    ["/schedules/t", { method: "DELETE" }, 404, /schedule.*t/],
    ["/schedules/t/backfill", send("POST", { from: 5, to: 5 }), 422, /to must be later than from/],
    ["/schedules/t/backfill", send("POST", { from: 1 }), 422, /to is missing/],
    ["/schedules/t/backfill", send("POST", { from: 1, to: 2 }), 404, /schedule.*t/],
    ["/calendars/c", send("PUT", { days: ["02-30x"] }), 422, /days\[0\] must be a day/],
    ["/calendars/c", send("PUT", { days: ["2026-02-30"] }), 422, /days\[0\].*2026-02-30/],
    ["/calendars/c", send("PUT", {}), 422, /days is missing/],
    ["/calendars/1c", send("PUT", { days: [] }), 422, /name must begin with a letter/],
    ["/calendars/c", { method: "DELETE" }, 404, /calendar.*c/],
  ]);
  assert.deepEqual([h.engine.schedules(), h.engine.calendars()], [[], []]);
});

test("bulk actions, moves, retries and filters", async () => {
  await using h = await startHarness();
  await h.ask(`${V1}/tasks`, send("POST", TASK));
  const bulk = (value: object): RequestInit => send("POST", { action: "cancel", ...value });
  await check(h, [
    ["/bulk-actions", bulk({}), 422, /exactly one of filter, ids/],
    ["/bulk-actions", bulk({ filter: { tag: "x" }, ids: ["t1"] }), 422, /exactly one of filter, ids/],
    ["/bulk-actions", bulk({ filter: {} }), 422, /filter must have at least one key/],
    ["/bulk-actions", bulk({ filter: { stat: "queued" } }), 422, /did you mean state\?/],
    ["/bulk-actions", bulk({ filter: { state: "quued" } }), 422, /filter\.state must be one or a list of blocked/],
    ["/bulk-actions", bulk({ filter: { state: [] } }), 422, /filter\.state/],
    ["/bulk-actions", bulk({ filter: { dead: false } }), 422, /filter\.dead must be true/],
    ["/bulk-actions", bulk({ filter: { from: "x" } }), 422, /filter\.from must be an ISO 8601 time/],
    ["/bulk-actions", bulk({ ids: [] }), 422, /ids must be at least 1 items long/],
    ["/bulk-actions", bulk({ ids: ["t1"], priority: 3 }), 422, /priority belongs to the action priority/],
    ["/bulk-actions", bulk({ ids: ["t1"], action: "priority" }), 422, /priority .*needed for the action priority/],
    ["/bulk-actions", bulk({ ids: ["t1"], action: "move" }), 422, /arm .*needed for the action move/],
    ["/bulk-actions", bulk({ ids: ["t1"], action: "move", arm: "nowhere" }), 422, /nowhere/],
    ["/bulk-actions", bulk({ ids: ["t1"], action: "delete", reason: "x" }), 422, /reason belongs to the action cancel/],
    ["/bulk-actions", bulk({ ids: ["t1"], action: "explode" }), 422, /action must be "cancel" or "retry"/],
    ["/bulk-actions/b9", {}, 404, /there is no bulk action "b9"/],
    ["/bulk-actions/b9/cancel", { method: "POST" }, 404, /b9/],
    ["/tasks/t1", send("PATCH", {}), 422, /at least one of arm, priority/],
    ["/tasks/t1", send("PATCH", { priority: 11 }), 422, /priority must be a whole number from 0 to 10/],
    ["/tasks/t1", send("PATCH", { arm: "nowhere" }), 422, /arm.*nowhere/],
    ["/tasks/t1", send("PATCH", { state: "queued" }), 422, /unknown key "state"/],
    ["/tasks/t9", send("PATCH", { priority: 1 }), 404, /t9/],
    ["/tasks/t1/dismiss", { method: "POST" }, 409, /t1/],
    ["/tasks/t9/dismiss", { method: "POST" }, 404, /t9/],
    ["/tasks/t1/retry", send("POST", { inputs: 1 }), 422, /did you mean input/],
    ["/tasks/t1/retry", send("POST", { input: 1 }), 409, /t1/],
    ["/tasks?dead=false", {}, 422, /dead must be true, or be left out/],
    ["/tasks?from=yesterday", {}, 422, /from must be an ISO 8601 time with a zone/],
    ["/tasks?ownr=x", {}, 422, /did you mean owner\?/],
    ["/feed?state=sleeping", {}, 422, /state must be a list with commas of blocked/],
    ["/feed?type=tasks", {}, 422, /type must be a list with commas of task/],
    ["/runs", send("POST", { definition: "tasks: {a: x}", timeout: 0 }), 422, /timeout must be longer than nothing/],
  ]);
  assert.equal(h.engine.task("t1")!.state, "queued");
});

test("whatever JSON a route is sent, it is a 4xx or it is done; nothing is a fault", async () => {
  await using h = await startHarness();
  await h.ask(`${V1}/tasks`, send("POST", { ...TASK, id: "x" }));
  const { paths } = (await h.ask("/openapi.json")).body as { paths: Record<string, Record<string, object>> };
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method, operation]) => method !== "get" && "requestBody" in operation)
      .map(([method]) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x")] as const),
  );
  assert.ok(routes.length >= 15, `${routes.length} routes`);
  const words = fc.constantFrom(
    ...["shell", "call", "cron", "every", "name", "task", "workflow", "definition", "action", "filter", "ids", "from"],
    ...["to", "days", "rate", "limit", "per", "state", "arm", "priority", "input", "concurrent", "tasks", "cpu"],
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>(0, 1, -1, 1e9, "1h", "x", "* * * * *", "2027-01-01T00:00:00Z", true, null, "cancel", ""),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(words, tie("node"), { maxKeys: 5 }),
    ),
  })).node;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), value, async ([method, path], body) => {
      const answer = await h.ask(path, send(method, body ?? null));
      assert.ok(answer.status < 500, `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
    }),
    { numRuns: 1500 },
  );
  assert.deepEqual(h.errors, []);
});
