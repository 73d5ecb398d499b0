/** Modules that cannot be run, and those that do what they should not: each ends with words, and the worker goes on. */
import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, test } from "node:test";
import {
  ADD,
  Assembler,
  type AssemblerOptions,
  brIf,
  type Code,
  DIV_S,
  DROP,
  get,
  i32,
  load,
  loop,
  MEMORY_GROW,
  NE,
  set,
  store,
  UNREACHABLE,
} from "../../../test/wasm/assembler.ts";
import { Bench, type End } from "../../../test/wasm/bench.ts";
import { wasmSteps } from "../../../test/wasm/programs.ts";
import { attempt } from "../../../test/conformance/executor.ts";
import { ERRNO } from "./calls.ts";
import { onThisMachine } from "../../../test/machine.ts";

const bench = new Bench();
after(() => bench.close());
const PAGE = 65_536;

/** A module with this body of `_start`. */
function program(code: (a: Assembler) => Code, options: AssemblerOptions = {}): Uint8Array {
  const a = new Assembler(["fd_write", "proc_exit", "proc_raise", "fd_read"], options);
  a.function("_start", 0, 1, code(a));
  return a.build();
}

const nothing = program(() => []);
const well = async (): Promise<void> => assert.equal((await bench.run(nothing)).report.outcome, "succeeded");

test("a trap is told by its name, with the functions in which it happened", async () => {
  const cases: [Code, RegExp][] = [
    [UNREACHABLE, /trapped: unreachable: it gave up/],
    [[i32(-8), load(), DROP], /trapped: memory access out of bounds/],
    [[i32(1), i32(0), DIV_S, DROP], /trapped: division by zero/],
    [[i32(-2_147_483_648), i32(-1), DIV_S, DROP], /trapped: the result of a division does not fit/],
  ];
  for (const [code, message] of cases) {
    const { report } = await bench.run(program(() => code));
    assert.deepEqual([report.outcome, report.error!.kind], ["failed", "trap"]);
    assert.match(report.error!.message, message);
    assert.match(report.error!.stack!, /at _start \(wasm-function\[\d+\]:0x[0-9a-f]+\)/);
  }
  const deep = new Assembler([]);
  const itself = [0x10, 0];
  deep.function("deep", 0, 0, itself);
  deep.function("_start", 0, 0, itself);
  const { report } = await bench.run(deep.build());
  assert.match(report.error!.message, /trapped: stack overflow/);
  assert.match(report.error!.stack!, /at deep/);
  await well();
});

test("the last thing that it said is in the message, with what helps", async () => {
  const said = async (line: string, end: { crash: true } | { exit: number }): Promise<string> => {
    const module = wasmSteps([{ print: line, to: "stderr" }, end]) as Uint8Array;
    return (await bench.run(module)).report.error!.message;
  };
  assert.match(
    await said("thread 'main' panicked", { crash: true }),
    /trapped: unreachable.*; it said: thread 'main' panicked$/,
  );
  const folder = /exited with code 2: \/data: Capabilities insufficient \(it wants a file outside .* "dirs"\)$/;
  assert.match(await said("/data: Capabilities insufficient", { exit: 2 }), folder);
});

test("a module that asks for a signal does not send one to its worker", async () => {
  const { report } = await bench.run(program((a) => [i32(9), a.call("proc_raise"), DROP]));
  assert.match(report.error!.message, /trapped: raised signal 9/);
  await well();
});

test("exit codes mean what they say, and 99 that there was nothing to do", async () => {
  const exit = (code: number): Promise<End> => bench.run(program((a) => [i32(code), a.call("proc_exit")]));
  const { report } = await exit(7);
  assert.deepEqual([report.outcome, report.exitCode, report.error!.message], ["failed", 7, "exited with code 7"]);
  const skipped = await exit(99);
  assert.deepEqual([skipped.report.outcome, skipped.report.exitCode], ["succeeded", 99]);
});

