/** What work asks of its worker by itself, and the words for a worker that has it not. On a real engine and store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine } from "../../test/sim/engine-harness.ts";
import type { TaskKind } from "../base/words.ts";
import { type Hello, LINK_VERSION } from "../protocol/link.ts";
import { parseTask } from "../protocol/task-fast.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { Engine } from "./engine.ts";

async function submit(engine: Engine, task: TaskSubmission): Promise<string> {
  return (await engine.submit([parseTask(task)]))[0]!.id;
}

const KINDS: TaskKind[] = ["shell", "plugin", "custom"];

function saying(labels: Record<string, string>, functions: string[] = [], kinds = KINDS): { says: Partial<Hello> } {
  const abilities: Hello["abilities"] = { kinds, functions };
  return { says: { version: LINK_VERSION, abilities, labels } };
}

test("a sandbox waits for a worker whose kernel can do all of it, and says what is missing", async () => {
  await using server = createTestEngine();
  const plain = connectWorker(server.engine, 4, saying({ "sandbox.network": "yes" }));
  const id = await submit(server.engine, { shell: { command: "id", sandbox: { network: "none", files: "readonly" } } });
  assert.ok(!plain.received.some(({ type }) => type === "assign"));
  assert.match(
    server.engine.explain(id)!.reasons[0]!.message,
    /cannot keep tasks from writing to its files \(no label sandbox\.files\)/,
  );
  const able = connectWorker(server.engine, 4, {
    ...saying({ "sandbox.network": "yes", "sandbox.files": "yes" }),
    name: "able",
  });
  assert.equal((await able.assigned()).id, id);
});

test("an executor of one's own is found by its name", async () => {
  await using server = createTestEngine();
  connectWorker(server.engine, 4, saying({}, ["ssh", "executor:ftp"]));
  const id = await submit(server.engine, { uses: "ssh", with: { host: "box" } });
  assert.match(server.engine.explain(id)!.reasons[0]!.message, /has no executor named ssh$/);
  const able = connectWorker(server.engine, 4, { ...saying({}, ["executor:ssh"]), name: "able" });
  assert.equal((await able.assigned()).id, id);
});

test("a plugin in Python asks for Python, or for the environment that it or its task names", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const files = [{ path: "main.py", content: Buffer.from("def main(): pass") }];
  const base = { language: "python", files, actions: ["main"], source: "folder" } as const;
  await engine.plugins.publish({ ...base, name: "plain" });
  await engine.plugins.publish({ ...base, name: "science", manifest: { venv: "numpy", sandbox: { network: "none" } } });
  connectWorker(engine, 4, saying({}));
  const reason = async (task: TaskSubmission): Promise<string> =>
    engine.explain(await submit(engine, task))!.reasons[0]!.message;
  assert.match(await reason({ plugin: "plain" }), /has no Python of 3\.9 or newer/);
  assert.match(await reason({ plugin: "science" }), /has no virtual environment named numpy/);
  assert.match(await reason({ plugin: { name: "plain", venv: "other" } }), /environment named other/);
  const able = connectWorker(engine, 4, {
    ...saying({ "venv.numpy": "3.12", python: "3.11.2", "sandbox.network": "yes" }),
    name: "able",
  });
  for (let i = 0; i < 2; i++) await able.assigned();
});

test("a kind that no worker runs is told in its own words", async () => {
  await using server = createTestEngine();
  connectWorker(server.engine, 4, saying({}, [], ["shell"]));
  const reason = async (task: TaskSubmission): Promise<string> =>
    server.engine.explain(await submit(server.engine, task))!.reasons[0]!.message;
  assert.match(await reason({ docker: { image: "busybox" } }), /has no container engine that answers/);
  assert.match(await reason({ uses: "ssh" }), /was given no executors/);
});
