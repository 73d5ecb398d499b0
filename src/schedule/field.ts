/** The fields of a cron expression: text to sets of numbers. Errors name the field, the value and what is allowed. */
import { OctopusError } from "../base/errors.ts";
import { hashText } from "../base/hash.ts";

export interface FieldKind {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** Number of the first name. */
  readonly first?: number;
  /** Largest value that a bare `H` takes: every month has it. */
  readonly hashMax?: number;
  /** Parts that are no numbers, by form. */
  readonly special?: RegExp;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
export const DAY_NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

export const FIELDS = {
  second: { name: "second", min: 0, max: 59 },
  minute: { name: "minute", min: 0, max: 59 },
  hour: { name: "hour", min: 0, max: 23 },
  day: { name: "day of month", min: 1, max: 31, hashMax: 28, special: /^(l|lw|([1-9]|[12]\d|3[01])w)$/ },
  month: { name: "month", min: 1, max: 12, names: MONTHS, first: 1 },
  weekday: {
    name: "day of week",
    min: 0,
    max: 7,
    names: DAY_NAMES,
    first: 0,
    hashMax: 6,
    special: /^([0-7]|sun|mon|tue|wed|thu|fri|sat)(l|#[1-5])$/,
  },
} as const satisfies Record<string, FieldKind>;

export interface Field {
  readonly kind: FieldKind;
  /** As written. */
  readonly text: string;
  /** Ascending. */
  readonly values: readonly number[];
  /** `l`, `lw`, `15w`; `5l`, `1#2`, in lower case and with numbers for names. */
  readonly special: readonly string[];
  /** It begins with `*` (or is `?`): by Vixie's rule it does not restrict. */
  readonly star: boolean;
}

/** Reads one field; `seed` decides what `H` is. */
export function parseField(kind: FieldKind, text: string, seed: string): Field {
  const values = new Set<number>();
  const special: string[] = [];
  const lower = text.toLowerCase();
  const anyDay = lower === "?" && kind.special !== undefined;
  for (const part of anyDay ? ["*"] : lower.split(",")) {
    if (kind.special?.test(part) === true) special.push(withNumber(kind, part));
    else for (const value of parsePart(kind, part, text, seed)) values.add(value);
  }
  if (kind === FIELDS.weekday && values.delete(7)) values.add(0);
  return { kind, text, values: [...values].sort((a, b) => a - b), special, star: anyDay || lower.startsWith("*") };
}

/** `fril` → `5l`; `sun#2` → `0#2`; 7 is Sunday. */
function withNumber(kind: FieldKind, part: string): string {
  const match = /^([a-z]{3})(l|#\d)$/.exec(part);
  const numbered = match === null ? part : `${kind.names!.indexOf(match[1]!)}${match[2]}`;
  return kind === FIELDS.weekday ? numbered.replace(/^7/, "0") : numbered;
}

function* parsePart(kind: FieldKind, part: string, text: string, seed: string): Generator<number> {
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0) throw refuse(kind, text, `has more than one / in ${part}`);
  const by = step === undefined ? 1 : parseStep(kind, step, text);
  const hashed = /^h(?:\((\d+)-(\d+)\))?$/.exec(range);
  if (hashed !== null) {
    yield* hashedValues(kind, text, hashed, step === undefined ? undefined : by, seed);
    return;
  }
  let low = kind.min;
  let high = kind === FIELDS.weekday ? 6 : kind.max;
  if (range !== "*") {
    const [from = "", to, ...rest] = range.split("-");
    if (rest.length > 0) throw refuse(kind, text, `has more than one - in ${part}`);
    low = parseNumber(kind, from, text);
    if (to !== undefined) high = parseNumber(kind, to, text);
    else if (step === undefined) high = low;
    if (low > high) {
      const instead = `${from}-${kind.names?.[kind.max - (kind.first ?? 0)] ?? kind.max},${kind.min}-${to}`;
      throw refuse(kind, text, `has a range that runs backwards: ${range}; write it as two, such as ${instead}`);
    }
  }
  for (let value = low; value <= high; value += by) yield value;
}

/** `H`: one value of the range. `H/n`: every n-th, from one of the first n. */
function* hashedValues(
  kind: FieldKind,
  text: string,
  [whole, from, to]: RegExpExecArray,
  step: number | undefined,
  seed: string,
): Generator<number> {
  const low = from === undefined ? kind.min : parseNumber(kind, from, text);
  const full = kind === FIELDS.weekday ? 6 : kind.max;
  // With a step it goes through the whole range; a single day must be one that each month has.
  const high = to !== undefined ? parseNumber(kind, to, text) : step === undefined ? (kind.hashMax ?? full) : full;
  if (low > high) throw refuse(kind, text, `has a range that runs backwards: ${whole}`);
  const hash = Number.parseInt(hashText(`${seed}\n${kind.name}`).slice(0, 8), 16);
  if (step === undefined) yield low + (hash % (high - low + 1));
  else for (let value = low + (hash % Math.min(step, high - low + 1)); value <= high; value += step) yield value;
}

function parseStep(kind: FieldKind, step: string, text: string): number {
  const size = /^\d{1,4}$/.test(step) ? Number(step) : 0;
  const most = kind.max - kind.min + 1;
  if (size < 1 || size > most) throw refuse(kind, text, `has the step ${step || "(nothing)"}; allowed is 1 to ${most}`);
  return size;
}

function parseNumber(kind: FieldKind, word: string, text: string): number {
  const named = kind.names?.indexOf(word) ?? -1;
  if (named >= 0) return named + kind.first!;
  const value = /^\d{1,4}$/.test(word) ? Number(word) : -1;
  if (value >= kind.min && value <= kind.max) return value;
  const names = kind.names === undefined ? "" : ` or ${kind.names[0]} to ${kind.names.at(-1)}`;
  throw refuse(kind, text, `has ${word || "nothing"} where ${kind.min} to ${kind.max}${names} is allowed`);
}

function refuse(kind: FieldKind, text: string, what: string): OctopusError {
  return new OctopusError("invalid", `the ${kind.name} field ${JSON.stringify(text)} ${what}`);
}
