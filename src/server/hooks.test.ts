/** Webhooks over real HTTP: who is believed, what is answered, what a flood of wrong requests costs. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import type { TriggerConfig } from "../triggers/settings.ts";
import { Triggers } from "../triggers/triggers.ts";
import type { TriggerDoor } from "./options.ts";
import { type Harness, startHarness } from "./testing/harness.ts";

const SECRET = "a secret of some length".replaceAll(" ", "-");
const NOTHING: TriggerConfig = {
  ...{ webhook: null, watch: null, stream: null, secret: SECRET, when: null, task: null },
  ...{ workflow: null, params: null, arm: null, rate: { limit: 1000, perMs: 1000, burst: 1000 } },
};

/** A server with these triggers. */
async function start(said: Record<string, Partial<TriggerConfig>>): Promise<Harness & { triggers: Triggers }> {
  const made: { triggers?: Triggers } = {};
  const late = <K extends keyof TriggerDoor>(name: K): TriggerDoor[K] =>
    ((...words: never[]) =>
      (made.triggers![name] as (...all: never[]) => unknown).apply(made.triggers, words)) as TriggerDoor[K];
  const door: TriggerDoor = {
    ...{ list: late("list"), show: late("show"), pause: late("pause") },
    ...{ test: late("test"), hook: late("hook"), receive: late("receive") },
  };
  const harness = await startHarness({ triggers: door });
  const quiet = (): void => {};
  const triggers = await Triggers.open({
    config: Object.fromEntries(Object.entries(said).map(([name, one]) => [name, { ...NOTHING, ...one }])),
    engine: harness.engine,
    ...{ dir: undefined, isLocal: true, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } },
  });
  made.triggers = triggers;
  return { ...harness, triggers };
}

