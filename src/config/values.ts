/**
 * The kinds of value that a setting can have. Each reads what a file holds (numbers, booleans, lists) as well as what a
 * flag or an environment variable holds (text), and its complaint says what is allowed; the loader adds the value seen.
 */
import { DURATION_FORM, parseAmount, parseDuration, parseSize, SIZE_FORM } from "../base/duration.ts";
import { type Reader, Refusal } from "./setting.ts";

/** A value that reads text by `read`; undefined from `read` means that it does not fit. */
function text<T>(form: string, read: (value: unknown) => T | undefined): Reader<T> {
  const refusal = new Refusal(`must be ${form}`);
  return (value) => {
    const out = read(value);
    return out === undefined ? refusal : out;
  };
}

/** A whole number within bounds. */
export function whole(min: number, max: number) {
  const form = max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`;
  return text(form, (value) => {
    const number = typeof value === "string" && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : undefined;
  });
}

/** A duration of at least `minMs`, read as milliseconds. A bare number is refused: its unit would be a guess. */
export function duration(minMs = 0) {
  const bound = minMs > 0 ? `, at least ${minMs}ms` : "";
  return text(`${DURATION_FORM}${bound}`, (value) => {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= minMs ? ms : undefined;
  });
}

/** A size, read as bytes. */
export function size(minBytes = 0) {
  return text(SIZE_FORM, (value) => {
    const bytes = typeof value === "number" ? value : typeof value === "string" ? parseSize(value) : undefined;
    return bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= minBytes ? bytes : undefined;
  });
}

/** The value of `inner`, or nothing: null in a file, `none` or empty text elsewhere. */
export function orNone<T>(inner: Reader<T>, form: string): Reader<T | null> {
  const refusal = new Refusal(`must be ${form}, or none`);
  return (value) => {
    if (value === null || value === "none" || value === "") return null;
    const read = inner(value);
    return read instanceof Refusal ? refusal : read;
  };
}

/** Text that is not empty. */
export function line(form: string) {
  return text(form, (value) => (typeof value === "string" && value.trim() !== "" ? value : undefined));
}

/** Text of a certain shape. */
export function shaped(form: string, shape: RegExp) {
  return text(form, (value) => (typeof value === "string" && shape.test(value) ? value : undefined));
}

/** One of some words, in upper or lower case. `also` maps words of other systems to ours. */
export function word<const W extends string>(words: readonly W[], also: Record<string, W> = {}) {
  return text(words.join(", ").replace(/, ([^,]*)$/, " or $1"), (value) => {
    const lower = typeof value === "string" ? value.trim().toLowerCase() : "";
    return words.find((candidate) => candidate === lower) ?? also[lower];
  });
}

/** Yes or no. */
export function yesNo() {
  const read: Record<string, boolean> = {
    true: true,
    yes: true,
    on: true,
    "1": true,
    false: false,
    no: false,
    off: false,
    "0": false,
  };
  return text("true or false", (value) => (typeof value === "boolean" ? value : read[String(value).toLowerCase()]));
}

/** A list of texts; in a variable or a flag its items stand between commas, and `none` is no item. */
export function list(form: string, shape?: RegExp) {
  return text(form, (value) => {
    const items =
      typeof value === "string"
        ? value
            .split(",")
            .map((item) => item.trim())
            .filter((item) => item !== "" && item !== "none")
        : value;
    return Array.isArray(items) && items.every((item) => typeof item === "string" && shape?.test(item) !== false)
      ? items
      : undefined;
  });
}

/** An http:// or https:// address, without a slash at its end. */
export function address() {
  return text("an address such as http://127.0.0.1:8000", (value) => {
    // A scheme with one slash would else be read as the name of a host.
    if (typeof value !== "string" || /^[a-z][a-z0-9+.-]*:\/(?!\/)/i.test(value)) return undefined;
    const url = URL.parse(value.includes("://") ? value : `http://${value}`);
    return url !== null && /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, "") : undefined;
  });
}

/** What a rate may look like; for error messages. */
export const RATE_FORM = "a rate such as 10/1s or 100/1m/20 (count/time/burst), or {limit, per, burst}";

/** So many in a stretch of time, and at most `burst` at once. */
export function rate() {
  const count = whole(1, 1_000_000);
  const period = duration(1);
  return text(RATE_FORM, (value) => {
    const parts = typeof value === "string" ? partsOfRate(value) : value;
    if (typeof parts !== "object" || parts === null || Array.isArray(parts)) return undefined;
    const { limit, per, burst = limit, ...more } = parts as Record<string, unknown>;
    const [most, perMs, atOnce] = [count(limit), period(per), count(burst)];
    if (Object.keys(more).length > 0 || typeof most !== "number" || typeof perMs !== "number") return undefined;
    return typeof atOnce === "number" ? { limit: most, perMs, burst: atOnce } : undefined;
  });
}

function partsOfRate(text: string): object | undefined {
  const [limit, per, ...burst] = text.split("/").map((part) => part.trim());
  if (per === undefined || burst.length > 1) return undefined;
  return { limit, per, ...(burst.length === 1 && { burst: burst[0] }) };
}

/** Most resources that can be named. */
const AMOUNTS_MAX = 16;

/** Most units of one resource. */
const UNITS_MAX = 64;
const UNIT = /^[A-Za-z0-9_.:-]{1,64}$/;

