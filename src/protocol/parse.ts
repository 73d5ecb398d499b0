/** Turns Zod's findings into `Issue`s that name the field, the value seen and what is allowed. */
import type { z } from "zod";
import { OctopusError } from "../base/errors.ts";
import { knownWords, nearest } from "../base/nearest.ts";
import { keysAt } from "./known-keys.ts";

/** Reads `value` by `schema`, or throws `invalid` with one issue per problem. `where` begins each path. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where = ""): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const known: KnownKeys = (path) => keysAt(schema, path);
  const issues = findingsOf(result.error, value, known).map(({ path, message }) => ({
    path: pathText(path, where),
    message,
  }));
  throw new OctopusError("invalid", issues.map((issue) => `${issue.path || "body"} ${issue.message}`).join("; "), {
    issues,
  });
}

/** One thing that is wrong, and the keys that lead to it: for callers that can show the place in a file. */
export interface Finding {
  path: PropertyKey[];
  message: string;
}

/** The keys that a place takes, which are told where there are few; none where that is not known. */
type KnownKeys = (path: readonly PropertyKey[]) => readonly string[];

/** What is wrong by a failed parse, the most useful first, at most 20. `keys`: what an unknown key may have been meant to be. */
export function findingsOf(
  error: z.ZodError,
  value: unknown,
  keys: readonly string[] | KnownKeys = knownKeys,
): Finding[] {
  const found = flatten(error.issues, []).slice(0, 20);
  return found.map(({ issue, path }) => {
    const hint = (key: string): string => {
      const here = typeof keys === "function" ? keys(path) : [];
      return here.length > 0 ? knownWords(key, here) : guess(key, typeof keys === "function" ? knownKeys : keys);
    };
    return { path, message: describe(issue, valueAt(value, path), hint) };
  });
}

type AnyIssue = z.core.$ZodIssue;

/** How deep in the value the deepest complaint of a failure lies; a union may stand in a union. */
function depthOf(issue: AnyIssue): number {
  const inner = issue.code === "invalid_union" ? issue.errors.flat().map(depthOf) : [];
  return issue.path.length + Math.max(0, ...inner);
}

/** A union's failure is told by its nearest branch: the one whose complaints lie deepest, unless it has words of its own. */
function flatten(issues: readonly AnyIssue[], prefix: PropertyKey[]): { issue: AnyIssue; path: PropertyKey[] }[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === "invalid_union") {
      const deepest = issue.errors
        .map((branch) => ({
          branch,
          depth: Math.max(...branch.map(depthOf), 0),
          keys: branch.some((one) => one.code === "unrecognized_keys"),
        }))
        .filter(({ depth, keys }) => depth > 0 || keys)
        .toSorted((a, b) => b.depth - a.depth)[0];
      if (deepest) return flatten(deepest.branch, path);
      // The value has the right form, and is too long or too much: that says more than the forms there are.
      const tooMuch = issue.errors.flat().find((one) => /^too_(big|small)$/.test(one.code) && hasWords(one));
      if (tooMuch) return flatten([tooMuch], path);
      const worded = hasWords(issue)
        ? undefined
        : issue.errors.flatMap((branch) => flatten(branch, path)).find(isWorded);
      if (worded) return [worded];
    }
    return [{ issue, path }];
  });
}

/** True for a message that our schema gave, and not Zod. */
function hasWords(issue: AnyIssue): boolean {
  return !/^(Invalid|Too|Unrecognized)/.test(issue.message);
}

function isWorded({ issue }: { issue: AnyIssue }): boolean {
  return hasWords(issue);
}

function describe(issue: AnyIssue, seen: unknown, hint: (key: string) => string): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `has the unknown key ${JSON.stringify(key)}${hint(key)}`).join("; ");
  if (issue.code === "invalid_key")
    return `is no name that is allowed: it ${issue.issues[0]?.message ?? "must be another"}`;
  // A check of our own says by itself what is missing.
  const missing = seen === undefined && issue.code !== "custom";
  const allowed = hasWords(issue) ? issue.message : fallback(issue);
  if (missing) return `is missing: ${allowed}`;
  return seen === undefined ? allowed : `${allowed}, not ${show(seen)}`;
}

/** Keys that are known where an unknown one was seen; set by whoever owns the schema, for "did you mean". */
const knownKeys: string[] = [];
export function suggestKeys(keys: readonly string[]): void {
  for (const key of keys) if (!knownKeys.includes(key)) knownKeys.push(key);
}

/** One that is known elsewhere may still be meant for another one that is known here. */
function guess(key: string, known: readonly string[]): string {
  const near = nearest(
    key,
    known.filter((one) => one !== key),
  );
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function fallback(issue: AnyIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_big":
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case "too_small":
      return `must be at least ${issue.minimum}${unit(issue.origin)}`;
    default:
      return issue.message.replace(/^Invalid input: /, "");
  }
}

function unit(origin: string): string {
  return origin === "string" ? " characters long" : origin === "array" ? " items long" : "";
}

function article(type: string): string {
  const word = type === "int" ? "whole number" : type === "record" ? "object" : type;
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** A value as it can stand in a message: short, on one line. Never throws and never walks far, whatever it gets. */
export function show(value: unknown): string {
  const text = write(value, 90, 6);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** JSON where JSON can say it, for about `room` characters and `depth` levels. */
function write(value: unknown, room: number, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room + 1));
  if (typeof value !== "object" || value === null) return String(value);
  const isArray = Array.isArray(value);
  if (value instanceof Date) return value.toString();
  if (depth === 0) return isArray ? "[…]" : "{…}";
  let text = "";
  for (const key in value) {
    if (text.length > room) break;
    const member = write((value as Record<string, unknown>)[key], room - text.length, depth - 1);
    text += `${text === "" ? "" : ","}${isArray ? "" : `${JSON.stringify(key)}:`}${member}`;
  }
  return isArray ? `[${text}]` : `{${text}}`;
}

/** `tasks[3].retries.limit` */
export function pathText(path: readonly PropertyKey[], where = ""): string {
  let text = where;
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}
