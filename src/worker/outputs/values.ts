/**
 * The outputs of a command by what its task says of them: where each comes from, its type, how large it may be. Pure. What
 * does not fit is a sentence that names the output, what was seen and what is allowed.
 */
import { formatSize } from "../../base/duration.ts";
import { nearest } from "../../base/nearest.ts";
import type { Json } from "../../base/words.ts";
import type { OutputType } from "../../protocol/node.ts";
import type { ShellWork } from "../../protocol/work/shell.ts";

/** Of one output, unless its task says otherwise. */
export const OUTPUT_BYTES_MAX = 1024 ** 2;
/** Of all outputs of an attempt: they travel in one message. */
export const TOTAL_BYTES_MAX = 16 * 1024 ** 2;
const SHOWN_MAX = 60;

export type Declared = NonNullable<ShellWork["outputs"]>;

/** One of them, whichever form it was written in. */
interface Output {
  from: "file" | "stdout";
  type?: OutputType | undefined;
  max?: number | undefined;
  required?: boolean | undefined;
}
export type Outputs = { result: Json | undefined } | { fault: string };

/** Standard output as far as it was kept, and how much there was in all. */
export interface Written {
  text: string | undefined;
  bytes: number;
}

/** How much of the standard output the outputs ask for; undefined when none does. */
export function stdoutWanted(declared: Declared | undefined): number | undefined {
  let wanted: number | undefined;
  for (const name in declared) {
    const output: Output = declared[name]!;
    if (output.from === "stdout") wanted = Math.max(wanted ?? 0, maxOf(output));
  }
  return wanted;
}

/** `values`: from the file, by key. What is not declared there is text. */
export function outputsOf(
  declared: Declared | undefined,
  values: ReadonlyMap<string, string>,
  stdout: Written | undefined,
): Outputs {
  const made = new Map<string, Json>(values);
  let bytes = 0;
  for (const text of values.values()) bytes += text.length;
  for (const [name, output] of Object.entries<Output>(declared ?? {})) {
    const text = values.get(name);
    const found = output.from === "stdout" ? stdout : { text, bytes: Buffer.byteLength(text ?? "") };
    const read = readOne(name, output, found ?? { text: "", bytes: 0 });
    if ("fault" in read) return read;
    if (read.value === undefined && output.required === true) return { fault: missing(name, output, values) };
    if (read.value !== undefined) made.set(name, read.value);
    if (output.from === "stdout") bytes += found?.bytes ?? 0;
  }
  if (bytes > TOTAL_BYTES_MAX) {
    const what = `the outputs have ${formatSize(bytes)} together, and may have ${formatSize(TOTAL_BYTES_MAX)}`;
    return { fault: `${what}: leave large data as a file in $OCTOPUS_ARTIFACTS` };
  }
  // fromEntries makes properties of its own, whatever they are called.
  return { result: made.size === 0 ? undefined : (Object.fromEntries(made) as Json) };
}

/** One output; no value: the command did not leave it. */
function readOne(
  name: string,
  output: Output,
  { text, bytes }: Written,
): { value: Json | undefined } | { fault: string } {
  const { from, type } = output;
  const max = maxOf(output);
  if (bytes > max) {
    const what = `the output ${name} has ${formatSize(bytes)}, and may have ${formatSize(max)}`;
    return { fault: `${what} (outputs.${name}.max): leave large data as a file in $OCTOPUS_ARTIFACTS` };
  }
  if (text === undefined) {
    if (from === "file") return { value: undefined };
    return { fault: `the output ${name} is the standard output, which is not text in UTF-8` };
  }
  // A command that printed nothing has left nothing of that type; an empty text is one.
  if (type === undefined || type === "string") return { value: text };
  if (from === "stdout" && text === "") return { value: undefined };
  const value = convert(text, type);
  if (value !== undefined) return { value };
  return { fault: `the output ${name} must be ${FORMS[type]} (its type is ${type}), not ${show(text)}` };
}

function maxOf({ max }: Output): number {
  return Math.min(max ?? OUTPUT_BYTES_MAX, TOTAL_BYTES_MAX);
}

function missing(name: string, { from }: Output, values: ReadonlyMap<string, string>): string {
  if (from === "stdout") return `the output ${name} is required, and the command wrote nothing to its standard output`;
  const near = nearest(name, [...values.keys()]);
  const hint =
    near === undefined
      ? `write it with: echo "${name}=…" >> "$OCTOPUS_OUTPUT"`
      : `it left ${near}: did it mean ${name}?`;
  return `the output ${name} is required, and the command did not leave it; ${hint}`;
}

const FORMS: Readonly<Record<OutputType, string>> = {
  string: "text",
  number: "a number such as 12.5",
  integer: `a whole number of at most ${Number.MAX_SAFE_INTEGER}`,
  boolean: "true or false",
  array: "a JSON array",
  object: "a JSON object",
};

/** Undefined: the text is none of that type. */
function convert(text: string, type: OutputType): Json | undefined {
  const value = parseJson(text.trim());
  switch (type) {
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    case "integer":
      return Number.isSafeInteger(value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "array":
      return Array.isArray(value) ? value : undefined;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
    case "string":
      return text;
    default:
      return undefined;
  }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function show(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
