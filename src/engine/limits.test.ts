/** Arms and quotas on a real store: where tasks go, what is refused and how it reads, what a restart keeps. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";
import { OctopusError } from "../base/errors.ts";
import { TaskSubmission } from "../protocol/task.ts";

const parse = (task: unknown) => TaskSubmission.parse(task);

/** The refusal that the promise ends with, as code, paths and words. */
async function refusal(
  promise: Promise<unknown>,
): Promise<{ code: string; path: string | undefined; message: string }> {
  const error: unknown = await promise.then(
    () => assert.fail("it was accepted"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OctopusError);
  return { code: error.code, path: error.issues[0]?.path, message: error.message };
}

test("a type goes to the arm that claims it, everything else to the default one", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const types = ["deploy-app", "emit-analytics", "generic", "watch-config"];
  const answers = await engine.submit(types.map((type) => parse({ type })));
  const arms = answers.map(({ id }) => engine.task(id)!.arm);
  assert.deepEqual(arms, ["deploy", "analytics", "default", "watchers"]);
  await engine.configureArm("ci", { types: ["run-build", "generic"] });
  assert.deepEqual(engine.arm("builds")!.types, []);
  const [answer] = await engine.submit([parse({ type: "run-build", arm: "deploy" }), parse({ type: "generic" })]);
  assert.equal(engine.task(answer!.id)!.arm, "deploy");
  assert.equal(engine.arm("ci")!.queued, 1);
});

test("an arm that is not registered is refused by name, in tasks, callbacks and runs", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const bad = await refusal(engine.submit([shell(), shell({ arm: "dploy" })]));
  assert.equal(bad.code, "invalid");
  assert.equal(bad.path, "tasks[1].arm");
  assert.match(bad.message, /names no arm: "dploy" \(did you mean deploy\?\)\. There are analytics, batch, builds/);
  assert.equal(engine.status().counts.queued, undefined);
  const called = parse({ shell: "true", on: { success: { call: "f", arm: "nowhere" } } });
  assert.equal((await refusal(engine.submit([called]))).path, "tasks[0].on[0].task.arm");
  const many = Array.from({ length: 1500 }, (_, n) => shell(n === 1400 ? { arm: "nowhere" } : {}));
  assert.equal((await refusal(engine.submit(many))).path, "tasks[1400].arm");
  assert.equal(engine.status().counts.queued, undefined);
});

test("an arm lends its tasks a timeout, retries and a function", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.configureArm("ci", { timeoutMs: 5000, retries: 2, handler: "build", types: ["make"] });
  const worker = connectWorker(engine, 2, { functions: ["build", "other"] });
  const [answer] = await engine.submit([
    parse({ type: "make", input: { target: "all" } }),
    parse({ call: "other", arm: "ci", timeout: "1s", retries: 0 }),
  ]);
  const first = await worker.assigned();
  assert.deepEqual(first.work, { kind: "call", call: "build", input: { target: "all" } });
  assert.equal(first.type, "make");
  assert.equal(first.timeoutMs, 5000);
  const second = await worker.assigned();
  assert.deepEqual(second.work, { kind: "call", call: "other" });
  assert.equal(second.timeoutMs, 1000);
  assert.deepEqual(engine.task(answer!.id)!.retries, { ...(engine.task(answer!.id)!.retries as object), limit: 2 });
});

test("an arm that is full or draining takes nothing new, and what came before is still answered", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.configureArm("small", { maxQueued: 3, enabled: false });
  const task = (id: string) => shell({ id, arm: "small" });
  await engine.submit([task("a"), task("b")]);
  const full = await refusal(engine.submit([task("a"), task("c"), task("d")]));
  assert.equal(full.code, "queue_full");
  assert.equal(full.path, "tasks[2].arm");
  // It was said to be full of the tasks of the request itself, and that waiting would help.
  assert.match(full.message, /small has no room.* 2 of at most 3 .* more than 1; submit fewer at once/);
  await engine.submit([task("a"), task("c")]);
  assert.match((await refusal(engine.submit([task("d")]))).message, /small is full: 3 of at most 3 .*try again later/);
  assert.equal((await engine.submit([task("a")]))[0]!.existed, true);
  const many = Array.from({ length: 1200 }, (_, n) => shell(n < 1100 ? {} : { arm: "small" }));
  assert.equal((await refusal(engine.submit(many))).path, "tasks[1100].arm");
  assert.equal(engine.status().counts.queued, 3);
  await engine.configureArm("small", { draining: true, maxQueued: null });
  const draining = await refusal(engine.submit([task("e")]));
  assert.equal(draining.code, "conflict");
  assert.match(draining.message, /draining/);
  // What was accepted is never refused: a retry comes back to its arm.
  await engine.cancelTask("a");
  assert.equal((await engine.retryTask("a")).state, "queued");
});

