/**
 * Where the arguments come from: `::: a b`, `:::: file`, `-a file`, standard input; several of them give every combination,
 * `:::+` goes along with the one before it. They are read as they are needed, except those that are needed again.
 */
import { isUtf8 } from "node:buffer";
import { OctopusError } from "../../base/errors.ts";
import { openInput } from "../input.ts";
import { usage } from "../read.ts";

export interface Source {
  values?: readonly string[];
  /** `-` is standard input. */
  file?: string;
  /** Its nth goes with the nth of the source before it. */
  isLinked: boolean;
}

const MARKS = [":::", ":::+", "::::", "::::+"];

/** Takes the command apart from its arguments. */
export function splitWords(
  words: readonly string[],
  files: readonly string[],
): { command: string[]; sources: Source[] } {
  const first = words.findIndex((word) => MARKS.includes(word));
  const command = words.slice(0, first < 0 ? words.length : first);
  const sources: Source[] = files.map((file) => ({ file, isLinked: false }));
  for (let at = first; at >= 0 && at < words.length;) {
    const mark = words[at]!;
    let end = at + 1;
    while (end < words.length && !MARKS.includes(words[end]!)) end++;
    const values = words.slice(at + 1, end);
    const isLinked = mark.endsWith("+");
    if (isLinked && sources.length === 0)
      throw usage(`${mark} goes along with the arguments before it, and there are none`);
    if (mark.startsWith("::::")) {
      if (values.length === 0) throw usage(`${mark} needs the name of a file`);
      sources.push(...values.map((file) => ({ file, isLinked })));
    } else sources.push({ values, isLinked });
    at = end;
  }
  if (sources.length === 0) sources.push({ file: "-", isLinked: false });
  if (sources.filter(({ file }) => file === "-").length > 1)
    throw usage("standard input can be read once: name it once");
  return { command, sources };
}

export interface ReadOptions {
  /** What ends a value in a file; default: the end of a line. */
  delimiter: string;
  /** Empty values are passed over. */
  skipEmpty: boolean;
  /** A value is taken apart by this. */
  columns?: RegExp | undefined;
  /** All sources go along with each other; the shorter ones begin again. */
  isLinked: boolean;
}

/** The arguments of one job after the other. */
export async function* readRecords(sources: readonly Source[], options: ReadOptions): AsyncGenerator<string[]> {
  const [first, ...rest] = groupsOf(sources, options);
  const more: string[][][] = [];
  for (const group of rest) more.push(await Array.fromAsync(group));
  for await (const head of first!) yield* combine([head], more);
}

/** Sources that go along with each other are one group, each of whose records has a value of each. */
function groupsOf(sources: readonly Source[], options: ReadOptions): AsyncIterable<string[]>[] {
  if (options.isLinked && sources.length > 1) return [around(sources, options)];
  const groups: Source[][] = [];
  for (const source of sources) {
    if (source.isLinked) groups.at(-1)!.push(source);
    else groups.push([source]);
  }
  return groups.map((group) => (group.length === 1 ? readSource(group[0]!, options) : along(group, options)));
}

/** As long as the shortest. */
async function* along(group: readonly Source[], options: ReadOptions): AsyncGenerator<string[]> {
  const all: string[][][] = [];
  for (const source of group) all.push(await Array.fromAsync(readSource(source, options)));
  const length = Math.min(...all.map((records) => records.length));
  for (let i = 0; i < length; i++) yield all.flatMap((records) => records[i]!);
}

/** As long as the longest. */
async function* around(sources: readonly Source[], options: ReadOptions): AsyncGenerator<string[]> {
  const all: string[][][] = [];
  for (const source of sources) all.push(await Array.fromAsync(readSource(source, options)));
  if (all.some((records) => records.length === 0)) return;
  const length = Math.max(...all.map((records) => records.length));
  for (let i = 0; i < length; i++) yield all.flatMap((records) => records[i % records.length]!);
}

function* combine(head: string[][], rest: readonly string[][][]): Generator<string[]> {
  const [next, ...later] = rest;
  if (next === undefined) return yield head.flat();
  for (const record of next) yield* combine([...head, record], later);
}

async function* readSource({ values, file }: Source, options: ReadOptions): AsyncGenerator<string[]> {
  for await (const value of values ?? readValues(file!, options.delimiter)) {
    if (value === "" && options.skipEmpty) continue;
    yield options.columns === undefined ? [value] : value.split(options.columns);
  }
}

/** No command line takes more. */
const VALUE_BYTES_MAX = 2 * 1024 ** 2;

async function* readValues(name: string, delimiter: string): AsyncGenerator<string> {
  const end = Buffer.from(delimiter);
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of await openInput(name)) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let at = bytes.indexOf(end); at >= 0; at = bytes.indexOf(end, from)) {
      yield textOf(bytes.subarray(from, at), name, ++number);
      from = at + end.length;
    }
    rest = bytes.subarray(from);
    if (rest.length > VALUE_BYTES_MAX) throw tooLong(name, number + 1);
  }
  if (rest.length > 0) yield textOf(rest, name, ++number);
}

function textOf(bytes: Buffer, name: string, number: number): string {
  if (bytes.length > VALUE_BYTES_MAX) throw tooLong(name, number);
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString();
  const where = `${name === "-" ? "standard input" : name}, value ${number}`;
  throw new OctopusError("malformed", `${where}: it is not text in UTF-8, and cannot stand in a command line`);
}

function tooLong(name: string, number: number): OctopusError {
  const where = `${name === "-" ? "standard input" : name}, value ${number}`;
  return new OctopusError("too_large", `${where}: it has more than 2 MiB, which no command line takes`);
}