test("what is no module that can be run fails with words, and not again", async () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const cases: [Uint8Array, RegExp][] = [
    [Buffer.from("(module)"), /it is no WebAssembly: the file does not begin with the bytes 00 61 73 6d/],
    [new Uint8Array(0), /it is no WebAssembly/],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /it is a component \(WASI preview 2\); build it as a module/],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), /it is of version 2 of WebAssembly/],
    [nothing.subarray(0, nothing.length - 40), /it is damaged, or uses what this version of Node\.js does not know/],
    [Uint8Array.of(...empty, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), /it is damaged/],
    [empty, /it has no function _start, and a program is needed/],
    [program(() => [], { exports: { start: "_initialize" } }), /it is a library \(a reactor\)/],
    [program(() => [], { exports: { memory: false } }), /it does not export its memory/],
    [
      program(() => [], { foreign: ["env.log", "wbg.draw"] }),
      /asks its surroundings for env\.log, wbg\.draw, and only WASI/,
    ],
    [program(() => [], { foreign: ["wasi_unstable.fd_write"] }), /before preview 1/],
  ];
  for (const [bytes, message] of cases) {
    const { report } = await bench.run(bytes);
    assert.deepEqual([report.outcome, report.error!.kind, report.retryable], ["failed", "module", false]);
    assert.match(report.error!.message, message);
  }
  await well();
});

test("memory ends at the bound: the module sees it, and the message says it", async () => {
  // Grows by a page until it may not, then says how many it had and gives up.
  const greedy = program(
    (a) => [
      loop(i32(1), MEMORY_GROW, set(0), get(0), i32(-1), NE, brIf(0)),
      [i32(512), [0x3f, 0], store(), i32(0), i32(512), store(), i32(4), i32(4), store()],
      [i32(1), i32(0), i32(1), i32(8), a.call("fd_write"), DROP, UNREACHABLE],
    ],
    { memory: { min: 2, max: 60_000 } },
  );
  const { report, out } = await bench.run(greedy, { memory: 100 * PAGE });
  assert.equal(Buffer.from(out, "latin1").readUInt32LE(0), 100);
  assert.match(
    report.error!.message,
    /unreachable.*it had 6\.3 MiB of at most 6\.3 MiB of memory; "memory" of the task/,
  );
  const large = await bench.run(
    program(() => [], { memory: { min: 200 } }),
    { memory: 100 * PAGE },
  );
  assert.deepEqual([large.report.outcome, large.report.retryable], ["failed", false]);
  assert.match(large.report.error!.message, /it begins with 13 MiB of memory, and may have 6\.3 MiB/);
  const fits = await bench.run(
    program(() => [], { memory: { min: 100, max: 100 } }),
    { memory: 100 * PAGE },
  );
  assert.equal(fits.report.outcome, "succeeded");
});

test("what lies in the heap of the engine is bounded or refused: when that is full, the worker would end", async () => {
  // A type of arrays; and tables of ten million places, declared or grown.
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const objects = await bench.run(Uint8Array.of(...head, 1, 7, 2, 0x5e, 0x6e, 1, 0x60, 0, 0));
  assert.deepEqual([objects.report.outcome, objects.report.retryable], ["failed", false]);
  assert.match(objects.report.error!.message, /it uses objects of the engine \(WebAssembly GC\)/);
  const large = await bench.run(Uint8Array.of(...head, 4, 8, 1, 0x70, 0, 0x80, 0xad, 0xe2, 0x04, 0));
  assert.match(large.report.error!.message, /its tables have 10000000 places, and may have 1000000/);
  const exports = [2, 6, ...Buffer.from("_start"), 0, 0, 6, ...Buffer.from("memory"), 2, 0];
  // Grows its table by ten million places, and traps when that succeeded.
  const body = [
    0, 0xd0, 0x70, 0x41, 0x80, 0xad, 0xe2, 0x04, 0xfc, 0x0f, 0, 0x41, 0x7f, 0x47, 0x04, 0x40, 0, 0x0b, 0x0b,
  ];
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 4, 4, 1, 0x70, 0, 1, 5, 3, 1, 0, 1];
  const code = [10, body.length + 2, 1, body.length, ...body];
  const grown = await bench.run(Uint8Array.of(...head, ...sections, 7, exports.length, ...exports, ...code));
  assert.equal(grown.report.outcome, "succeeded", JSON.stringify(grown.report));
});

