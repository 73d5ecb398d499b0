/**
 * What JSON can carry, told apart from what a program may hold. One walk, no copy: several times cheaper than
 * `z.json()`, safe on cycles and on depths that would overflow the stack of whoever writes the value out later.
 */
import { z } from "zod";
import type { Json } from "../base/words.ts";

/** Deepest nesting of arrays and objects. `JSON.stringify` and SQLite's own JSON functions stop not far above. */
export const JSON_DEPTH_MAX = 200;

/** Most values in one tree. Shared parts count each time, so a small program cannot unfold into an endless walk. */
export const JSON_VALUES_MAX = 10_000_000;

let budget = 0;

/** True when `value` is JSON, not nested too deep. A cycle is "too deep"; a hole and an `undefined` are not JSON. */
export function isJson(value: unknown): value is Json {
  budget = JSON_VALUES_MAX;
  return walk(value, JSON_DEPTH_MAX);
}

function walk(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth > 0 && walkObject(value, depth - 1));
    default:
      return false;
  }
}

function walkObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    budget -= value.length;
    if (budget < 0) return false;
    for (let i = 0; i < value.length; i++) if (!walk(value[i], depth)) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  for (const key in value) {
    if (--budget < 0 || !walk((value as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
}

/** True for what `{}` and `JSON.parse` make, in this realm or another; false for instances of classes. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

const JSON_FORM =
  "must be JSON (null, true, false, a finite number, text, an array, an object) " +
  `at most ${JSON_DEPTH_MAX} levels deep`;

/** Any JSON value. By reference: what is validated is what is kept. */
export const JsonValue = z.any().refine(isJson, { error: JSON_FORM }) as unknown as z.ZodType<Json, Json>;
