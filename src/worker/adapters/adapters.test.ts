import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Octopus } from "../../mod.ts";
import type { Json } from "../../base/words.ts";
import type { FunctionContext } from "../function-context.ts";
import { settingsOf } from "./settings.ts";
import { onThisMachine } from "../../../test/machine.ts";

/** Functions and plugins in one process with adapters; the runners are real processes. */
const dir = mkdtempSync(join(tmpdir(), "octopus-adapters-"));
let octopus: Octopus;

const PLUGINS: Record<string, string> = {
  "notes.mjs": `
    export function keep(given, context) {
      console.log("keeping", given.text);
      return { text: given.text, to: context.config.to, task: context.task.id, pid: process.pid };
    }
    export function order(a, b, context) { return [a, b, context.config.to]; }
    export function fail() { throw new TypeError("no room"); }
    export function refuse() { return { status: "failed", message: "not today" }; }
    export function hang(context) { return new Promise((done) => setInterval(() => {}, 1000)); }
  `,
  "notes_py.py": `
import octopus
def keep(text, times=1):
    return [text] * times + [octopus.config["to"]]
def relay(text):
    return octopus.adapters.notes.keep(text=text)["text"] + "!"
`,
  "round.mjs": `
    export async function again(context) { return context.adapters.around.again(); }
  `,
  "caller.mjs": `
    export async function main(text, context) {
      const kept = await context.adapters.notes.keep({ text });
      const said = await context.adapters.python.relay({ text });
      return { kept: kept.text, ownPid: kept.pid === process.pid, said };
    }
    export async function missing(context) { return context.adapters.note.keep({}); }
  `,
};

const functions: Record<string, (input: Json, context: FunctionContext) => unknown> = {
  keep: async (text, { adapters }) => adapters["notes"].keep({ text }),
  order: async (_, { adapters }) => adapters["notes"].order(1, [true, null]),
  python: async (text, { adapters }) => adapters["python"].keep({ text, times: 2 }),
  many: async (count, { adapters }) => {
    const calls = Array.from({ length: Number(count) }, (_, i) => adapters["notes"].order(i, 0) as Promise<number[]>);
    return (await Promise.all(calls)).filter(([first], i) => first === i).length;
  },
  fail: async (_, { adapters }) => adapters["notes"].fail(),
  refuse: async (_, { adapters }) => adapters["notes"].refuse(),
  unknown: async (_, { adapters }) => adapters["nots"].keep(),
  gone: async (_, { adapters }) => adapters["gone"].keep(),
  names: (_, { adapters }) => [Object.keys(adapters), "notes" in adapters, "x" in adapters],
  secret: async (_, { adapters }) => adapters["secret"].keep({ text: "x" }),
  hang: async (_, { adapters }) => adapters["notes"].hang(),
};

before(async () => {
  for (const [name, text] of Object.entries(PLUGINS)) writeFileSync(join(dir, name), text);
  octopus = await Octopus.open({
    dataDir: ":memory:",
    slots: 3,
    plugins: dir,
    functions,
    adapters: {
      notes: { with: { to: { env: "PATH" } } },
      python: { plugin: "notes_py", with: { to: "attic" } },
      around: { plugin: "round" },
      gone: { plugin: "nowhere" },
      secret: { plugin: "notes", with: { to: { env: "OCTOPUS_NOT_SET_HERE" } } },
    },
  });
});

after(async () => {
  await octopus.close();
  rmSync(dir, { recursive: true });
});

async function ended(
  work: { call: string } | { plugin: { name: string } },
): Promise<{ state: string; result?: unknown; error: string; log: string }> {
  const task = await octopus.submit({ ...work, timeout: "20s" });
  const { state, attempts } = await task.wait(30_000);
  const text = octopus.engine.resultText(task.id);
  const result = text === undefined ? undefined : (JSON.parse(text) as unknown);
  const log = octopus.engine.logs(task.id, {})!.map(({ text }) => text);
  return { state, result, error: attempts.at(-1)?.error?.message ?? "", log: log.join("") };
}

