/** Readers that keys of the graph share: durations, counts, conditions, values whose expressions are evaluated later. */
import { parseDuration } from "../base/duration.ts";
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { readExpression } from "./cel/cel.ts";
import { conditionOf, hasExpression, mapTexts } from "./expression.ts";
import { evaluated, type Place, tell, tellExpression } from "./keys.ts";
import { checkNames, isDynamic, ITEM_ROOTS, readNames, STATIC_ROOTS, withTaskNames, writeReading } from "./names.ts";
import type { Path } from "./problems.ts";

/** Milliseconds, or nothing when a problem was told. */
export function duration(value: Json, key: string, place: Place, keys: Path = []): number | undefined {
  if (typeof value === "number") {
    tell(place, key, `must have a unit, not ${value}: write a unit, such as ${value}s`, keys);
    return undefined;
  }
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms === undefined || ms <= 0) tell(place, key, `must be a duration such as 90s or 10m, not ${show(value)}`, keys);
  return ms === undefined || ms <= 0 ? undefined : ms;
}

/** A whole number from 1. */
export function count(value: Json, key: string, place: Place, keys: Path = []): number | undefined {
  const read = typeof value === "string" ? evaluated(value, key, { ...place, roots: STATIC_ROOTS }, keys) : value;
  if (read === undefined) return undefined;
  // A param whose value comes later.
  if (typeof read === "string" && hasExpression(read)) return 1;
  if (Number.isSafeInteger(read) && (read as number) >= 1) return read as number;
  tell(place, key, `must be a whole number from 1, not ${show(read)}`, keys);
  return undefined;
}

/** The CEL text of a condition, its names checked, and what it names. */
export function readCondition(
  value: Json,
  key: string,
  place: Place,
  roots: Place["roots"],
  keys: Path = [],
): { text: string; items: boolean } | undefined {
  if (typeof value === "boolean") return { text: String(value), items: false };
  if (typeof value !== "string") {
    tell(place, key, `must be a condition such as tasks.a.outputs.n > 3, not ${show(value)}`, keys);
    return undefined;
  }
  try {
    const text = withTaskNames(conditionOf(value), place.scope.tasks);
    const references = checkNames(text, place.scope, roots);
    place.task!.note(references, [...place.path, key, ...keys]);
    const { type } = readExpression(text);
    if (type !== "bool" && type !== "dyn") {
      tell(place, key, `must be true or false, and ${show(text)} is of type ${type}`, keys);
      return undefined;
    }
    return { text, items: references.some(({ path }) => (ITEM_ROOTS as ReadonlySet<string>).has(path[0]!)) };
  } catch (error) {
    tellExpression(place, key, error, keys);
    return undefined;
  }
}

/** Texts of a value, each with names read for later, none evaluated. */
export function namesRead(value: Json, key: string, place: Place): Json {
  return mapTexts(value, (text, keys) => {
    if (!hasExpression(text)) return text;
    try {
      const reading = readNames(text, place.scope, place.roots);
      for (const reference of reading.references)
        if (isDynamic(reference, place.scope)) place.task?.note([reference], [...place.path, key, ...keys]);
      return writeReading(reading);
    } catch (error) {
      tellExpression(place, key, error, keys);
      return text;
    }
  });
}