test("addresses that lead nowhere are the module's own fault", async () => {
  // A list of vectors, then a result, at an address beyond the memory; the number that is answered is the exit code.
  const vectors = await bench.run(
    program((a) => [i32(1), i32(-8), i32(1), i32(8), a.call("fd_write"), a.call("proc_exit")]),
  );
  assert.equal(vectors.report.exitCode, ERRNO.fault);
  const count = await bench.run(
    program((a) => [i32(1), i32(0), i32(-1), i32(8), a.call("fd_write"), a.call("proc_exit")]),
  );
  assert.equal(count.report.exitCode, ERRNO.fault);
  const piece = program((a) => [
    [i32(0), i32(16), store(), i32(4), i32(-1), store()],
    [i32(1), i32(0), i32(1), i32(8), a.call("fd_write"), a.call("proc_exit")],
  ]);
  assert.equal((await bench.run(piece)).report.exitCode, ERRNO.fault);
});

test("a hundred megabytes of output neither fill the worker nor hold it up", async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = process.memoryUsage().rss;
  delay.enable();
  const module = wasmSteps([{ bytes: 100_000_000 }, { print: "end", to: "stderr" }]) as Uint8Array;
  const { report, out, log } = await bench.run(module, { maxOutput: 1_000_000 });
  delay.disable();
  assert.equal(report.outcome, "succeeded", JSON.stringify(report));
  assert.equal(out.length, 1_000_000);
  assert.match(log, /99000004 bytes of output .* were dropped/);
  assert.ok(process.memoryUsage().rss - before < 64 * 1024 ** 2, "it did not grow by what was dropped");
  assert.ok(delay.max / 1e6 < onThisMachine(1000), `the worker was held up for ${delay.max / 1e6} ms`);
});

test("a module that waits without end is stopped like one that computes without end", async () => {
  for (const steps of [[{ sleep: 1e9 }], [{ spin: true } as const]]) {
    const module = wasmSteps([{ print: "up" }, ...steps]) as Uint8Array;
    const running = attempt(bench.executor, bench.work(module));
    await running.logged((log) => log.length > 0);
    const begun = performance.now();
    running.stop("timed_out");
    assert.equal((await running.report).outcome, "timed_out");
    assert.ok(performance.now() - begun < onThisMachine(2000));
  }
  await well();
});

test("without standard input there is its end, and reading goes on where it was", async () => {
  // Reads one byte after the other and adds them up.
  const sum = program((a) => [
    loop(
      [i32(0), i32(16), store(), i32(4), i32(1), store(), i32(16), i32(0), store()],
      [i32(0), i32(0), i32(1), i32(8), a.call("fd_read"), DROP],
      [get(0), i32(16), load(), ADD, set(0), i32(8), load(), brIf(0)],
    ),
    [get(0), a.call("proc_exit")],
  ]);
  assert.equal((await bench.run(sum, { stdin: "\u0001\u0002\u0003" })).report.exitCode, 6);
  assert.equal((await bench.run(sum)).report.outcome, "succeeded");
});

test("a task for what is no module says so", async () => {
  const missing = await attempt(bench.executor, { kind: "wasm", wasm: { module: "gone" } }).report;
  assert.match(missing.error!.message, /the module gone cannot be run: the server did not say which version it is/);
  const nul = await bench.run(nothing, { args: ["a\0b"] });
  assert.match(nul.report.error!.message, /its args or its env hold a NUL character/);
  const copy = bench.modules.add(nothing, "other");
  const other = { kind: "wasm", wasm: { module: "other" } } as const;
  const python = await attempt(bench.executor, other, { plugin: { ...copy, language: "python" } }).report;
  assert.match(
    python.error!.message,
    /the module other@1 cannot be run: it is a plugin in python; submit it as a plugin/,
  );
  assert.equal(bench.modules.held, 0, "no folder is held once its module is compiled");
});
