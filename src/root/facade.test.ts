/** Octopus Executor: every example of its document, word for word where the document has words, and what A1 to A5 ask for. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  createOctopusExecutor,
  OctopusExecutor,
  type OctopusArmConfig,
  type OctopusArmId,
  type OctopusArmStatus,
  type OctopusExecutorInstance,
  type OctopusTask,
  type OctopusTaskType,
} from "../mod.ts";

async function opened(t: { after(done: () => Promise<void>): void }): Promise<OctopusExecutorInstance> {
  const executor = createOctopusExecutor();
  await executor.init();
  t.after(() => executor.close());
  return executor;
}

const taskOf = (id: string, type: OctopusTaskType = "deploy-app", more: Partial<OctopusTask> = {}): OctopusTask => ({
  ...{ id, type, createdAt: Date.now() },
  ...more,
});

test("A1 the examples of the document run as printed", async (t) => {
  t.after(() => OctopusExecutor.close());
  const dreamOps = { deployed: [] as string[] };
  const [deployKeeper, envKeeper, haloLoop, neuralMesh] = [{}, {}, {}, {}];

  // Initialize Octopus
  await OctopusExecutor.init();
  OctopusExecutor.registerHandler("deploy", (task, context) => {
    (context.dreamOps as typeof dreamOps).deployed.push(task.payload!["appId"]);
  });

  // Enqueue Task
  OctopusExecutor.enqueue({
    id: `task-${Date.now()}`,
    type: "deploy-app",
    payload: {
      appId: "app-123",
      environment: "production",
      version: "1.0.0",
    },
    createdAt: Date.now(),
    priority: 0.9,
  });
  assert.equal(OctopusExecutor.status().queuedTasks, 1);

  // Run Cycle
  await OctopusExecutor.run({
    dreamOps: dreamOps,
    deployKeeper: deployKeeper,
    envKeeper: envKeeper,
    haloLoop: haloLoop,
    neuralMesh: neuralMesh,
  });

  const lines: string[] = [];
  const console = { log: (line: string) => lines.push(line) };
  const status = OctopusExecutor.status();
  console.log(`Queued tasks: ${status.queuedTasks}`);
  status.arms.forEach((arm) => {
    console.log(`${arm.id}: ${arm.activeTasks} active, ${arm.processedCount} processed`);
  });
  assert.deepEqual(lines.slice(0, 3), [
    "Queued tasks: 0",
    "deploy: 0 active, 1 processed",
    "batch: 0 active, 0 processed",
  ]);
  assert.equal(lines.length, 9);
  assert.deepEqual(dreamOps.deployed, ["app-123"]);
  assert.ok(status.arms[0]!.lastRunAt! > 0);
});

test("A1 the types are those of the document", () => {
  // Compiled, not run: what the document's types allow is allowed, and what they forbid is not.
  const arm: OctopusArmConfig = { id: "batch", enabled: true };
  const view: OctopusArmStatus = { id: arm.id, enabled: arm.enabled, activeTasks: 0, processedCount: 0 };
  const ids: OctopusArmId[] = ["deploy", "batch", "streams", "secrets", "builds", "watchers", "cleanup", "analytics"];
  // @ts-expect-error -- no such arm
  const wrong: OctopusArmId = "deployments";
  assert.ok(view && ids && wrong);
});

test("A2 every type goes to its arm, each arm has its parallelism, and generic has a home", async (t) => {
  const executor = await opened(t);
  const arms = new Map<string, string | undefined>();
  const types: OctopusTaskType[] = [
    ...(["deploy-app", "rotate-secret", "run-batch-job", "ingest-stream", "run-build", "watch-config"] as const),
    ...(["cleanup-artifacts", "emit-analytics", "generic"] as const),
  ];
  const active = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const type of types) {
    executor.registerHandler(type, async (task, _context, { armId }) => {
      const arm = armId ?? "generic";
      arms.set(task.type, armId);
      active.set(arm, (active.get(arm) ?? 0) + 1);
      peak.set(arm, Math.max(peak.get(arm) ?? 0, active.get(arm)!));
      await new Promise((resolve) => setImmediate(resolve));
      active.set(arm, active.get(arm)! - 1);
    });
    for (let i = 0; i < 20; i++) executor.enqueue(taskOf(`${type}-${i}`, type));
  }
  await executor.run({});
  assert.deepEqual(
    types.map((type) => arms.get(type)),
    ["deploy", "secrets", "batch", "streams", "builds", "watchers", "cleanup", "analytics", undefined],
  );
  const limits = { deploy: 2, batch: 4, streams: 2, secrets: 1, builds: 2, watchers: 2, cleanup: 2 };
  for (const [arm, limit] of Object.entries(limits)) assert.ok(peak.get(arm)! <= limit, `${arm}: ${peak.get(arm)}`);
  const { arms: views, queuedTasks, generic } = executor.status();
  assert.equal(queuedTasks, 0);
  assert.deepEqual(
    views.map(({ processedCount }) => processedCount),
    Array<number>(8).fill(20),
  );
  assert.equal(generic.processedCount, 20);
});

test("A3 a disabled arm keeps its tasks, and they run when it is enabled", async (t) => {
  const executor = await opened(t);
  const done: string[] = [];
  await executor.registerArm({ id: "deploy", enabled: false, maxParallel: 1 }, (task) => void done.push(task.id));
  executor.enqueue(taskOf("a"));
  await executor.run();
  assert.deepEqual(done, []);
  assert.equal(executor.status().queuedTasks, 1);
  assert.equal(executor.status().arms[0]!.enabled, false);
  await executor.configureArm("deploy", { enabled: true });
  await executor.run();
  assert.deepEqual(done, ["a"]);
  await assert.rejects(executor.configureArm("deploys" as OctopusArmId, {}), {
    code: "invalid",
    message: /the arms are deploy/,
  });
});

test("A1 higher priority runs first; the handler of a type wins over that of its arm", async (t) => {
  const executor = await opened(t);
  const order: string[] = [];
  await executor.registerArm(
    { id: "secrets", enabled: true, maxParallel: 1 },
    (task) => void order.push(`arm:${task.id}`),
  );
  executor.enqueue(taskOf("low", "rotate-secret", { priority: 0.1 }));
  executor.enqueue(taskOf("high", "rotate-secret", { priority: 0.95 }));
  executor.enqueue(taskOf("middle", "rotate-secret"));
  await executor.run();
  assert.deepEqual(order, ["arm:high", "arm:middle", "arm:low"]);
  executor.registerHandler("rotate-secret", (task) => void order.push(`type:${task.id}`));
  executor.enqueue(taskOf("again", "rotate-secret"));
  await executor.run();
  assert.equal(order.at(-1), "type:again");
});

test("A4 what is wrong throws at once with the field, and leaves a trace", async (t) => {
  const executor = await opened(t);
  const refuses = (task: unknown, message: RegExp): void =>
    assert.throws(() => executor.enqueue(task as OctopusTask), { code: "invalid", message });
  refuses(null, /task must be an object, not null/);
  refuses({ id: "", type: "deploy-app", createdAt: 1 }, /id must be text of 1 to 200 characters/);
  refuses(taskOf("x", "deploy" as never), /type must be one of deploy-app/);
  refuses({ ...taskOf("x"), priority: 8 }, /priority must be a number from 0 to 1, not 8/);
  refuses({ ...taskOf("x"), createdAt: "now" }, /createdAt must be a moment/);
  refuses({ ...taskOf("x"), prioritiy: 1 }, /prioritiy is no field of a task \(did you mean priority\?\)/);
  refuses({ ...taskOf("x"), payload: { f: () => 1 } }, /payload\.f must be JSON, not a function/);
  refuses({ ...taskOf("x"), payload: { n: Number.NaN } }, /payload\.n must be JSON, not NaN/);
  refuses({ ...taskOf("x"), payload: { m: new Map() } }, /payload\.m must be plain data, not a Map/);
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  refuses({ ...taskOf("x"), payload: circle }, /leads back to itself/);
  refuses({ ...taskOf("x"), payload: { text: "x".repeat(2_000_000) } }, /at most 1048576 characters/);
  assert.equal(executor.status().queuedTasks, 0);
  assert.ok(executor.audit().filter(({ action }) => action === "refuse").length >= 11);
});

test("A4 payloads are cleaned: no keys that reach prototypes, no half characters, a copy of its own", async (t) => {
  const executor = await opened(t);
  let seen: Record<string, unknown> = {};
  executor.registerHandler("generic", (task) => void (seen = task.payload!));
  const payload = JSON.parse(
    '{"__proto__":{"admin":true},"constructor":1,"text":"a\\ud800b","deep":[{"ok":1}]}',
  ) as Record<string, unknown>;
  payload["when"] = new Date(0);
  payload["nothing"] = undefined;
  executor.enqueue(taskOf("x", "generic", { payload }));
  (payload["deep"] as unknown[]).push("later");
  await executor.run();
  assert.deepEqual(seen, { text: "a\ufffdb", deep: [{ ok: 1 }], when: "1970-01-01T00:00:00.000Z" });
  assert.equal((seen as { admin?: boolean }).admin, undefined);
});

test("A4 the same task counts once; another one under its id is refused", async (t) => {
  const executor = await opened(t);
  let runs = 0;
  executor.registerHandler("deploy", () => void runs++);
  const task = taskOf("3f2c: any text ✓", "deploy-app", { createdAt: 1 });
  executor.enqueue(task);
  executor.enqueue({ ...task });
  assert.throws(() => executor.enqueue({ ...task, priority: 1 }), { code: "conflict" });
  await executor.run();
  assert.equal(runs, 1);
});

test("A5 handlers and adapters get the context; a failing handler or adapter fails nothing else", async (t) => {
  const executor = await opened(t);
  const told: string[] = [];
  executor.registerHandler("deploy", (task, { dreamOps }) => {
    if (task.id === "bad") throw new Error("no such app");
    return (dreamOps as { deploy(id: string): string }).deploy(task.id);
  });
  executor.use({
    name: "monitoring",
    onEnqueue: (task) => told.push(`enqueue ${task.id}`),
    onTaskStart: (task, context) => told.push(`start ${task.id} ${Object.keys(context).join()}`),
    onTaskEnd: ({ task, state, result, error }) =>
      told.push(`end ${task.id} ${state} ${(result as string | undefined) ?? error}`),
    onCycleEnd: ({ queuedTasks }) => told.push(`cycle ${queuedTasks}`),
  });
  executor.use({
    name: "broken",
    onTaskEnd: () => {
      throw new Error("analytics are down");
    },
  });
  executor.enqueue(taskOf("good"));
  executor.enqueue(taskOf("bad"));
  await executor.run({ dreamOps: { deploy: (id: string) => `deployed ${id}` } });
  assert.deepEqual(told.toSorted(), [
    ...["cycle 0", "end bad failed no such app", "end good succeeded deployed good"],
    ...["enqueue bad", "enqueue good", "start bad dreamOps", "start good dreamOps"],
  ]);
  assert.deepEqual(executor.status().problems, Array(2).fill("adapter broken failed in onTaskEnd: analytics are down"));
  const actions = new Set(executor.audit().map(({ action }) => action));
  for (const action of ["init", "handler", "adapter", "enqueue", "cycle_begin", "start", "end", "cycle_end"] as const)
    assert.ok(actions.has(action), action);
});

test("A1 a task without a handler fails with what to do, and the cycle goes on", async (t) => {
  const executor = await opened(t);
  const ends: (string | undefined)[] = [];
  executor.use({ name: "ends", onTaskEnd: ({ error }) => ends.push(error) });
  executor.enqueue(taskOf("x", "run-build"));
  await executor.run();
  assert.match(ends[0]!, /nothing handles run-build: call registerHandler\("run-build", …\) first/);
});

test("A1 what a handler enqueues belongs to the cycle; cycles do not overlap", async (t) => {
  const executor = await opened(t);
  const seen: string[] = [];
  executor.registerHandler("generic", (task, context) => {
    seen.push(`${task.id} in ${String(context["name"])}`);
    if (task.id === "a") executor.enqueue(taskOf("a2", "generic"));
  });
  executor.enqueue(taskOf("a", "generic"));
  const first = executor.run({ name: "one" });
  const second = executor.run({ name: "two" });
  await first;
  executor.enqueue(taskOf("b", "generic"));
  await second;
  if (executor.status().queuedTasks > 0) await executor.run({ name: "three" });
  assert.deepEqual(seen.slice(0, 2), ["a in one", "a2 in one"]);
  assert.equal(seen.length, 3);
});

test("A1 before init and after close every call says what to do; with a data directory nothing is forgotten", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "octopus-executor-"));
  try {
    const before = createOctopusExecutor();
    assert.throws(() => before.enqueue(taskOf("x")), { code: "not_ready", message: /await init\(\) before enqueue/ });
    assert.equal(before.status().arms.length, 8);
    await before.init({ dataDir });
    before.enqueue(taskOf("kept"));
    // A cycle without anything enabled only waits for the acceptance.
    await before.configureArm("deploy", { enabled: false });
    await before.run();
    await before.close();
    const after = createOctopusExecutor();
    await after.init({ dataDir });
    await after.configureArm("deploy", { enabled: true });
    const done: string[] = [];
    after.registerHandler("deploy", (task) => void done.push(task.id));
    assert.equal(after.status().queuedTasks, 1);
    await after.run();
    assert.deepEqual(done, ["kept"]);
    await after.close();
    const lines = readFileSync(join(dataDir, "executor-audit.jsonl"), "utf8").trim().split("\n");
    const actions = lines.map((line) => (JSON.parse(line) as { action: string }).action);
    assert.deepEqual(actions.slice(0, 3), ["init", "enqueue", "arm"]);
    assert.equal(actions.at(-1), "close");
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test("A5 the adapters that init was given reach every handler", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-executor-"));
  writeFileSync(join(folder, "pager.mjs"), "export const ring = (who, { config }) => `${config.bell}: ${who}`;\n");
  await using executor = createOctopusExecutor();
  await executor.init({ plugins: folder, adapters: { pager: { with: { bell: "ding" } } } });
  const heard: unknown[] = [];
  executor.registerHandler("deploy", async (task, _context, { adapters }) => {
    heard.push(await adapters["pager"].ring(task.id));
  });
  for (const id of ["one", "two"]) executor.enqueue({ id, type: "deploy-app", createdAt: 1 });
  await executor.run();
  executor.enqueue({ id: "three", type: "deploy-app", createdAt: 1 });
  await executor.run();
  assert.deepEqual(new Set(heard), new Set(["ding: one", "ding: two", "ding: three"]));
  await executor.close();
  rmSync(folder, { recursive: true });
});
