/**
 * What a command wrote to `$OCTOPUS_OUTPUT`, read: lines `key=value`, and `key<<MARK`, lines, `MARK` for values of several
 * lines. The last value of a key wins. Pure: bytes in, values or a sentence about what is wrong out.
 *
 * A line may end as Windows ends them; what stands between `key<<MARK` and `MARK` stays as it is, but for its last line end.
 */
import { isUtf8 } from "node:buffer";

/** What an output may be called; the same as `NAME_FORM` of the protocol, which would bring a library along. */
const KEY = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;
export const OUTPUTS_MAX = 1000;
/** Of a line that is shown in a message. */
const SHOWN_MAX = 60;
const FORM = "each line must read key=value, or key<<MARK with the lines of the value and a line MARK after it";

export type Lines = { values: Map<string, string> } | { fault: string };

export function parseOutputLines(bytes: Uint8Array): Lines {
  if (!isUtf8(bytes)) return { fault: `it is not text in UTF-8; ${FORM}` };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString()
    .replace(/^\ufeff/, "");
  const values = new Map<string, string>();
  for (let at = 0, line = 1; at < text.length;) {
    const end = endOf(text, at);
    const said = withoutReturn(text.slice(at, end));
    if (said.trim() === "") {
      at = end + 1;
      line++;
      continue;
    }
    const entry = readEntry(text, said, line, end + 1);
    if ("fault" in entry) return entry;
    values.set(entry.key, entry.value);
    if (values.size > OUTPUTS_MAX)
      return { fault: `it names more than ${OUTPUTS_MAX} outputs; put them into one, as JSON` };
    at = entry.next;
    line += entry.lines;
  }
  return { values };
}

interface Entry {
  key: string;
  value: string;
  /** Where the text goes on, and how many lines this was. */
  next: number;
  lines: number;
}

/** One output, which begins with the line `said`; what comes after that line begins at `from`. */
function readEntry(text: string, said: string, line: number, from: number): Entry | { fault: string } {
  const split = splitLine(said);
  if (split === undefined) return { fault: `line ${line} is ${show(said)}: ${FORM}` };
  const { key, rest, isLong } = split;
  if (!KEY.test(key)) {
    const form = "it must begin with a letter or _ and hold at most 128 letters, digits and _ . : / -";
    return { fault: `line ${line} names an output ${show(key)}: ${form}` };
  }
  let entry: Entry = { key, value: rest, next: from, lines: 1 };
  if (isLong) {
    if (rest === "")
      return { fault: `line ${line} is ${show(said)}: after << must stand the line that ends the value` };
    const mark = findMark(text, from, rest);
    if (mark === undefined)
      return { fault: `the value of ${key} begins in line ${line} and is never ended by a line ${show(rest)}` };
    entry = { key, value: text.slice(from, mark.valueEnd), next: mark.next, lines: 1 + mark.lines };
  }
  if (!entry.value.includes("\0")) return entry;
  return { fault: `the value of ${key} (line ${line}) holds a NUL character: it must be text` };
}

/** Whichever of `=` and `<<` comes first says which form it is. */
function splitLine(line: string): { key: string; rest: string; isLong: boolean } | undefined {
  const equals = line.indexOf("=");
  const long = line.indexOf("<<");
  if (long >= 0 && (equals < 0 || long < equals))
    return { key: line.slice(0, long).trim(), rest: line.slice(long + 2).trim(), isLong: true };
  if (equals < 0) return undefined;
  return { key: line.slice(0, equals).trim(), rest: line.slice(equals + 1), isLong: false };
}

/** The line that ends a value: where the value ends, where the text goes on, and how many lines that was. */
function findMark(
  text: string,
  from: number,
  mark: string,
): { valueEnd: number; next: number; lines: number } | undefined {
  for (let at = from, lines = 1; at < text.length; lines++) {
    const end = endOf(text, at);
    if (withoutReturn(text.slice(at, end)) === mark) {
      let valueEnd = Math.max(from, at - 1);
      if (valueEnd > from && text[valueEnd - 1] === "\r") valueEnd--;
      return { valueEnd, next: end + 1, lines };
    }
    at = end + 1;
  }
  return undefined;
}

function endOf(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function show(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