const call = (name: string, input?: Json) => ended({ call: name, ...(input !== undefined && { input }) });
const plugin = (name: string, more: object = {}) => ended({ plugin: { name, ...more } });

test("a function calls an adapter by name, with its settings; what that prints is in the log of the caller", async () => {
  const { state, result, error, log } = await call("keep", "a parcel");
  assert.equal(state, "succeeded", error);
  const kept = result as Record<string, unknown>;
  assert.equal(kept["text"], "a parcel");
  assert.equal(kept["to"], process.env["PATH"]);
  assert.notEqual(kept["pid"], process.pid);
  assert.match(log, /keeping a parcel/);
});

test("one object holds values by name, whatever the adapter is written in; others are values in order", async () => {
  assert.deepEqual((await call("python", "x")).result, ["x", "x", "attic"]);
  assert.deepEqual((await call("order")).result, [1, [true, null], process.env["PATH"]]);
  assert.deepEqual((await call("names")).result, [["notes", "python", "around", "gone", "secret"], true, false]);
});

test("plugins call adapters, and adapters other ones", async () => {
  const { result, error } = await plugin("caller", { args: ["hello"] });
  assert.deepEqual(result, { kept: "hello", ownPid: false, said: "hello!" }, error);
});

test("what goes wrong with an adapter fails its caller, with words", async () => {
  const wrong = async (name: string): Promise<string> => {
    const { state, error } = await call(name);
    assert.equal(state, "failed", name);
    return error;
  };
  assert.match(await wrong("fail"), /^notes\.fail: .*no room/);
  assert.match(await wrong("refuse"), /^notes\.refuse: not today/);
  assert.match(await wrong("unknown"), /no adapter nots \(did you mean notes\?\): there are notes, python/);
  assert.match(await wrong("gone"), /the adapter gone is the plugin nowhere, which the server does not have/);
  assert.match(await wrong("secret"), /takes OCTOPUS_NOT_SET_HERE from the environment of the worker/);
  const { state, error } = await plugin("caller", { action: "missing" });
  assert.equal(state, "failed");
  assert.match(error, /there is no adapter note \(did you mean notes\?\)/);
});

test("many calls at once wait for their turn, and cost the worker next to nothing while they do", async () => {
  await call("many", 20);
  const before = process.cpuUsage();
  const { result, error } = await call("many", 1500);
  assert.equal(result, 1500, error);
  const { user, system } = process.cpuUsage(before);
  const each = (user + system) / 1500;
  assert.ok(each < 1500, `${Math.round(each)} µs of this process for each`);
});

test("more callers than slots, with calls in calls in several adapters, all come to their end", async () => {
  const tasks = Array.from({ length: 30 }, (_, i) => plugin("caller", { args: [`n${i}`] }));
  for (const [i, { result, error }] of (await Promise.all(tasks)).entries())
    assert.deepEqual(result, { kept: `n${i}`, ownPid: false, said: `n${i}!` }, error);
});

test("adapters that call themselves come to an end", async () => {
  const { state, error } = await plugin("round", { action: "again" });
  assert.equal(state, "failed");
  assert.match(error, /that is as deep as they may/);
});

test("an adapter that never returns is ended with the attempt that waits for it", async () => {
  const begun = performance.now();
  const task = await octopus.submit({ call: "hang", timeout: "300ms" });
  const { state } = await task.wait(30_000);
  assert.equal(state, "failed");
  assert.ok(performance.now() - begun < onThisMachine(15_000));
});

test("secrets of Octopus are no settings of an adapter", () => {
  const env = { OCTOPUS_ACCESS_TOKEN: "x", A: "1" };
  assert.deepEqual(settingsOf("a", { list: [{ env: "A" }, { env: 1 }, { env: "A", b: 2 }] }, env), {
    list: ["1", { env: 1 }, { env: "A", b: 2 }],
  });
  assert.throws(() => settingsOf("a", { token: { env: "OCTOPUS_ACCESS_TOKEN" } }, env), /which nobody is given/);
});
