/**
 * Executors of one's own on a whole worker and a real server: modules that can and cannot be used, what a schema refuses, how an
 * executor ends, and a worker that offers something else while it works.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { Engine } from "../../engine/engine.ts";
import { startHarness } from "../../server/testing/harness.ts";
import { parseTask } from "../../protocol/task-fast.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import { isEnded } from "../../base/words.ts";
import { Octopus } from "../../mod.ts";
import type { WorkerLog } from "../news.ts";
import { startWorkerProcess } from "../process.ts";
import type { WorkerSettings } from "../settings.ts";
import type { CustomExecutor } from "./custom-executor.ts";
import { loadExecutors } from "./custom-load.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-custom-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function moduleOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function settingsFor(url: string, executors: string[]): WorkerSettings {
  return {
    ...{ url, name: "own", slots: 4, functions: [], executors, resources: {}, graceMs: 1000, killGraceMs: 200 },
    ...{ version: "test", log: { level: "info", format: "json", file: null } },
    docker: { mode: "off" },
  };
}

async function submit(engine: Engine, task: TaskSubmission): Promise<string> {
  return (await engine.submit([parseTask(task)]))[0]!.id;
}

async function ended(engine: Engine, id: string): Promise<TaskDetail> {
  for (;;) {
    const task = engine.task(id)!;
    if (isEnded(task.state)) return task;
    await wait(5);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(5);
}

test("a module that cannot be used keeps the worker from starting, and says why", async () => {
  const refused = (name: string, text: string, words: RegExp): Promise<void> =>
    assert.rejects(loadExecutors([moduleOf(name, text)], []), words);
  await assert.rejects(loadExecutors([join(folder, "none.ts")], []), /could not load the executor module .*none\.ts: /);
  await refused("syntax.ts", "export const = 5", /could not load the executor module .*syntax\.ts/);
  await refused("throws.ts", 'throw new Error("no device")', /could not load .*: no device/);
  await refused(
    "empty.ts",
    "export const x = 5;",
    /exports no executor: it must export an object with name and execute/,
  );
  await refused("name.ts", 'export const e = {name: "SSH", execute() {}};', /name must be small letters.*not "SSH"/);
  await refused("run.ts", 'export const e = {name: "x", execute: 5};', /execute of x must be a function, not 5/);
  const odd = 'export const e = {name: "x", execute() {}, schema: {type: "object", dependentRequired: {a: ["b"]}}};';
  await refused("odd.ts", odd, /of x, schema\.dependentRequired is not checked here/);
  const one = moduleOf("one.ts", 'export const e = {name: "same", execute() {}};');
  const two = moduleOf("two.ts", 'export const e = {name: "same", execute() {}};');
  await assert.rejects(loadExecutors([one, two], []), /two executors are named same: in .*one\.ts and in .*two\.ts/);
  assert.deepEqual([...(await loadExecutors([one, one], [])).keys()], ["same"], "named twice counts once");
  const log: WorkerLog = { info() {}, warn() {}, error() {} };
  await assert.rejects(
    startWorkerProcess(settingsFor("http://127.0.0.1:1", [join(folder, "none.ts")]), log),
    /none\.ts/,
  );
});

test("with is what the schema makes of it, whatever library it is of", async () => {
  const seen: unknown[] = [];
  const of = (name: string, schema: object): CustomExecutor => ({
    name,
    schema,
    execute: (_, given) => void seen.push(given),
  });
  const zod = z.strictObject({ n: z.coerce.number().min(1), more: z.string().default("d") });
  const parser = {
    parse(value: { n: number }): unknown {
      if (typeof value.n !== "number") throw new Error("n must be a number");
      return { ...value, parsed: true };
    },
  };
  const json = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };
  await using octopus = await Octopus.open({
    dataDir: ":memory:",
    executors: [of("zod", zod), of("parser", parser), of("json", json)],
  });
  const run = async (uses: string, given: Record<string, never>): Promise<TaskDetail> =>
    (await octopus.submit({ uses, with: given, retries: 3 })).wait();
  const fits = { n: 5 } as Record<string, unknown> as Record<string, never>;
  for (const name of ["zod", "parser", "json"]) assert.equal((await run(name, fits)).state, "succeeded");
  assert.deepEqual(seen, [{ n: 5, more: "d" }, { n: 5, parsed: true }, { n: 5 }]);
  const odd = { n: "x", o: 1 } as Record<string, unknown> as Record<string, never>;
  for (const [name, words] of [
    ["zod", /with\.n: .*number.*; with: .*o/],
    ["parser", /n must be a number/],
    ["json", /with\.n must be a number, not "x"; with has the unknown key "o"/],
  ] as const) {
    const { state, error, attempts } = await run(name, odd);
    assert.deepEqual([state, attempts.length, error?.kind], ["failed", 1, "invalid_input"]);
    assert.match(error!.message, words);
  }
});

test("a value, a throw, a fatal throw, a program's end and what is no JSON are told apart", async () => {
  const fatal = Object.assign(new Error("never"), { name: "FatalError" });
  const ends: Record<string, CustomExecutor["execute"]> = {
    value: () => ({ a: [null] }),
    nothing: () => undefined,
    throws: () => Promise.reject(new Error("broken")),
    fatal: () => Promise.reject(fatal),
    exits: (context) => context.run({ argv: ["sh", "-c", "echo oops >&2; exit 4"] }),
    skips: (context) => context.run({ argv: ["sh", "-c", "exit 99"] }),
    missing: (context) => context.run({ argv: ["/no/such/program"] }),
    odd: () => 10n,
  };
  const executors = Object.entries(ends).map(([name, execute]): CustomExecutor => ({ name, execute }));
  await using octopus = await Octopus.open({ dataDir: ":memory:", executors });
  const end = async (uses: string): Promise<unknown[]> => {
    const task = await octopus.submit({ uses, retries: { limit: 1, delay: "1ms" } });
    const { state, result, exitCode, error, attempts } = await task.wait();
    return [state, attempts.length, result ?? exitCode, error?.message];
  };
  assert.deepEqual(await end("value"), ["succeeded", 1, { a: [null] }, undefined]);
  assert.deepEqual(await end("nothing"), ["succeeded", 1, undefined, undefined]);
  assert.deepEqual(await end("throws"), ["failed", 2, undefined, "broken"]);
  assert.deepEqual(await end("fatal"), ["failed", 1, undefined, "never"]);
  assert.deepEqual(await end("exits"), ["failed", 2, 4, "exited with code 4: oops"]);
  assert.deepEqual((await end("skips")).slice(0, 3), ["skipped", 1, 99]);
  assert.match(String((await end("missing"))[3]), /cannot start \/no\/such\/program \(ENOENT\)/);
  assert.match(String((await end("odd"))[3]), /the executor returned what JSON cannot carry/);
});

test("one that does not listen when it must end is told as stuck, and its worker goes on", async () => {
  const stuck: CustomExecutor = { name: "stuck", execute: () => new Promise(() => undefined) };
  const quick: CustomExecutor = { name: "quick", execute: () => 1 };
  await using harness = await startHarness();
  const path = moduleOf(
    "stuck.ts",
    `export const stuck = {name: "${stuck.name}", execute: ${String(stuck.execute)}};
     export const quick = {name: "${quick.name}", execute: () => 1};`,
  );
  const worker = await startWorkerProcess(settingsFor(harness.url, [path]), { info() {}, warn() {}, error() {} });
  try {
    const { engine } = harness;
    const id = await submit(engine, { uses: "stuck", timeout: "50ms" });
    const { state, error } = await ended(engine, id);
    assert.equal(state, "failed");
    assert.match(error!.message, /was told to stop \(timed_out\) and did not; the executor goes on unheard/);
    assert.equal((await ended(engine, await submit(engine, { uses: "quick" }))).state, "succeeded");
  } finally {
    await worker.stop();
  }
});

test("what a worker offers anew is said in a new hello, and what runs goes on over it", async () => {
  await using harness = await startHarness();
  const { engine } = harness;
  const path = moduleOf(
    "device.ts",
    `let plugged = false;
     const labels = () => plugged ? {device: "the blue one"} : {};
     export const device = {name: "device", isReady: () => plugged, labels, execute: () => "printed"};
     export const plug = {name: "plug", async execute(context, {done}) {
       context.log("before");
       plugged = true;
       while (!(await import("node:fs")).existsSync(done)) await new Promise((resolve) => setTimeout(resolve, 5));
       context.log("after");
       return "plugged";
     }};`,
  );
  const said: string[] = [];
  const log: WorkerLog = {
    info: (_, text) => void said.push(text),
    warn: (_, text) => void said.push(text),
    error() {},
  };
  const worker = await startWorkerProcess(settingsFor(harness.url, [path]), log);
  try {
    const done = join(folder, "done");
    const plug = await submit(engine, { uses: "plug", with: { done } });
    const device = await submit(engine, { uses: "device", target: { labels: "device == the-blue-one" } });
    await until(() => engine.task(plug)!.state === "running");
    assert.equal(engine.task(device)!.state, "queued");
    assert.equal((await ended(engine, device)).result, "printed");
    writeFileSync(done, "");
    const { state, attempts, result } = await ended(engine, plug);
    assert.deepEqual([state, attempts.length, result], ["succeeded", 1, "plugged"]);
    const lines = engine.logs(plug, {})!.map(({ text }) => text);
    assert.deepEqual(lines.join(""), "before\nafter\n");
    assert.deepEqual(said, ["connected"], "a new hello is no lost connection");
  } finally {
    await worker.stop();
  }
});