test("a default arm stays, one with tasks too, and an empty one goes", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  assert.match((await refusal(engine.removeArm("deploy"))).message, /default ones/);
  assert.equal((await refusal(engine.removeArm("nowhere"))).code, "not_found");
  await engine.configureArm("ci", { maxParallel: 1 });
  await engine.submit([shell({ id: "a", arm: "ci" })]);
  assert.equal((await refusal(engine.removeArm("ci"))).code, "conflict");
  await engine.cancelTask("a");
  await engine.removeArm("ci");
  assert.equal(engine.arm("ci"), undefined);
  assert.equal((await refusal(engine.submit([shell({ arm: "ci" })]))).code, "invalid");
});

test("settings, quotas and what was used of rates survive a restart", async (context) => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-limits-"));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  const hour = 3_600_000;
  const rate = { key: "api", limit: 1, perMs: hour, burst: 1 };
  {
    await using server = createTestEngine({ dir });
    const { engine } = server;
    const worker = connectWorker(engine, 3);
    await engine.configureArm("ci", {
      maxParallel: 7,
      weight: 3,
      agingMs: 1000,
      rate: { limit: 5, perMs: hour, burst: 2 },
    });
    await engine.setQuota("ann", { tasks: { limit: 2, perMs: hour }, cpu: { limitMs: 50, perMs: hour } });
    await engine.submit([shell({ rate }), shell({ arm: "ci", owner: "ann" })]);
    for (let n = 0; n < 2; n++) await worker.ends({ outcome: "succeeded", cpuMs: 60 });
  }
  await using server = createTestEngine({ dir });
  const { engine } = server;
  const { maxParallel, weight, agingMs, rate: armRate } = engine.arm("ci")!;
  assert.deepEqual({ maxParallel, weight, agingMs }, { maxParallel: 7, weight: 3, agingMs: 1000 });
  assert.deepEqual(armRate, { limit: 5, perMs: hour, burst: 2 });
  const [quota] = engine.quotas();
  assert.equal(quota!.tasksUsed, 1);
  assert.equal(quota!.cpuUsedMs, 60);
  connectWorker(engine, 3, { instance: "2" });
  const answers = await engine.submit([
    shell({ rate }),
    shell({ owner: "ann" }),
    shell({ arm: "ci" }),
    shell({ arm: "ci" }),
  ]);
  const codes = answers.map(({ id }) =>
    engine.explain(id)!.reasons.map(({ code, until }) => [code, until !== undefined]),
  );
  assert.deepEqual(codes[0]![0], ["rate", true]);
  assert.deepEqual(codes[1]![0], ["quota_cpu", true]);
  assert.deepEqual(codes[3]![0], ["arm_rate", true]);
  // A person lifts the quota: the task starts with that.
  await engine.removeQuota("ann");
  assert.equal(engine.task(answers[1]!.id)!.state, "running");
});

test("explain names who holds what a task waits for", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  connectWorker(engine, 10);
  const tasks = ["a", "b"].map((id) =>
    shell({ id, mutex: ["db"], concurrencyKey: { key: "acme", limit: 1 }, owner: "ann", arm: "secrets" }),
  );
  await engine.setQuota("*", { concurrent: 1 });
  await engine.submit(tasks);
  const reasons = engine.explain("b")!.reasons;
  const said = Object.fromEntries(reasons.map(({ code, message }) => [code, message]));
  assert.match(said["arm_full"]!, /1 of 1 running: a$/);
  assert.match(said["mutex_held"]!, /mutex db is held by a$/);
  assert.match(said["key_full"]!, /key acme is full: 1 of 1 running: a$/);
  assert.match(said["quota_concurrent"]!, /owner ann .* 1 of 1 running: a$/);
  assert.deepEqual(
    engine.arm("secrets")!.holders.map(({ id, attempt, worker }) => ({ id, attempt, worker })),
    [{ id: "a", attempt: 1, worker: "w" }],
  );
  assert.equal(engine.quotas()[0]!.active, 1);
});
