/**
 * Remembers what the schema made of a field. Rates, resources, rules of retries and callbacks are few in a program and come
 * with each of its tasks; reading one again costs several times as much as the rest of the task.
 *
 * SF1  Only fields whose meaning depends on nothing else in the task are asked for here.
 * SF2  Equal JSON text gives one and the same object: nobody may change it.
 */
import { isJson } from "./json.ts";

/** Distinct values remembered for each field; a program with more gains nothing by it. */
const SEEN_MAX = 1000;
/** Longer text is not worth holding. */
const TEXT_MAX = 4000;

/** Reads fields by `read`, which answers undefined for what it refuses; each distinct value once. */
export class SeenFields {
  readonly #read: (name: string, field: unknown) => unknown;
  readonly #seen = new Map<string, Map<string, unknown>>();

  constructor(read: (name: string, field: unknown) => unknown) {
    this.#read = read;
  }

  get(name: string, field: unknown): unknown {
    // What is not JSON may look like it: `undefined` and functions leave no trace in a text.
    if (!isJson(field)) return undefined;
    const text = JSON.stringify(field);
    if (text.length > TEXT_MAX) return undefined;
    let values = this.#seen.get(name);
    if (values === undefined) this.#seen.set(name, (values = new Map()));
    const known = values.get(text);
    if (known !== undefined) return known;
    const value = this.#read(name, field);
    if (value === undefined) return undefined;
    if (values.size >= SEEN_MAX) values.clear();
    values.set(text, value);
    return value;
  }
}
