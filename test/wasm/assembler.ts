/**
 * Makes small WebAssembly modules from instructions, so that tests need no compiler: enough of the binary format for
 * functions over 32-bit numbers, one memory, data, and the calls of WASI that they name.
 */

/** Instructions, in any nesting. */
export type Code = number | readonly Code[];

const I32 = 0x7f;
const I64 = 0x7e;

/** Parameters of the calls of WASI; all but `proc_exit` answer with an error number. */
const WASI: Record<string, readonly number[]> = {
  args_get: [I32, I32],
  args_sizes_get: [I32, I32],
  clock_time_get: [I32, I64, I32],
  environ_get: [I32, I32],
  environ_sizes_get: [I32, I32],
  fd_allocate: [I32, I64, I64],
  fd_close: [I32],
  fd_filestat_set_size: [I32, I64],
  fd_filestat_set_times: [I32, I64, I64, I32],
  fd_pwrite: [I32, I32, I32, I64, I32],
  fd_read: [I32, I32, I32, I32],
  fd_renumber: [I32, I32],
  fd_write: [I32, I32, I32, I32],
  path_create_directory: [I32, I32, I32],
  path_filestat_set_times: [I32, I32, I32, I32, I64, I64, I32],
  path_link: [I32, I32, I32, I32, I32, I32, I32],
  path_open: [I32, I32, I32, I32, I32, I64, I64, I32, I32],
  path_remove_directory: [I32, I32, I32],
  path_rename: [I32, I32, I32, I32, I32, I32],
  path_symlink: [I32, I32, I32, I32, I32],
  path_unlink_file: [I32, I32, I32],
  poll_oneoff: [I32, I32, I32, I32],
  proc_exit: [I32],
  proc_raise: [I32],
  random_get: [I32, I32],
  sched_yield: [],
};

export const i32 = (value: number): Code => [0x41, signed(value)];
export const i64 = (value: bigint | number): Code => [0x42, signed(value)];
export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number): Code => [0x21, unsigned(local)];
export const load = (offset = 0): Code => [0x28, 2, unsigned(offset)];
export const load8 = (offset = 0): Code => [0x2d, 0, unsigned(offset)];
export const store = (offset = 0): Code => [0x36, 2, unsigned(offset)];
export const block = (...code: Code[]): Code => [0x02, 0x40, code, 0x0b];
export const loop = (...code: Code[]): Code => [0x03, 0x40, code, 0x0b];
export const br = (depth: number): Code => [0x0c, unsigned(depth)];
export const brIf = (depth: number): Code => [0x0d, unsigned(depth)];
export const UNREACHABLE = 0x00;
export const DROP = 0x1a;
export const EQZ = 0x45;
export const NE = 0x47;
export const ADD = 0x6a;
export const SUB = 0x6b;
export const DIV_S = 0x6d;
export const MEMORY_GROW: Code = [0x40, 0];
/** Address, value and length are on the stack. */
export const MEMORY_FILL: Code = [0xfc, 0x0b, 0];

interface Function {
  params: number;
  locals: number;
  code: Code;
  name: string;
}

export interface AssemblerOptions {
  /** In pages of 64 KiB. */
  memory?: { min: number; max?: number };
  /** What else it wants from outside: `env.log`. */
  foreign?: string[];
  exports?: { start?: string | undefined; memory?: boolean };
}

/** The first 1024 bytes are for the program's own use; data follows. */
const DATA_AT = 1024;

export class Assembler {
  readonly #options: AssemblerOptions;
  readonly #imports: string[];
  readonly #functions: Function[] = [];
  readonly #data: number[] = [];

  /** All calls of WASI that it makes must be named first: functions are numbered after them. */
  constructor(imports: readonly string[], options: AssemblerOptions = {}) {
    this.#imports = [...imports];
    this.#options = options;
  }

  call(name: string): Code {
    const at = this.#imports.indexOf(name);
    if (at < 0) throw new Error(`${name} is not among the imports`);
    return [0x10, unsigned(at)];
  }

  /** Text or bytes in the memory. */
  data(content: string | Uint8Array): { at: number; length: number } {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    // At a multiple of eight, as structures want it.
    while (this.#data.length % 8 !== 0) this.#data.push(0);
    const at = DATA_AT + this.#data.length;
    for (const byte of bytes) this.#data.push(byte);
    return { at, length: bytes.length };
  }

  /** A function of 32-bit numbers that answers nothing; the instruction that calls it. */
  function(name: string, params: number, locals: number, code: Code): Code {
    this.#functions.push({ name, params, locals, code });
    const foreign = this.#options.foreign?.length ?? 0;
    return [0x10, unsigned(this.#imports.length + foreign + this.#functions.length - 1)];
  }

  build(): Uint8Array {
    const { memory = { min: 2 }, foreign = [], exports = {} } = this.#options;
    const { start = "_start", memory: showsMemory = true } = exports;
    const types: number[][] = [];
    const typeOf = (params: readonly number[], results: readonly number[]): number[] => {
      types.push([0x60, ...vector(params.map((each) => [each])), ...vector(results.map((each) => [each]))]);
      return unsigned(types.length - 1);
    };
    const imports = this.#imports.map((name) => {
      const type = typeOf(WASI[name]!, name === "proc_exit" ? [] : [I32]);
      return [...text("wasi_snapshot_preview1"), ...text(name), 0, ...type];
    });
    for (const name of foreign) {
      const [module, field] = name.split(".");
      imports.push([...text(module!), ...text(field!), 0, ...typeOf([], [])]);
    }
    const declared = this.#functions.map(({ params }) =>
      typeOf(
        Array.from({ length: params }, () => I32),
        [],
      ),
    );
    const shown: number[][] = [];
    const last = imports.length + this.#functions.length - 1;
    if (start !== "") shown.push([...text(start), 0, ...unsigned(last)]);
    if (showsMemory) shown.push([...text("memory"), 2, 0]);
    const bodies = this.#functions.map(({ locals, code }) => {
      const body = [...(locals === 0 ? [0] : [1, ...unsigned(locals), I32]), ...flat(code), 0x0b];
      return [...unsigned(body.length), ...body];
    });
    const limits =
      memory.max === undefined ? [0, ...unsigned(memory.min)] : [1, ...unsigned(memory.min), ...unsigned(memory.max)];
    const names = vector(this.#functions.map(({ name }, i) => [...unsigned(imports.length + i), ...text(name)]));
    const sections: [number, number[]][] = [
      [1, vector(types)],
      [2, vector(imports)],
      [3, vector(declared)],
      [5, [1, ...limits]],
      [7, vector(shown)],
      [10, vector(bodies)],
      [11, vector([[0, ...flat(i32(DATA_AT)), 0x0b, ...unsigned(this.#data.length), ...this.#data]])],
      [0, [...text("name"), 1, ...unsigned(names.length), ...names]],
    ];
    const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    for (const [id, content] of sections) bytes.push(id, ...unsigned(content.length), ...content);
    return Uint8Array.from(bytes);
  }
}

function flat(code: Code): number[] {
  return typeof code === "number" ? [code] : code.flatMap((each) => flat(each));
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

/** Numbers in groups of seven bits, the lowest first. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function signed(value: bigint | number): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
