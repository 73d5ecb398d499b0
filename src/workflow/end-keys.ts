/** Keys about the end of an attempt: whether the task is done again, and what it leaves for others. */
import type { Json } from "../base/words.ts";
import { Name } from "../protocol/common.ts";
import { OUTPUT_TYPES, type OutputType } from "../protocol/node.ts";
import { show } from "../protocol/parse.ts";
import { readExpression } from "./cel/cel.ts";
import { count, duration, readCondition } from "./conditions.ts";
import { hasExpression, inlineValues } from "./expression.ts";
import { isMapping, type KeyReader, type Place, readKeys, tell, tellExpression } from "./keys.ts";
import { END_ROOTS, ITEM_ROOTS, readNames, STATIC_ROOTS, staticScope, writeReading } from "./names.ts";
import type { Path } from "./problems.ts";

/** Times that a task is repeated unless it says otherwise. */
const REPEAT_LIMIT = 1000;

export const REPEAT_KEYS: Readonly<Record<string, KeyReader>> = {
  while: readRepeatCondition,
  until: readRepeatCondition,
  interval: (value, key, place) => {
    const ms = value === 0 || value === "0s" ? 0 : duration(value, key, place);
    if (ms !== undefined) place.draft["intervalMs"] = ms;
  },
  limit: (value, key, place) => {
    const limit = count(value, key, place);
    if (limit !== undefined) place.draft["limit"] = limit;
  },
};

export function readRepeat(value: Json, key: string, place: Place): void {
  const { node } = place.task!;
  if (!isMapping(value)) {
    const limit = count(value, key, place);
    if (limit !== undefined) node.repeat = { intervalMs: 0, limit };
    return;
  }
  const draft: Record<string, unknown> = {};
  readKeys(value, REPEAT_KEYS, { ...place, path: [...place.path, key], draft });
  const asks = draft["while"] !== undefined || draft["until"] !== undefined;
  if ("while" in value && "until" in value) tell(place, key, "must have only one of while, until");
  else if (!("while" in value) && !("until" in value) && !("limit" in value)) {
    tell(place, key, "must say how often: while, until or limit");
  } else node.repeat = { intervalMs: asks ? 1000 : 0, limit: REPEAT_LIMIT, ...draft };
}

function readRepeatCondition(value: Json, key: string, place: Place): void {
  const text = readEndExpression(value, key, place, [], true);
  if (text !== undefined) place.draft[key] = text;
}

/** CEL over what an attempt left. Params are not at hand then: they are written into it. */
function readEndExpression(
  value: Json,
  key: string,
  place: Place,
  keys: Path,
  isCondition: boolean,
): string | undefined {
  const items = place.task!.isEach ? ITEM_ROOTS : new Set<never>();
  const roots = END_ROOTS.union(STATIC_ROOTS).union(items);
  try {
    if (isCondition) {
      const read = readCondition(value, key, place, roots, keys);
      return read && inlineValues(readExpression(read.text), STATIC_ROOTS, staticScope(place.scope));
    }
    const reading = readNames(value as string, place.scope, roots);
    for (const piece of reading.pieces) {
      if (typeof piece === "string") continue;
      piece.expression = inlineValues(readExpression(piece.expression), STATIC_ROOTS, staticScope(place.scope));
    }
    const [first] = reading.pieces;
    return reading.pieces.length === 1 && typeof first === "object" ? first.expression : writeReading(reading);
  } catch (error) {
    tellExpression(place, key, error, keys);
    return undefined;
  }
}

/** What a task leaves: words of a command, or values out of its result. */
export function readOutputs(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of names to outputs, not ${show(value)}`);
  const task = place.task!;
  for (const [name, one] of Object.entries(value)) {
    if (!Name.safeParse(name).success) {
      tell(place, key, "must have a name of letters, digits and _ . : / -", [name], "key");
      continue;
    }
    if (isComputed(one)) {
      const { value: text, type, ...more } = isMapping(one) ? one : ({ value: one } as Record<string, Json>);
      const odd = Object.keys(more)[0];
      if (odd !== undefined) tell(place, key, `does not go with value: an output is {value, type}`, [name, odd], "key");
      if (type !== undefined && !OUTPUT_TYPES.includes(type as OutputType)) {
        tell(place, key, `must be ${OUTPUT_TYPES.join(", ")}, not ${show(type)}`, [name, "type"]);
      }
      const written = text as string;
      const cel = isMapping(one) && !hasExpression(written) ? `\${{ ${written} }}` : written;
      const read = readEndExpression(cel, key, place, isMapping(one) ? [name, "value"] : [name], false);
      if (read === undefined) continue;
      task.outputs.set(name, { value: read, ...(type !== undefined && { type: type as OutputType }) });
    } else task.declared[name] = one;
  }
}

/** A text with an expression, or a mapping that says its value. */
function isComputed(value: Json): boolean {
  return typeof value === "string" ? hasExpression(value) : isMapping(value) && typeof value["value"] === "string";
}
