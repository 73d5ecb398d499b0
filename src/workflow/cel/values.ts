/** What an expression gives as JSON: integers of CEL become numbers, moments ISO text, durations seconds. */
import type { Json } from "../../base/words.ts";

/** A value that JSON has no words for. */
export class ValueError extends Error {}

/** Turns values of the library into JSON, and counts the characters that its text has, about. */
export class Converter {
  readonly #max: number;
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The same object where there is nothing to change. */
  convert(value: unknown, depth = 0): Json {
    if (depth > 200) throw new ValueError("gives a value that is nested more than 200 deep");
    this.#count(typeof value === "string" ? value.length + 2 : 4);
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value)) return value;
        throw new ValueError(`gives ${value}, which is no number of JSON`);
      case "bigint": {
        const number = Number(value);
        if (Number.isSafeInteger(number)) return number;
        throw new ValueError(`gives ${value}, which is too large for a number of JSON; write string(…)`);
      }
      case "undefined":
        return null;
      case "object":
        return value === null ? null : this.#object(value, depth);
      default:
        throw new ValueError("gives something that is no value");
    }
  }

  #object(value: object, depth: number): Json {
    if (Array.isArray(value)) return this.#list(value, depth);
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) throw new ValueError("gives bytes; write string(…) or .base64()");
    const { constructor: made } = value;
    if (made === Object || made === undefined || Object.getPrototypeOf(value) === Object.prototype) {
      return this.#mapping(value as Record<string, unknown>, depth);
    }
    if ("seconds" in value && "nanos" in value) return `${Number(value.seconds) + Number(value.nanos) / 1e9}s`;
    // Unsigned integers and types.
    const plain = typeof value.valueOf() === "bigint" ? value.valueOf() : undefined;
    if (plain !== undefined) return this.convert(plain, depth);
    if ("name" in value && typeof value.name === "string") return value.name;
    throw new ValueError("gives something that is no value of JSON");
  }

  #list(value: readonly unknown[], depth: number): Json {
    let changed: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item = this.convert(value[i], depth + 1);
      if (changed === undefined && item !== value[i]) changed = value.slice(0, i) as Json[];
      changed?.push(item);
    }
    return changed ?? (value as Json);
  }

  #mapping(value: Record<string, unknown>, depth: number): Json {
    let changed: Record<string, Json> | undefined;
    for (const key of Object.keys(value)) {
      this.#count(key.length + 3);
      const one = value[key];
      const item = this.convert(one, depth + 1);
      if (item === one) continue;
      changed ??= { ...(value as Record<string, Json>) };
      changed[key] = item;
    }
    return changed ?? (value as Json);
  }

  #count(size: number): void {
    this.#size += size;
    if (this.#size > this.#max) {
      throw new ValueError(`gives more than ${this.#max} characters of JSON; keep large data in files or artifacts`);
    }
  }
}
