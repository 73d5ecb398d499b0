/** Plugins, containers, modules and executors of one's own: what their caches go by, and how they are tried again. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { connectWorker, createTestEngine } from "../../test/sim/engine-harness.ts";
import type { Json } from "../base/words.ts";
import { type Hello, LINK_VERSION } from "../protocol/link.ts";
import { parseTask } from "../protocol/task-fast.ts";
import type { TaskSubmission, Work } from "../protocol/task.ts";
import { asksOf } from "./asks.ts";
import { changedWork } from "./changed-work.ts";
import type { Engine } from "./engine.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

function keyOf(engine: Engine, task: TaskSubmission): string {
  const needed = { digest, plugins: () => engine.state.plugins };
  return asksOf(parseTask({ cache: true, ...task }), needed)!.cache!.hash;
}

function workOf(task: TaskSubmission): Work {
  return parseTask(task).work;
}

test("the values and the code of a plugin decide its result, and nothing else does", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const publish = async (text: string): Promise<unknown> =>
    engine.plugins.publish({
      ...{ name: "report", language: "python", source: "folder", actions: ["main"] },
      files: [{ path: "main.py", content: Buffer.from(text) }],
    });
  await publish("one");
  const call = { name: "report", args: [1], kwargs: { b: 2 } };
  const key = keyOf(engine, { plugin: call });
  assert.equal(keyOf(engine, { plugin: { ...call, grace: "1s", maxOutput: "1KiB" } }), key);
  assert.notEqual(keyOf(engine, { plugin: { ...call, args: [2] } }), key);
  assert.notEqual(keyOf(engine, { plugin: { ...call, action: "other" } }), key);
  await publish("two");
  assert.notEqual(keyOf(engine, { plugin: call }), key);
  assert.equal(keyOf(engine, { plugin: { ...call, name: "report@1" } }), key);
});

test("what a result depends on has to be said, where it does not stand in the task", () => {
  const refused = (task: object, words: RegExp): void =>
    assert.throws(() => parseTask({ cache: true, ...task }), words);
  refused({ docker: "i" }, /cache needs more than a container: say what the result depends on/);
  refused({ plugin: "p" }, /cache needs values to tell results apart/);
  refused({ uses: "ssh" }, /cache needs values to tell results apart/);
  refused({ wasm: "m" }, /cache needs arguments to tell results apart/);
  parseTask({ docker: "i", cache: { key: "k" } });
  parseTask({ wasm: { module: "m", stdin: "x" }, cache: true });
  parseTask({ uses: "ssh", with: { host: "a" }, cache: true });
});

test("another input is another work: values of a plugin, variables of a container, with of an executor", () => {
  const change = (task: TaskSubmission, input: Json): Record<string, unknown> => ({
    ...changedWork(workOf(task), input),
  });
  const plugin = { name: "p", args: [1], kwargs: { a: 1 } };
  assert.deepEqual(change({ plugin }, [2, null])["plugin"], { ...plugin, action: "main", args: [2, null] });
  assert.deepEqual(change({ plugin }, { b: 2 })["plugin"], { ...plugin, action: "main", kwargs: { b: 2 } });
  assert.throws(() => change({ plugin }, "text"), /input must be a list of values in order, or a mapping/);
  const docker = change({ docker: { image: "i", env: { A: "1" } } }, { B: 2 })["docker"] as { env: unknown };
  assert.deepEqual(docker.env, { A: "1", B: "2" });
  assert.throws(() => change({ docker: "i" }, [1]), /environment variables: the task runs a container/);
  assert.deepEqual(change({ wasm: "m" }, { B: true })["wasm"], { module: "m", env: { B: "true" } });
  assert.deepEqual(change({ uses: "ssh", with: { a: 1 } }, { b: [2] })["custom"], { uses: "ssh", with: { b: [2] } });
  assert.throws(() => change({ uses: "ssh" }, 5), /what the executor ssh gets as with/);
});

test("callbacks of every kind are looked over when they are accepted, and get the news in their environment", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const files = [{ path: "main.py", content: Buffer.from("def main(): pass") }];
  await engine.plugins.publish({ name: "alert", language: "python", files, actions: ["main"], source: "folder" });
  const submit = (onFailure: TaskSubmission): Promise<unknown> => engine.submit([parseTask({ call: "f", onFailure })]);
  await assert.rejects(
    submit({ plugin: "alrt" }),
    /tasks\[0\]\.on\[0\]\.task\.plugin\.name names no plugin.*did you mean alert/,
  );
  const kinds: TaskSubmission[] = [
    { plugin: { name: "alert", args: [1], env: { A: "b" } } },
    { docker: { image: "i", env: { A: "b" } } },
    { wasm: { module: "m", env: { A: "b" } } },
    { uses: "ssh", with: { A: "b" } },
  ];
  await engine.plugins.publish({ name: "m", language: "wasm", files, actions: [], source: "folder" });
  const worker = connectWorker(engine, 9, {
    says: {
      version: LINK_VERSION,
      abilities: { kinds: ["call", "plugin", "docker", "wasm", "custom"], functions: ["f", "executor:ssh"] },
      labels: { python: "3.11" },
    } as Partial<Hello>,
  });
  await engine.submit([parseTask({ id: "first", call: "f", onFailure: kinds })]);
  await worker.ends({ outcome: "failed", error: { message: "no" } });
  const seen: string[] = [];
  for (const _ of kinds) {
    const { work } = await worker.assigned();
    const { env } = Object.values(work as Record<string, unknown>).find((one) => typeof one === "object") as {
      env?: Record<string, string>;
    };
    seen.push(`${work.kind} ${env?.["A"] ?? ""} ${env?.["OCTOPUS_EVENT"]?.includes('"first"') ?? false}`);
  }
  assert.deepEqual(seen.toSorted(), ["custom  false", "docker b true", "plugin b true", "wasm b true"]);
  assert.deepEqual(
    engine.task("first")!.callbacks.map(({ type, to }) => [type, to]),
    [
      ["plugin", "alert main"],
      ["docker", "i"],
      ["wasm", "m"],
      ["custom", "ssh"],
    ],
  );
});
