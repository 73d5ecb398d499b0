/** Programs for tests of WebAssembly tasks: the steps of the conformance suite, and whatever a test writes itself. */
import type { Step } from "../conformance/steps.ts";
import {
  ADD,
  Assembler,
  br,
  brIf,
  type Code,
  DROP,
  EQZ,
  get,
  i32,
  i64,
  load,
  load8,
  loop,
  MEMORY_FILL,
  NE,
  set,
  store,
  SUB,
  UNREACHABLE,
  block,
} from "./assembler.ts";

/** Where the folders of an attempt stand, in the order in which a module finds them. */
export const OUTPUT_FD = 3;

export const RIGHT_READ = 1n << 1n;
export const RIGHT_WRITE = 1n << 6n;
const BUFFER_AT = 65_536;
const BUFFER_BYTES = 65_536;
export const CREATE = 1;
export const APPEND = 1;

/** Helpers that most programs want. */
export function helpers(a: Assembler) {
  /** write(fd, address, length): all of it, to a file that is open. */
  const writeCall = a.function("write", 3, 0, [
    [i32(0), get(1), store(), i32(4), get(2), store()],
    [get(0), i32(0), i32(1), i32(8), a.call("fd_write"), DROP],
  ]);
  const writeTo = (fd: number, content: string | Uint8Array): Code => {
    const { at, length } = a.data(content);
    return [i32(fd), i32(at), i32(length), writeCall];
  };
  /** Leaves the number of the open file at address 16, and traps where it cannot be opened. */
  const open = (folder: number, path: string, rights: bigint, create = 0, flags = 0): Code => {
    const { at, length } = a.data(path);
    const call = [
      i32(folder),
      i32(1),
      i32(at),
      i32(length),
      i32(create),
      i64(rights),
      i64(rights),
      i32(flags),
      i32(16),
    ];
    return [call, a.call("path_open"), [0x04, 0x40, UNREACHABLE, 0x0b]];
  };
  /** All that can be read from a file, to the standard output. */
  const copy = a.function("copy", 1, 0, [
    block(
      loop(
        [i32(0), i32(BUFFER_AT), store(), i32(4), i32(BUFFER_BYTES), store()],
        [get(0), i32(0), i32(1), i32(8), a.call("fd_read"), brIf(1)],
        [i32(8), load(), EQZ, brIf(1)],
        [i32(1), i32(BUFFER_AT), i32(8), load(), writeCall, br(0)],
      ),
    ),
  ]);
  return { writeCall, writeTo, open, copy };
}

export const CALLS = [
  "fd_write",
  "fd_read",
  "path_open",
  "poll_oneoff",
  "proc_exit",
  "environ_sizes_get",
  "environ_get",
];

/** A module that does these steps, or why none can. */
export function wasmSteps(steps: readonly Step[]): Uint8Array | { why: string } {
  const a = new Assembler(CALLS, { memory: { min: 3 } });
  const tools = { a, ...helpers(a), variable: variable(a) };
  const code: Code[] = [];
  for (const step of steps) {
    const one = stepCode(step, tools);
    if (typeof one === "string") return { why: one };
    code.push(one);
  }
  a.function("_start", 0, 1, code);
  return a.build();
}

type Tools = ReturnType<typeof helpers> & { a: Assembler; variable: (name: string) => Code };

function stepCode(step: Step, { a, writeCall, writeTo, open, copy, variable: show }: Tools): Code | string {
  if ("print" in step) {
    const { print, to, times = 1 } = step;
    const line = writeTo(to === "stderr" ? 2 : 1, `${print}\n`);
    return [i32(times), set(0), loop(line, get(0), i32(1), SUB, set(0), get(0), brIf(0))];
  }
  if ("bytes" in step) {
    const whole = Math.floor(step.bytes / BUFFER_BYTES);
    const fill = [i32(BUFFER_AT), i32(120), i32(BUFFER_BYTES), MEMORY_FILL];
    const part = (bytes: number): Code => [i32(1), i32(BUFFER_AT), i32(bytes), writeCall];
    const all = loop(part(BUFFER_BYTES), get(0), i32(1), SUB, set(0), get(0), brIf(0));
    return [fill, whole > 0 ? [i32(whole), set(0), all] : [], part(step.bytes % BUFFER_BYTES)];
  }
  if ("sleep" in step) {
    const subscription = new DataView(new ArrayBuffer(48));
    subscription.setUint32(16, 1, true);
    subscription.setBigUint64(24, BigInt(step.sleep) * 1_000_000n, true);
    const { at } = a.data(new Uint8Array(subscription.buffer));
    return [i32(at), i32(64), i32(1), i32(8), a.call("poll_oneoff"), DROP];
  }
  if ("spin" in step) return loop(br(0));
  if ("exit" in step) return [i32(step.exit), a.call("proc_exit")];
  if ("variable" in step) return show(step.variable);
  if ("copy" in step) return [i32(0), copy];
  if ("deaf" in step) return [];
  if ("crash" in step) return UNREACHABLE;
  if ("output" in step) {
    const line = a.data(`${step.output}=${step.value}\n`);
    const write = [i32(16), load(), i32(line.at), i32(line.length), writeCall];
    return [open(OUTPUT_FD, "values", RIGHT_WRITE, CREATE, APPEND), write];
  }
  if ("artifact" in step) {
    const content = a.data(step.text);
    const write = [i32(16), load(), i32(content.at), i32(content.length), writeCall];
    return [open(OUTPUT_FD + 1, step.artifact, RIGHT_WRITE, CREATE), write];
  }
  if ("input" in step) return [open(OUTPUT_FD + 1, step.input, RIGHT_READ), i32(16), load(), copy];
  if ("child" in step) return "a module starts no processes";
  return "a module has no way to say how far it is";
}

/** Code that prints the value of a variable, or an empty line. */
function variable(a: Assembler): (name: string) => Code {
  const POINTERS = 200;
  const newline = a.data("\n");
  // Locals: 0 name, 1 its length, 2 the pointer to the next variable, 3 how many are left, 4 where it differs, 5 its end.
  const find = a.function("variable", 2, 4, [
    [i32(12), i32(20), a.call("environ_sizes_get"), DROP],
    [i32(POINTERS), i32(BUFFER_AT), a.call("environ_get"), DROP],
    [i32(POINTERS), set(2), i32(12), load(), set(3)],
    block(
      loop(
        [get(3), EQZ, brIf(1), i32(0), set(4)],
        block(
          block(
            loop(
              [get(4), get(1), [0x46], brIf(1)],
              [get(2), load(), get(4), ADD, load8(), get(0), get(4), ADD, load8(), NE, brIf(2)],
              [get(4), i32(1), ADD, set(4), br(0)],
            ),
          ),
          // It is this one: from behind its `=` to its end.
          [get(2), load(), get(1), ADD, i32(1), ADD, set(4), get(4), set(5)],
          block(loop([get(5), load8(), EQZ, brIf(1), get(5), i32(1), ADD, set(5), br(0)])),
          [i32(0), get(4), store(), i32(4), get(5), get(4), SUB, store()],
          [i32(1), i32(0), i32(1), i32(8), a.call("fd_write"), DROP, br(2)],
        ),
        [get(2), i32(4), ADD, set(2), get(3), i32(1), SUB, set(3), br(0)],
      ),
    ),
    [i32(0), i32(newline.at), store(), i32(4), i32(newline.length), store()],
    [i32(1), i32(0), i32(1), i32(8), a.call("fd_write"), DROP],
  ]);
  return (name) => {
    const { at, length } = a.data(`${name}=`);
    return [i32(at), i32(length - 1), find];
  };
}
