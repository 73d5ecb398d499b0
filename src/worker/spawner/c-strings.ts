/** Arrays of C strings (`argv`, `envp`) laid out in buffers, which must live as long as the call that reads them. */

const POINTER_BYTES = 8;

/** A null-terminated array of pointers, followed by the strings that it points to. */
export function cStrings(strings: readonly string[], address: (buffer: Uint8Array) => bigint): Buffer {
  return layOut([], strings, address);
}

/** One C string. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** An environment to which each command adds a little: its own strings are laid out once. */
export class CEnvironment {
  /** Held for its memory: `#pointers` point into it. */
  readonly #strings: Buffer;
  readonly #pointers: bigint[];
  readonly #slots = new Map<string, number>();
  readonly #address: (buffer: Uint8Array) => bigint;

  constructor(base: Record<string, string>, address: (buffer: Uint8Array) => bigint) {
    this.#address = address;
    const names = Object.keys(base);
    names.forEach((name, slot) => this.#slots.set(name, slot));
    this.#strings = cStrings(
      names.map((name) => `${name}=${base[name]}`),
      address,
    );
    this.#pointers = names.map((_, slot) => this.#strings.readBigUInt64LE(slot * POINTER_BYTES));
  }

  /** `envp` with `extra` in place of, or after, what is there. */
  with(extra: Record<string, string> = {}): Buffer {
    const kept = [...this.#pointers];
    const names = Object.keys(extra);
    for (const name of names) {
      const slot = this.#slots.get(name);
      if (slot !== undefined) kept[slot] = 0n;
    }
    return layOut(
      kept.filter((pointer) => pointer !== 0n),
      names.map((name) => `${name}=${extra[name]}`),
      this.#address,
    );
  }
}

function layOut(
  pointers: readonly bigint[],
  strings: readonly string[],
  address: (buffer: Uint8Array) => bigint,
): Buffer {
  const tableBytes = (pointers.length + strings.length + 1) * POINTER_BYTES;
  const bytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, tableBytes);
  // Not from the pool: a pooled buffer may start at an address that is no multiple of a pointer's size.
  const out = Buffer.allocUnsafeSlow(bytes);
  const base = address(out);
  let slot = 0;
  for (const pointer of pointers) out.writeBigUInt64LE(pointer, slot++ * POINTER_BYTES);
  let at = tableBytes;
  for (const text of strings) {
    out.writeBigUInt64LE(base + BigInt(at), slot++ * POINTER_BYTES);
    at += out.write(text, at);
    out[at++] = 0;
  }
  out.writeBigUInt64LE(0n, slot * POINTER_BYTES);
  return out;
}