/** What a machine offers. */
export interface Offers {
  /** By name, in thousandths, as the worker link has them. */
  amounts: Record<string, number>;
  /** By resource the names of its units, where these are told apart: `amounts` holds their number. */
  units: Record<string, string[]>;
}

/**
 * What a machine offers, `{cpu: 4, gpu: [0, 2]}` or `cpu=4,gpu=[0,2]`. A list names units that are told apart; those of
 * `gpu` always are, and have their numbers for names when it is a number.
 */
export function offers(name: RegExp) {
  const form =
    `amounts by name such as {cpu: 4, memory: 8GiB} or cpu=4,memory=8GiB, or lists of units such as gpu=[0,2], ` +
    `at most ${AMOUNTS_MAX} (gpu a whole number up to ${UNITS_MAX})`;
  return text(form, (value) => {
    const pairs = typeof value === "string" ? pairsOf(value) : value;
    if (typeof pairs !== "object" || pairs === null || Array.isArray(pairs)) return undefined;
    const said = Object.entries(pairs);
    if (said.length > AMOUNTS_MAX) return undefined;
    const out: Offers = { amounts: {}, units: {} };
    return said.every(([key, offer]) => name.test(key) && key !== "__proto__" && addOffer(out, key, offer))
      ? out
      : undefined;
  });
}

function addOffer({ amounts, units }: Offers, name: string, offer: unknown): boolean {
  const amount = parseAmount(offer);
  const names = amount === undefined ? unitNames(offer) : name === "gpu" ? unitsOf(amount) : [];
  if (names === undefined) return false;
  if (names.length > 0) units[name] = names;
  amounts[name] = amount ?? names.length * 1000;
  return true;
}

/** `[0, 2]` or `[left, right]`, in a file or as text. */
function unitNames(offer: unknown): string[] | undefined {
  const inner = typeof offer === "string" ? /^\[([^[\]]*)\]$/.exec(offer.trim())?.[1]?.split(",") : offer;
  if (!Array.isArray(inner)) return undefined;
  const names = inner.map((one: unknown) => String(one).trim());
  const fit = names.every((one) => UNIT.test(one)) && new Set(names).size === names.length;
  return fit && names.length > 0 && names.length <= UNITS_MAX ? names : undefined;
}

function unitsOf(milli: number): string[] | undefined {
  const count = milli / 1000;
  return Number.isInteger(count) && count <= UNITS_MAX ? Array.from({ length: count }, (_, at) => `${at}`) : undefined;
}

const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9_./-]{0,126}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9_.:/+-]{0,128}$/;
const LABELS_MAX = 64;

/** Labels by name: what a worker is. `ssd` alone is `ssd=true`. */
export function labels() {
  const form = `labels such as {zone: attic, disk: ssd} or zone=attic,disk=ssd, at most ${LABELS_MAX}, each once, of letters, digits and _ . / - (values also : and +)`;
  return text(form, (value) => {
    const pairs = typeof value === "string" ? pairsOf(value) : value;
    if (typeof pairs !== "object" || pairs === null || Array.isArray(pairs)) return undefined;
    const read = Object.entries(pairs).map(([name, said]) => [name, String(said ?? true)] as const);
    const fits = read.every(([name, said]) => LABEL_NAME.test(name) && LABEL_VALUE.test(said) && name !== "__proto__");
    return fits && read.length <= LABELS_MAX ? (Object.fromEntries(read) as Record<string, string>) : undefined;
  });
}

/** Folders by name: `ml=/opt/venvs/ml`. */
export function folders(name: RegExp) {
  return text("folders by name such as {ml: /opt/venvs/ml} or ml=/opt/venvs/ml, each name once", (value) => {
    const pairs = typeof value === "string" ? pairsOf(value) : value;
    if (typeof pairs !== "object" || pairs === null || Array.isArray(pairs)) return undefined;
    const read = Object.entries(pairs) as [string, unknown][];
    const fits = read.every(
      ([key, path]) => name.test(key) && key !== "__proto__" && typeof path === "string" && path !== "",
    );
    return fits ? (Object.fromEntries(read) as Record<string, string>) : undefined;
  });
}

/** Undefined when a name stands twice: one of its values would be lost in silence. */
function pairsOf(text: string): object | undefined {
  // Commas inside of brackets do not end an item.
  if (text.trim() === "none") return {};
  const items = text.split(/,(?![^[]*\])/).filter((item) => item.trim() !== "");
  const pairs = items.map((item) =>
    /^([^=]*)(?:=(.*))?$/s
      .exec(item)!
      .slice(1)
      .map((part) => part?.trim()),
  );
  const read = Object.fromEntries(pairs) as object;
  return Object.keys(read).length === pairs.length ? read : undefined;
}

/** Any values by name, as JSON has them; text is read as JSON. */
export function mapping(bytesMax: number) {
  return text(`a mapping of names to values, as JSON of at most ${bytesMax} bytes`, (value) => {
    let read: unknown;
    try {
      read = value === "none" || value === null ? {} : typeof value === "string" ? JSON.parse(value) : value;
    } catch {
      return undefined;
    }
    if (typeof read !== "object" || read === null || Array.isArray(read)) return undefined;
    return Buffer.byteLength(JSON.stringify(read)) <= bytesMax ? (read as Record<string, unknown>) : undefined;
  });
}

/** A time zone that this machine knows. */
export function zone() {
  return text("an IANA time zone such as Europe/Berlin or UTC", (value) => {
    if (typeof value !== "string") return undefined;
    try {
      return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone && value;
    } catch {
      return undefined;
    }
  });
}
