/** The cache on a real store and real files: what makes two tasks equal, what is taken over, what a restart leaves. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connectWorker, createTestEngine } from "../../test/sim/engine-harness.ts";
import { outside } from "../../test/sim/outside.ts";
import { TaskSubmission } from "../protocol/task.ts";
import { asksOf } from "./asks.ts";
import type { Engine } from "./engine.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-cache-"));
after(() => rmSync(dir, { recursive: true }));

const digestFile = async (path: string): Promise<string> => outside.digest(await readFile(path, "utf8"));
const world = { ...outside, digestFile };
const parse = (task: object) => TaskSubmission.parse(task);
const call = (more: object = {}) => parse({ call: "f", input: { n: 1 }, cache: true, ...more });

async function submit(engine: Engine, task: ReturnType<typeof parse>) {
  const [made] = await engine.submit([task]);
  return engine.task(made!.id)!;
}

test("the hash is made of what decides the result, and of nothing else", () => {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hash = (task: object): string => asksOf(parse(task), { digest, plugins: () => new Map() })!.cache!.hash;
  const shell = { shell: { command: "make", cwd: "/a", env: { B: "1", A: "2" } }, cache: { inputs: 1 } };
  const base = hash(shell);
  for (const more of [{ timeout: "5s" }, { priority: 9 }, { arm: "batch" }, { retries: 3 }, { tags: ["x"] }]) {
    assert.equal(hash({ ...shell, ...more }), base, JSON.stringify(more));
  }
  assert.equal(hash({ ...shell, shell: { env: { A: "2", B: "1" }, cwd: "/a", command: "make", grace: "1s" } }), base);
  assert.equal(hash({ ...shell, cache: { inputs: 1, ttl: "1h", refresh: true } }), base);
  const others = [
    { ...shell, shell: { ...shell.shell, command: "make all" } },
    { ...shell, shell: { ...shell.shell, cwd: "/b" } },
    { ...shell, shell: { ...shell.shell, env: { A: "2" } } },
    { ...shell, shell: { ...shell.shell, stdin: "x" } },
    { ...shell, cache: { inputs: 2 } },
    { ...shell, type: "build" },
  ];
  const hashes = others.map(hash);
  assert.equal(new Set([base, ...hashes]).size, others.length + 1);
  // A key stands for what runs; the input of a function still counts.
  const keyed = { call: "f", input: 1, cache: { key: "v1" } };
  assert.notEqual(hash(keyed), hash({ ...keyed, input: 2 }));
  assert.equal(
    hash({ shell: "make", cache: { key: "v1" } }),
    hash({ shell: "make  # the same", cache: { key: "v1" } }),
  );
});

test("a second task of equal content has the result at once, with the id of the first", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  const first = await submit(engine, call({ id: "a" }));
  await worker.ends({ outcome: "succeeded", result: { done: true } });
  const second = await submit(engine, call());
  assert.deepEqual([second.state, second.cached, second.cachedFrom], ["succeeded", true, first.id]);
  assert.deepEqual([second.result, second.attempt], [{ done: true }, 0]);
  const fresh = await submit(engine, call({ cache: { refresh: true } }));
  assert.equal(fresh.state, "running");
  const other = await submit(engine, call({ input: { n: 2 } }));
  assert.equal(other.cached, undefined);
});

test("a hundred at once cost one attempt", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const made = await engine.submit(Array.from({ length: 100 }, () => call()));
  const worker = connectWorker(engine, 50, { functions: ["f"] });
  await worker.ends({ outcome: "succeeded", result: 7 });
  const views = made.map(({ id }) => engine.task(id)!);
  assert.deepEqual(
    [...new Set(views.map(({ state, result }) => `${state} ${JSON.stringify(result)}`))],
    ["succeeded 7"],
  );
  assert.equal(views.filter(({ attempt }) => attempt > 0).length, 1);
  assert.equal(engine.state.flow.held.size, 0);
});

test("results run out, and go with the task that made them", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  await submit(engine, call({ id: "short", input: 1, cache: { ttl: 1 } }));
  await worker.succeeds();
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await submit(engine, call({ id: "again", input: 1 }))).cached, undefined);
  await worker.succeeds();
  assert.equal((await submit(engine, call({ input: 1 }))).cachedFrom, "again");
  await engine.deleteTask("again");
  assert.equal((await submit(engine, call({ input: 1 }))).cached, undefined);
});

test("the content of files counts, and they are read when the task is ready", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const file = join(dir, "input.txt");
  const make = (more: object = {}) =>
    parse({ shell: { command: "make", cwd: dir }, cache: { files: "input.txt" }, ...more });
  writeFileSync(file, "one");
  await engine.submit([make({ id: "a" })]);
  await worker.succeeds();
  await engine.submit([make({ id: "b" })]);
  await engine.waitTask("b", Infinity);
  assert.equal(engine.task("b")?.cachedFrom, "a");
  writeFileSync(file, "two");
  await engine.submit([make({ id: "c" })]);
  await worker.succeeds();
  assert.equal(engine.task("c")?.cached, undefined);
  // What it needs writes the file: it is read after that.
  await engine.submit([parse({ id: "writer", shell: "true" }), make({ id: "d", needs: "writer" })]);
  writeFileSync(file, "one");
  await worker.succeeds();
  await engine.waitTask("d", Infinity);
  assert.equal(engine.task("d")?.cachedFrom, "a");
});

test("a file that cannot be read fails the task with its path, and it is a dead letter", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  await engine.submit([parse({ id: "a", shell: "make", cache: { files: join(dir, "none") }, retries: 5 })]);
  await engine.waitTask("a", Infinity);
  const { state, dead, reason, attempt } = engine.task("a")!;
  assert.deepEqual([state, dead, attempt], ["failed", true, 0]);
  assert.match(reason!, /none/);
});

test("after a restart, tasks that waited for their key or for each other go on", async () => {
  const data = mkdtempSync(join(tmpdir(), "octopus-cache-data-"));
  try {
    const never = { ...world, digestFile: () => new Promise<string>(() => {}) };
    const file = join(dir, "restart.txt");
    writeFileSync(file, "x");
    {
      await using server = createTestEngine({ dir: data, world: never });
      await server.engine.submit([
        parse({ id: "f", shell: "make", cache: { files: file } }),
        call({ id: "a" }),
        call({ id: "b" }),
      ]);
      assert.deepEqual([...server.engine.state.flow.held.values()], ["key", "cache"]);
    }
    await using server = createTestEngine({ dir: data, world });
    const { engine } = server;
    const worker = connectWorker(engine, 5, { functions: ["f"] });
    await worker.ends({ outcome: "succeeded", result: 1 });
    await worker.ends({ outcome: "succeeded", result: 1 });
    assert.deepEqual(
      ["f", "a", "b"].map((id) => engine.task(id)?.state),
      ["succeeded", "succeeded", "succeeded"],
    );
    assert.equal(engine.task("b")?.cachedFrom, "a");
  } finally {
    rmSync(data, { recursive: true });
  }
});

test("a task that waited for the one it replaces has its files read after that", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  const file = join(dir, "replaced.txt");
  writeFileSync(file, "1");
  const unique = (n: number) =>
    call({ input: { n }, uniqueKey: { key: "u", policy: "replace" }, cache: { files: [file] } });
  await submit(engine, unique(1));
  const first = await worker.assigned();
  const second = await submit(engine, unique(2));
  worker.send({ type: "result", n: 1, task: first.task, attempt: 1, report: { outcome: "cancelled" } });
  const next = await worker.assigned();
  assert.equal(`t${next.task}`, second.id);
});
