/** The catalogue on a real engine and store: versions, what attempts get, what workers are told, what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, type HandWorker } from "../../../test/sim/engine-harness.ts";
import { type Hello, LINK_VERSION, type ToWorker } from "../../protocol/link.ts";
import { parseTask } from "../../protocol/task-fast.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { Engine } from "../engine.ts";
import type { NewPlugin } from "./api.ts";

function plugin(text: string, more: Partial<NewPlugin> = {}): NewPlugin {
  const files = [{ path: "main.py", content: Buffer.from(text) }];
  return { name: "report", language: "python", files, actions: ["main"], source: "folder", ...more };
}

async function submit(engine: Engine, task: TaskSubmission): Promise<string> {
  return (await engine.submit([parseTask(task)]))[0]!.id;
}

/** A worker that has plugins, played by hand. */
function connect(engine: Engine, slots = 10): HandWorker & { told(): Extract<ToWorker, { type: "plugins" }>[] } {
  const worker = connectWorker(engine, slots, { says: PLUGIN_WORKER });
  return Object.assign(worker, { told: () => worker.received.filter((message) => message.type === "plugins") });
}

const PLUGIN_WORKER: Partial<Hello> = {
  version: LINK_VERSION,
  features: ["plugins"],
  abilities: { kinds: ["plugin", "wasm", "shell"], functions: [] },
  labels: { python: "3.11.2" },
};
const PROGRAM: Partial<Hello> = { ...PLUGIN_WORKER, abilities: { kinds: ["call"], functions: ["f"] } };

async function textOf(file: { chunks: AsyncIterable<Uint8Array> } | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return Buffer.concat(await Array.fromAsync(file.chunks)).toString();
}

test("each content is one version, and comes back under its number", async () => {
  await using server = createTestEngine();
  const { plugins } = server.engine;
  assert.deepEqual((await plugins.publish(plugin("one"))).version, 1);
  assert.deepEqual((await plugins.publish(plugin("one"))).version, 1);
  const second = await plugins.publish(plugin("two", { source: "upload", by: "ab12" }));
  assert.deepEqual([second.version, second.publishedBy, second.source, second.bytes], [2, "ab12", "upload", 3]);
  await plugins.remove("report", "ab12");
  assert.deepEqual([plugins.list(), plugins.show("report")], [[], undefined]);
  await assert.rejects(plugins.remove("report"), /there is no plugin report/);
  assert.equal((await plugins.publish(plugin("two"))).version, 2);
  const third = await plugins.publish(plugin("one"));
  assert.deepEqual(
    third.versions.map(({ version, files }) => [version, files.length]),
    [
      [3, 1],
      [2, 1],
      [1, 1],
    ],
  );
  assert.equal(third.hash, third.versions[2]!.hash);
  assert.deepEqual(
    [await textOf(plugins.file("report", 2, "main.py")), plugins.file("report", 2, "other.py")],
    ["two", undefined],
  );
});

test("an attempt gets the newest version, or the one that its task names; and that one is kept", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.plugins.publish(plugin("one", { manifest: { timeout: 9000, actions: { slow: { timeout: 60_000 } } } }));
  const pinned = await submit(engine, { plugin: { name: "report@1", action: "slow" } });
  const free = await submit(engine, { plugin: "report" });
  for (let n = 2; n <= 30; n++) await engine.plugins.publish(plugin(`content ${n}`));
  const versions = engine.plugins.show("report")!.versions.map(({ version }) => version);
  assert.deepEqual([versions.length, versions[0], versions.at(-2), versions.at(-1)], [21, 30, 11, 1]);
  const worker = connect(engine);
  const got = [await worker.assigned(), await worker.assigned()];
  assert.deepEqual(
    got.map(({ id, plugin: copy, timeoutMs }) => [id, copy?.name, copy?.version, timeoutMs]),
    [
      [pinned, "report", 1, 60_000],
      [free, "report", 30, 0],
    ],
  );
  assert.equal(worker.told()[0]!.plugins[0]!.version, 30);
});

test("workers are told of all that there is, and people what workers have", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connect(engine);
  const { hash } = await engine.plugins.publish(plugin("one"));
  await engine.plugins.publish(plugin("two", { name: "other" }));
  for (let n = 0; n < 20; n++) await engine.plugins.publish(plugin(`content ${n}`, { name: "other" }));
  const named = (name: string) =>
    worker
      .told()
      .at(-1)!
      .plugins.find((one) => one.name === name);
  await until(() => named("other")?.version === 21);
  assert.ok(worker.told().length < 12, `told ${worker.told().length} times: not with each of twenty changes`);
  assert.deepEqual(
    worker.told()[0]!.plugins.map(({ name }) => name),
    ["report"],
  );
  worker.send({ type: "plugins", ready: [hash], failed: { [engine.plugins.show("other")!.hash]: "no disk" } });
  assert.deepEqual(
    engine.plugins.list().map(({ workers }) => workers),
    [
      { ready: [], failed: { w: "no disk" }, coming: [], older: {} },
      { ready: ["w"], failed: {}, coming: [], older: {} },
    ],
  );
  // A program with functions, which runs no plugins, is nobody to wait for.
  connectWorker(engine, 1, { name: "program", says: PROGRAM });
  const before = engine.plugins.show("report")!.version;
  await engine.plugins.publish(plugin("changed"));
  assert.deepEqual(engine.plugins.show("report")!.workers, {
    ...{ ready: [], failed: {}, coming: ["w"], older: { w: before } },
  });
  worker.send({ type: "plugins", ready: [], failed: { [engine.plugins.show("report")!.hash]: "no disk" } });
  assert.deepEqual(engine.plugins.show("report")!.workers, {
    ...{ ready: [], failed: { w: "no disk" }, coming: [], older: { w: before } },
  });
  await engine.plugins.remove("other");
  await until(() => named("other") === undefined);
  assert.deepEqual(
    worker
      .told()
      .at(-1)!
      .plugins.map(({ name }) => name),
    ["report"],
  );
});