function github(body: Json, more: Record<string, string> = {}): RequestInit {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(text).digest("hex")}`,
    "x-github-event": "push",
    ...more,
  };
  return { method: "POST", body: text, headers };
}

const push = { webhook: "github", task: { call: "build", input: "${{ event.body.ref }}" } };

test("a delivery starts a task once, however often it comes", async () => {
  await using s = await start({ push });
  const first = await s.ask("/hooks/push", github({ ref: "main" }, { "x-github-delivery": "d1" }));
  assert.deepEqual([first.status, first.body], [202, { started: true, task: "trigger:push:d1" }]);
  const again = await s.ask("/hooks/push", github({ ref: "main" }, { "x-github-delivery": "d1" }));
  assert.deepEqual([again.status, again.body], [200, { started: false, task: "trigger:push:d1" }]);
  const both = await Promise.all(
    [1, 2].map(() => s.ask("/hooks/push", github({ ref: "dev" }, { "x-github-delivery": "d2" }))),
  );
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 202]));
  assert.equal(s.count(), 2);
  const detail = await s.ask("/api/v1/tasks/trigger:push:d1");
  assert.equal(detail.body.work.input, "main");
  const { body } = await s.ask("/api/v1/triggers/push");
  assert.deepEqual(
    [body.kind, body.source, body.starts, body.counts.started, body.counts.repeated, body.lastEvent.task],
    ["webhook", "POST /hooks/push (github)", "call: build", 2, 2, "trigger:push:d2"],
  );
});

test("a workflow is run once for an event, by its name", async () => {
  await using s = await start({ ci: { webhook: "github", workflow: "ci", params: { ref: "${{ event.body.ref }}" } } });
  const before = await s.ask("/hooks/ci", github({ ref: "main" }, { "x-github-delivery": "d1" }));
  assert.equal(before.status, 503, "nobody has registered it yet, which the sender cannot help");
  const definition =
    'name: ci\nparams: { ref: none }\ntasks:\n  build: { shell: "make $OCTOPUS_PARAM_ref" }\n  tell: { shell: echo, needs: build }\n';
  await s.engine.setWorkflow({ definition });
  const first = await s.ask("/hooks/ci", github({ ref: "main" }, { "x-github-delivery": "d1" }));
  assert.deepEqual([first.status, first.body], [202, { started: true, run: "r1" }]);
  const again = await s.ask("/hooks/ci", github({ ref: "main" }, { "x-github-delivery": "d1" }));
  assert.deepEqual([again.status, again.body], [200, { started: false, run: "r1" }]);
  assert.deepEqual(s.engine.run("r1")?.params, { ref: "main" });
  const bad = await s.ask("/hooks/ci", github({ branch: "x" }, { "x-github-delivery": "d2" }));
  assert.equal(bad.status, 422);
  assert.match(bad.body.detail, /triggers\.ci\.params\.ref .*finds no "ref" in event\.body/);
  assert.equal(s.engine.runs({}).items.length, 1);
});

test("a workflow that is nothing but an each is run once, too", async () => {
  await using s = await start({ all: { webhook: "github", workflow: "all", params: { hosts: "${{ event.body }}" } } });
  const definition = "name: all\nparams: { hosts: [] }\ntasks:\n  host: { each: '${{ params.hosts }}', shell: echo }\n";
  await s.engine.setWorkflow({ definition });
  for (const status of [202, 200, 200]) {
    const answer = await s.ask("/hooks/all", github(["a", "b"], { "x-github-delivery": "d1" }));
    assert.deepEqual([answer.status, answer.body.run], [status, "r1"]);
  }
});

test("what is not genuine starts nothing, and many such requests are made to wait", async () => {
  await using s = await start({ push });
  const wrong = { method: "POST", body: "{}", headers: { "x-hub-signature-256": "sha256=00" } };
  const answer = await s.ask("/hooks/push", wrong);
  assert.equal(answer.status, 401);
  assert.match(answer.body.detail, /signature is wrong/);
  assert.equal(answer.headers.get("www-authenticate"), null);
  assert.equal((await s.ask("/hooks/push", { method: "POST", body: "{}" })).status, 400);
  assert.equal((await s.ask("/hooks/push")).status, 405);
  assert.equal((await s.ask("/hooks/nobody", wrong)).status, 404);
  assert.equal((await s.ask("/hooks/%E0%A4%A", wrong)).status, 404);
  for (let n = 0; n < 30; n++) await s.ask("/hooks/push", wrong);
  const late = await s.ask("/hooks/push", wrong);
  assert.equal(late.status, 429);
  assert.ok(Number(late.headers.get("retry-after")) >= 1);
  assert.equal(s.count(), 0);
  // It may come by the same proxy as those.
  assert.equal((await s.ask("/hooks/push", github({ ref: "main" }))).status, 202);
  assert.deepEqual(s.errors, []);
});

test("bodies: too large, no JSON, no UTF-8, forms, nothing at all", async () => {
  const echo = { task: { call: "f", input: "${{ event.body }}" } };
  await using s = await start({
    push: { webhook: { verify: "github", bodyMax: 100 }, ...echo },
    open: { webhook: "none", ...echo },
  });
  assert.equal((await s.ask("/hooks/push", github({ text: "x".repeat(200) }))).status, 413);
  const bad = await s.ask("/hooks/push", github("{"));
  assert.deepEqual([bad.status, bad.body.code], [400, "malformed"]);
  const bytes = { method: "POST", body: Uint8Array.of(0xff, 0xfe) };
  assert.equal((await s.ask("/hooks/open", bytes)).status, 400);
  const inputs: unknown[] = [];
  const forms: [string, string][] = [
    ["application/x-www-form-urlencoded", `payload=${encodeURIComponent('{"ref":"main"}')}`],
    ["application/x-www-form-urlencoded", "a=1&b=two"],
    ["text/plain", "just text"],
    ["application/vnd.x+json", "[1]"],
  ];
  for (const [type, body] of forms) {
    const answer = await s.ask("/hooks/open", { method: "POST", body, headers: { "content-type": type } });
    inputs.push((await s.ask(`/api/v1/tasks/${answer.body.task}`)).body.work.input);
  }
  assert.deepEqual(inputs, [{ ref: "main" }, { a: "1", b: "two" }, "just text", [1]]);
  assert.equal((await s.ask("/hooks/open", { method: "POST" })).status, 202);
});

test("pings, conditions, pauses, a full arm, a rate: each has its answer", async () => {
  await using s = await start({
    push: { ...push, when: 'event.headers["x-github-event"] == "push"' },
    slow: { webhook: "none", task: "true", rate: { limit: 2, perMs: 60_000, burst: 2 } },
    chat: { webhook: "slack", task: "true" },
  });
  const ping = await s.ask("/hooks/push", github({}, { "x-github-event": "ping" }));
  assert.deepEqual([ping.status, ping.body.reason], [200, "ping"]);
  const other = await s.ask("/hooks/push", github({}, { "x-github-event": "star" }));
  assert.deepEqual([other.status, other.body.started], [200, false]);
  assert.equal((await s.ask("/api/v1/triggers/push/pause", { method: "POST" })).body.paused, true);
  assert.equal((await s.ask("/hooks/push", github({ ref: "x" }))).status, 503);
  await s.ask("/api/v1/triggers/push/resume", { method: "POST" });
  await s.engine.configureArm("default", { maxQueued: 1 });
  assert.equal((await s.ask("/hooks/push", github({ ref: "1" }))).status, 202);
  const full = await s.ask("/hooks/push", github({ ref: "2" }));
  assert.deepEqual([full.status, full.body.code], [429, "queue_full"]);
  await s.engine.configureArm("default", { maxQueued: null });
  const rated = [];
  for (let n = 0; n < 3; n++) rated.push((await s.ask("/hooks/slow", { method: "POST", body: "x" })).status);
  assert.deepEqual(rated, [202, 202, 429]);
  const seconds = String(Math.floor(Date.now() / 1000));
  const challenge = '{"type":"url_verification","challenge":"abc"}';
  const headers = {
    "content-type": "application/json",
    "x-slack-request-timestamp": seconds,
    "x-slack-signature": `v0=${createHmac("sha256", SECRET).update(`v0:${seconds}:${challenge}`).digest("hex")}`,
  };
  assert.deepEqual((await s.ask("/hooks/chat", { method: "POST", body: challenge, headers })).body, {
    challenge: "abc",
  });
});

test("an event shows no secrets of its request; a trial starts nothing", async () => {
  await using s = await start({ push: { webhook: "github", task: { shell: "true" } } });
  const secrets = { authorization: "Bearer x", cookie: "a=b", "x-api-key": "k", "x-session-token": "t" };
  const { body } = await s.ask("/hooks/push?a=1", github({ ref: "x" }, secrets));
  const task = s.engine.task(body.task)?.work as { shell: { env: Record<string, string> } };
  const event = JSON.parse(task.shell.env["OCTOPUS_EVENT"]!) as { headers: Record<string, string>; query: object };
  for (const name of [...Object.keys(secrets), "x-hub-signature-256"])
    assert.equal(event.headers[name], undefined, name);
  assert.equal(event.headers["x-github-event"], "push");
  assert.deepEqual(event.query, { a: "1" });
  const ask = (value: object) => ({
    ...{ method: "POST", body: JSON.stringify(value) },
    headers: { "content-type": "application/json" },
  });
  const trial = await s.ask("/api/v1/triggers/push/test", ask({ event: { body: { ref: "y" } } }));
  assert.deepEqual([trial.status, trial.body.starts, trial.body.task.id], [200, true, "trigger:push:test"]);
  assert.equal((await s.ask("/api/v1/triggers/pish/test", ask({ event: {} }))).status, 404);
  assert.equal(s.count(), 1);
});
