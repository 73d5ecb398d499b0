/** What a param may be beyond its type, in the words of JSON Schema: bounds, lengths, a pattern, the items of a list. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { Pattern, PatternError } from "./cel/pattern.ts";

export const PARAM_TYPES = ["string", "number", "integer", "boolean", "array", "object"] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

/** What a param may be, in words. */
export const TYPE_WORDS: Record<ParamType, string> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
};

/** Longest text that a pattern is tried on. */
const MATCHED_MAX = 10_000;

/** What is wrong with a value, or nothing. */
export type Check = (value: Json) => string | undefined;

/** Tells what is wrong with a declaration; `keys` lead to it. */
type TellWrong = (keys: string[], message: string) => undefined;

/** Words with a number, and the types that they are about. */
const NUMBERS = {
  minimum: ["number", "integer"],
  maximum: ["number", "integer"],
  minLength: ["string"],
  maxLength: ["string"],
  minItems: ["array"],
  maxItems: ["array"],
} as const;
type NumberWord = keyof typeof NUMBERS;

export const CHECK_WORDS: readonly string[] = [...Object.keys(NUMBERS), "pattern", "items"];

/** The checks that a declaration asks for. */
export function readChecks(declaration: Readonly<Record<string, Json>>, wrong: TellWrong): Check[] {
  const checks: Check[] = [];
  const { type, pattern, items } = declaration;
  for (const word of Object.keys(NUMBERS) as NumberWord[]) {
    const bound = declaration[word];
    if (bound === undefined) continue;
    const isLength = word !== "minimum" && word !== "maximum";
    if (typeof bound !== "number" || (isLength && !(Number.isInteger(bound) && bound >= 0))) {
      wrong([word], `must be ${isLength ? "a whole number from 0" : "a number"}, not ${show(bound)}`);
    } else if (type !== undefined && !(NUMBERS[word] as readonly unknown[]).includes(type)) {
      wrong([word], `belongs to a param of type ${NUMBERS[word].join(" or ")}`);
    } else checks.push((value) => checkNumber(word, bound, value));
  }
  if (pattern !== undefined) {
    const check = readPattern(pattern, type, wrong);
    if (check !== undefined) checks.push(check);
  }
  if (items !== undefined) {
    const check = readItems(items, type, wrong);
    if (check !== undefined) checks.push(check);
  }
  return checks;
}

function checkNumber(word: NumberWord, bound: number, value: Json): string | undefined {
  const seen = `, not ${show(value)}`;
  switch (word) {
    case "minimum":
      return typeof value === "number" && value < bound ? `must be at least ${bound}${seen}` : undefined;
    case "maximum":
      return typeof value === "number" && value > bound ? `must be at most ${bound}${seen}` : undefined;
    case "minLength":
      return typeof value === "string" && value.length < bound
        ? `must hold at least ${bound} characters${seen}`
        : undefined;
    case "maxLength":
      return typeof value === "string" && value.length > bound
        ? `must hold at most ${bound} characters, not ${value.length}`
        : undefined;
    case "minItems":
      return Array.isArray(value) && value.length < bound ? `must hold at least ${bound} items${seen}` : undefined;
    case "maxItems":
      return Array.isArray(value) && value.length > bound
        ? `must hold at most ${bound} items, not ${value.length}`
        : undefined;
  }
}

function readPattern(source: Json, type: Json | undefined, wrong: TellWrong): Check | undefined {
  if (typeof source !== "string") return wrong(["pattern"], `must be text, not ${show(source)}`);
  if (type !== undefined && type !== "string") return wrong(["pattern"], "belongs to a param of type string");
  let pattern: Pattern;
  try {
    pattern = new Pattern(source);
  } catch (error) {
    if (error instanceof PatternError) return wrong(["pattern"], `is no pattern: it ${error.message}`);
    throw error;
  }
  return (value) => {
    if (typeof value !== "string") return undefined;
    if (value.length > MATCHED_MAX) return `must hold at most ${MATCHED_MAX} characters to be compared with a pattern`;
    return pattern.test(value) ? undefined : `must fit the pattern ${source}, not ${show(value)}`;
  };
}

const ITEM_WORDS = ["type", "enum", "description", ...CHECK_WORDS];

function readItems(declared: Json, type: Json | undefined, wrong: TellWrong): Check | undefined {
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) {
    return wrong(["items"], `must be a mapping such as {type: string}, not ${show(declared)}`);
  }
  if (type !== undefined && type !== "array") return wrong(["items"], "belongs to a param of type array");
  const { type: own, enum: allowed } = declared;
  for (const key of Object.keys(declared)) {
    if (!ITEM_WORDS.includes(key)) wrong(["items", key], `is not a key of items; it may have ${ITEM_WORDS.join(", ")}`);
  }
  if (own !== undefined && !PARAM_TYPES.includes(own as ParamType)) {
    return wrong(["items", "type"], `must be ${PARAM_TYPES.join(", ")}, not ${show(own)}`);
  }
  if (allowed !== undefined && (!Array.isArray(allowed) || allowed.length === 0)) {
    return wrong(["items", "enum"], `must be a list of the allowed values, not ${show(allowed)}`);
  }
  const checks = readChecks(declared, (keys, message) => wrong(["items", ...keys], message));
  if (own !== undefined) checks.unshift((value) => checkType(own as ParamType, value));
  if (allowed !== undefined) checks.push((value) => checkEnum(allowed, value));
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    for (const [index, item] of value.entries()) {
      const found = firstOf(checks, item);
      if (found !== undefined) return `has an item ${index} that ${found}`;
    }
    return undefined;
  };
}

export function firstOf(checks: readonly Check[], value: Json): string | undefined {
  for (const check of checks) {
    const found = check(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function checkType(type: ParamType, value: Json): string | undefined {
  const fits = type === "integer" ? Number.isSafeInteger(value) : typeOf(value) === type;
  return fits ? undefined : `must be ${TYPE_WORDS[type]}, not ${show(value)}`;
}

export function checkEnum(allowed: readonly Json[], value: Json): string | undefined {
  const text = JSON.stringify(value);
  if (allowed.some((one) => JSON.stringify(one) === text)) return undefined;
  return `must be one of ${allowed.map((one) => show(one)).join(", ")}, not ${show(value)}`;
}

export function typeOf(value: Json): ParamType | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value)) return "array";
  return typeof value as ParamType;
}