test("a plugin that nobody knows is refused, with the names of those that there are", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await assert.rejects(submit(engine, { plugin: "reprot" }), /plugin.name names no plugin: "reprot". There are none/);
  await engine.plugins.publish(plugin("one"));
  await assert.rejects(submit(engine, { plugin: "reprot" }), /did you mean report\?.*There are report/);
  await assert.rejects(submit(engine, { plugin: "report@7" }), /names version 7 of the plugin report.*there are 1/);
  await assert.rejects(submit(engine, { wasm: { module: "report" } }), /is written in python; say plugin: report/);
  await assert.rejects(submit(engine, { plugin: "reprot", worker: "ALL" }), /plugin.name names no plugin/);
  await engine.plugins.remove("report", "ab12");
  await assert.rejects(submit(engine, { plugin: "report" }), /was removed at 20\d\d.*by ab12/);
});

test("one that is removed before its attempt starts fails that attempt, and nobody hears of it", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.plugins.publish(plugin("one"));
  const id = await submit(engine, { plugin: "report", retries: 3 });
  await engine.plugins.remove("report", "ab12");
  const worker = connect(engine);
  const task = (await engine.waitTask(id, Infinity))!;
  assert.deepEqual([task.state, task.attempt, task.error?.kind], ["failed", 1, "unknown_plugin"]);
  assert.match(task.error!.message, /the plugin report, which was removed at .* \(by ab12\)/);
  assert.deepEqual(
    worker.received.filter(({ type }) => type === "assign"),
    [],
  );
});

test("values are checked against what the plugin says that it takes", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const inputs = {
    type: "object",
    properties: { level: { enum: ["P1", "P2"] }, text: { type: "string" }, count: { type: "integer", minimum: 1 } },
    required: ["level", "text"],
    additionalProperties: false,
  };
  await engine.plugins.publish(plugin("one", { manifest: { actions: { main: { inputs } } } }));
  const call = (args?: unknown[], kwargs?: object) =>
    submit(engine, { plugin: { name: "report", ...(args && { args }), ...(kwargs && { kwargs }) } } as TaskSubmission);
  await call(["P1", "Database connection failed"]);
  await call(["P1"], { text: "x", count: 2 });
  await assert.rejects(call(["P9", "x"]), /plugin.args\[0\] \(level\) must be "P1" or "P2", not "P9"/);
  await assert.rejects(call(["P1"], { level: "P1" }), /kwargs.level is given twice/);
  await assert.rejects(call([]), /kwargs.level is missing.*kwargs.text is missing/);
  await assert.rejects(call(["P1", "x", 0]), /args\[2\] \(count\) must be at least 1, not 0/);
  await assert.rejects(call(["P1", "x", 1, 2]), /args holds 4 values; the action main takes 3: level, text, count/);
  await assert.rejects(call(["P1", "x"], { cuont: 1 }), /has the unknown key "cuont"/);
});

test("all of it is there after a restart, and retention leaves its files alone", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-catalogue-"));
  try {
    const first = createTestEngine({ dir });
    await first.engine.plugins.publish(plugin("one"));
    await first.engine.plugins.publish(plugin("two"));
    const id = await submit(first.engine, { plugin: "report@1" });
    await first.engine.clearEnded(0);
    await first[Symbol.asyncDispose]();
    await using second = createTestEngine({ dir });
    const { plugins } = second.engine;
    const { version, versions, hash } = plugins.show("report")!;
    assert.deepEqual([version, versions.length], [2, 2]);
    assert.equal(await textOf(plugins.file("report", 1, "main.py")), "one");
    for (const { files } of versions)
      for (const { sha256 } of files) assert.equal(second.store.library.artifactUsed(sha256), true);
    const worker = connect(second.engine);
    const got = await worker.assigned();
    assert.deepEqual([got.id, got.plugin!.version], [id, 1]);
    assert.equal(worker.told()[0]!.plugins[0]!.hash, hash);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a task says which version each of its attempts ran", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.plugins.publish(plugin("one"));
  const worker = connect(engine);
  const id = await submit(engine, { plugin: "report", retries: { limit: 2, delay: 0 } });
  await worker.ends({ outcome: "failed", error: { message: "no" } });
  const again = await worker.assigned();
  await after(again);
  await engine.plugins.publish(plugin("two"));
  worker.send({ type: "result", n: 2, task: again.task, attempt: 2, report: { outcome: "failed" } });
  assert.equal((await worker.assigned()).plugin!.version, 2);
  const pinned = await submit(engine, { plugin: "report@1" });
  await worker.assigned();
  const versionsOf = (task: string) => engine.task(task)!.attempts.map((attempt) => attempt.plugin);
  assert.deepEqual([versionsOf(id), versionsOf(pinned)], [["report@1", "report@1", "report@2"], ["report@1"]]);
  for (let n = 0; n < 25; n++) await engine.plugins.publish(plugin(`content ${n}`));
  assert.deepEqual(versionsOf(id), [undefined, undefined, undefined], "what is not known any more is not guessed");
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => void setTimeout(resolve, 5));
}

/** The clock has gone on since the attempt started. */
async function after({ task }: { task: number }): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise<void>((resolve) => void setImmediate(resolve));
  assert.ok(task > 0);
}
