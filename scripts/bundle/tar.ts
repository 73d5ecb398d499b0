/**
 * A tar archive whose bytes follow from its content alone: entries sorted by name, no dates, no owners. `ustar`, with the
 * long names of GNU tar where a name does not fit.
 */

export interface TarEntry {
  /** With `/` between the parts. */
  name: string;
  /** Undefined for a folder. */
  data?: Uint8Array | undefined;
  isExecutable?: boolean;
}

const BLOCK = 512;
const NAME_BYTES = 100;

/** The archive in pieces, in the order of names. */
export function* tar(entries: readonly TarEntry[]): Generator<Uint8Array> {
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = entry.data === undefined ? `${entry.name}/` : entry.name;
    const bytes = Buffer.from(name);
    if (bytes.length > NAME_BYTES) {
      yield header("././@LongLink", bytes.length + 1, { type: "L", mode: 0 });
      yield padded(Buffer.concat([bytes, Buffer.alloc(1)]));
    }
    const mode = entry.data === undefined || entry.isExecutable === true ? 0o755 : 0o644;
    yield header(name, entry.data?.length ?? 0, { type: entry.data === undefined ? "5" : "0", mode });
    if (entry.data !== undefined) yield padded(entry.data);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header(name: string, size: number, { type, mode }: { type: string; mode: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, NAME_BYTES);
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, "0"), at, length - 1, "latin1");
  };
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148, "latin1");
  return block;
}

function padded(data: Uint8Array): Uint8Array {
  const rest = data.length % BLOCK;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(BLOCK - rest)]);
}
