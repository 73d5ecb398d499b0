/** What goes wrong in plugins in JavaScript and TypeScript: each is a failed task that says why, and the next call runs. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import type { AttemptReport } from "../../protocol/link.ts";
import type { PluginWork } from "../../protocol/work/plugin.ts";
import { copyOf, type TestWorker, testWorker, written } from "./testing.ts";

let worker: TestWorker;
before(async () => {
  worker = await testWorker();
});
after(() => worker.close());

const PLUGIN = copyOf({
  "faults.ts": `
import { execSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { Worker } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";

export const ready = "yes";
export function fine(...args: unknown[]) { return args.slice(0, -1); }
export const status = (word: string) => ({ status: word, message: "no luck" });
export function leave(code: number) { console.error("last words"); process.exit(code); }
export const killSelf = () => process.kill(process.pid, "SIGKILL");
export function loop() { console.log("looping"); for (;;); }
export async function awaits() { console.log("awaiting"); for (;;) await null; }
export async function waits() { console.log("waiting"); await new Promise(() => setInterval(() => {}, 1000)); }
export async function listens(context: any) {
  console.log("listening");
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  console.log("heard " + context.signal.reason);
}
export async function rejects() { void Promise.reject(new Error("floating")); await sleep(10_000); }
export async function throwsLater() { setTimeout(() => { throw new RangeError("later"); }, 1); await sleep(10_000); }
export function flood(bytes: number) { const line = "x".repeat(99); for (let i = 0; i < bytes / 100; i++) console.log(line); return "done"; }
export function native() { fs.writeSync(1, "by number\\n"); return 1; }
export function spawns() {
  spawn("sleep", ["2234567"]);
  spawn("sleep", ["2234568"], { detached: true });
  execSync("sleep 2234569 >/dev/null 2>&1 &");
  return "left";
}
export function inherits() { console.log("before"); spawnSync("echo", ["child"], { stdio: "inherit" }); console.log("after"); }
export function thread() { new Worker("setInterval(() => {}, 10)", { eval: true }); return "returned"; }
export function timer() { setInterval(() => console.log("tick"), 5); return "returned"; }
export function closes() { fs.closeSync(1); return "closed"; }
export function memory() { const all: unknown[] = []; for (;;) all.push(new Array(100_000).fill(Math.random())); }
export const returns = (what: string) => ({ big: 10n, cycle: (() => { const a: any = {}; a.a = a; return a; })(), fn: () => 1, large: "x".repeat(17 * 1024 * 1024) })[what as "big"];
export const nothing = () => undefined;
export async function* numbers() { yield 1; yield 2; }
export function fatal() { const error = new Error("never again"); error.name = "FatalError"; throw error; }
export function throwsText() { throw "just text"; }
export function nested() { inner(); }
function inner() { throw new TypeError("missing"); }
export function _hidden() {}
`,
});

const run = (action: string, work: Partial<PluginWork> = {}) => worker.run(PLUGIN, { action, ...work });
const report = (action: string, ...args: unknown[]): Promise<AttemptReport> =>
  run(action, { args: args as never[] }).report;
const failure = async (action: string, ...args: unknown[]): Promise<string> => {
  const { outcome, error } = await report(action, ...args);
  assert.equal(outcome, "failed");
  return error!.message;
};
const isFine = async (): Promise<void> => assert.equal((await report("fine")).outcome, "succeeded");

test("arguments are values in order, one object with those that have names, and the context", async () => {
  const { result } = await run("fine", { args: [true, null, "x"], kwargs: { "a-b": 1 } }).report;
  assert.deepEqual(result, [true, null, "x", { "a-b": 1 }]);
  assert.deepEqual((await report("status", "Failed")).error, { message: "no luck", kind: "status" });
});

test("what ends its process", async () => {
  assert.match(await failure("leave", 3), /ended its process with exit code 3 and returned nothing: last words$/);
  assert.match(await failure("leave", 0), /exit code 0 and returned nothing/);
  assert.match(await failure("killSelf"), /was ended by SIGKILL/);
  await isFine();
});

test("what nobody catches ends the call, and the next one has a new process", async () => {
  assert.equal(await failure("rejects"), "floating");
  await isFine();
  const { error } = await report("throwsLater");
  assert.deepEqual([error!.message, error!.kind], ["later", "RangeError"]);
  await isFine();
});

test("what never ends is ended in its time", async () => {
  for (const action of ["loop", "awaits", "waits"]) {
    const hanging = run(action, { grace: 100 });
    await hanging.logged((log) => log.length > 0);
    hanging.stop("timed_out");
    assert.equal((await hanging.report).outcome, "timed_out");
    await isFine();
  }
  const listening = run("listens");
  await listening.logged((log) => log.length > 0);
  listening.stop("cancelled");
  assert.equal((await listening.report).outcome, "cancelled");
  assert.equal(written(listening), "listening\nheard cancelled\n");
});

test("a hundred megabytes of output are cut, and nobody keeps them", async () => {
  const flooding = run("flood", { args: [20_000_000], maxOutput: 1000 });
  assert.equal((await flooding.report).result, "done");
  assert.equal(written(flooding).length, 1000);
  assert.match(written(flooding, "log"), /^19999000 bytes of output .* were dropped/);
});

test("processes that it leaves end with it", { skip: !existsSync("/proc") }, async () => {
  const spawning = run("spawns");
  assert.equal((await spawning.report).result, "left");
  const said = written(spawning, "log");
  for (const seconds of [2234567, 2234568, 2234569]) assert.ok(said.includes(`sleep ${seconds}`), said);
  await isFine();
});

test("output by whatever way is whole, in order, and its own call's", async () => {
  const inheriting = run("inherits");
  await inheriting.report;
  assert.equal(written(inheriting), "before\nchild\nafter\n");
  const natives = Array.from({ length: 20 }, () => run("native"));
  for (const each of natives) assert.equal((await each.report).outcome, "succeeded");
  for (const each of natives) assert.equal(written(each), "by number\n");
});

test("threads and timers that go on", async () => {
  assert.equal((await report("thread")).result, "returned");
  await isFine();
  const ticking = run("timer");
  assert.equal((await ticking.report).result, "returned");
  await isFine();
  assert.deepEqual(ticking.late, []);
  assert.equal((await report("closes")).result, "closed");
  const printing = run("native");
  await printing.report;
  assert.equal(written(printing), "by number\n");
});

test("memory that is not there", async () => {
  const { outcome, error } = await run("memory", { sandbox: { memory: 64 * 1024 * 1024 } }).report;
  if (outcome === "refused") return;
  assert.deepEqual([outcome, error!.kind], ["failed", "out_of_memory"], JSON.stringify(error));
  assert.match(error!.message, /^memory of the plugin faults ran out of memory \(sandbox\.memory is 64 MiB\)/);
});

test("results", async () => {
  assert.match(await failure("returns", "big"), /JSON cannot carry: .*BigInt/);
  assert.match(await failure("returns", "cycle"), /JSON cannot carry: .*circular/);
  assert.match(await failure("returns", "fn"), /JSON cannot carry: it is a function/);
  assert.match(await failure("returns", "large"), /^it returned 17 MiB, and a result may have 16 MiB/);
  assert.equal((await report("nothing")).result, undefined);
  assert.deepEqual((await report("numbers")).result, [1, 2]);
});

test("exceptions say where, without the runner's own frames", async () => {
  const { error, retryable } = await report("nested");
  assert.deepEqual([error!.message, error!.kind, retryable], ["missing", "TypeError", undefined]);
  assert.match(error!.stack!, /^TypeError: missing\n {4}at inner \(faults\.ts:\d+:\d+\)\n {4}at nested \(faults\.ts/);
  assert.doesNotMatch(error!.stack!, /main\.ts|node:internal/);
  assert.equal((await report("fatal")).retryable, false);
  assert.equal(await failure("throwsText"), "threw just text");
});

test("an action that is none", async () => {
  const { error, retryable } = await report("fin");
  assert.match(error!.message, /^the plugin faults exports no function fin; it has: awaits, /);
  assert.doesNotMatch(error!.message, /_hidden|ready/);
  assert.equal(retryable, false);
  assert.match(await failure("ready"), /exports ready as a string, no function/);
});

test("modules that cannot be imported say why, and where", async () => {
  const cases: [string, string, RegExp, boolean | undefined][] = [
    [
      "broken.mjs",
      'import "lodash-that-is-not";',
      /^Cannot find package 'lodash-that-is-not'.*brings what it imports/,
      false,
    ],
    ["broken.cjs", 'require("lodash-that-is-not");', /^Cannot find module 'lodash-that-is-not'/, false],
    ["broken.ts", "export function main() {\n  let x = ;\n}", /^broken\.ts, line 2: SyntaxError/, false],
    [
      "broken.js",
      "export function main() {\n  let x = ;\n}",
      /^broken\.js, line 2: SyntaxError: Unexpected token/,
      false,
    ],
    [
      "broken.ts",
      "enum A { b }\nexport function main() {}",
      /^broken\.ts, line 1: .*enum.*only types can be left out/,
      false,
    ],
    ["broken.mjs", 'throw new Error("at the top");', /^at the top$/, undefined],
    ["broken.mjs", 'import { nothing } from "node:fs";', /does not provide an export named 'nothing'/, false],
  ];
  for (const [name, text, words, retryable] of cases) {
    const ended = await worker.run(copyOf({ [name]: text })).report;
    assert.equal(ended.outcome, "failed", text);
    assert.match(ended.error!.message, words);
    assert.equal(ended.retryable, retryable, text);
  }
});

test("modules of every sort", async () => {
  const main = async (files: Record<string, string>): Promise<unknown> =>
    (await worker.run(copyOf(files), { args: [1] }).report).result;
  assert.equal(await main({ "esm.mjs": "export const main = (a) => a + 1;" }), 2);
  assert.equal(await main({ "common.cjs": "exports.main = (a) => a + 2;" }), 3);
  assert.equal(await main({ "common.js": "module.exports = { main(a) { return a + 3 } };" }), 4);
  assert.equal(await main({ "whole.js": "module.exports = (a) => a + 4;" }), 5);
  assert.equal(await main({ "whole.mjs": "export default (a) => a + 5;" }), 6);
  assert.equal(await main({ "whole.mjs": "export default { main: (a) => a + 6 };" }), 7);
  const beside = {
    "main.ts": 'import { n } from "./lib/n.ts";\nexport const main = (a: number) => a + n;',
    "lib/n.ts": "export const n: number = 7;",
  };
  assert.equal(await main(beside), 8);
});
