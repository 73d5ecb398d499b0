/** Evaluates values with expressions in them, and says where one went wrong. */
import type { Json } from "../base/words.ts";
import { ExpressionError } from "./cel/cel.ts";
import { hasExpression, mapTexts, textOf } from "./expression.ts";
import { pathText } from "./problems.ts";

/** Why a task cannot go on: what its file says has no value. */
export class Fault extends Error {}

export interface TextEvaluator {
  /** What a text with expressions becomes. */
  evaluateText(text: string): Json;
}

/** Runs `evaluate`; what is wrong with the expression is told with the key in which it stands. */
export function evaluateAt<T>(where: string | (() => string), text: string, evaluate: (text: string) => T): T {
  try {
    return evaluate(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new Fault(`${typeof where === "string" ? where : where()}: ${short(text)} ${error.message}`);
  }
}

function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** `value` with every text in it evaluated. Where the schema asks for text, other values are written as text. */
export function evaluateAll<T>(value: T, evaluator: TextEvaluator, where: string): T {
  return mapTexts(value as Json, (text, path) => {
    if (!hasExpression(text)) return text;
    const place = (): string => pathText([where, ...path.slice(where === path[0] ? 1 : 0)]);
    const read = evaluateAt(place, text, (one) => evaluator.evaluateText(one));
    return isTextual(path) ? toText(read, path) : read;
  }) as T;
}

/** Places of a task's work that hold text, whatever stands in an expression. */
const TEXTS: ReadonlySet<string> = new Set(["shell.command", "shell.cwd", "shell.stdin", "http.url", "http.method"]);

function isTextual(path: readonly (string | number)[]): boolean {
  const [kind, key] = path;
  return TEXTS.has(`${kind}.${key}`) || ((kind === "shell" || kind === "http") && (key === "env" || key === "headers"));
}

function toText(value: Json, path: readonly (string | number)[]): string {
  const text = textOf(value);
  if (text.includes("\0")) throw new Fault(`${pathText(path)} must not hold a zero byte`);
  if (path[1] === "env" && text.length > ENV_MAX) {
    throw new Fault(
      `${pathText(path)} is ${text.length} characters long; at most ${ENV_MAX} may be: put the data into a file`,
    );
  }
  if (path[1] === "url" && !/^https?:\/\//i.test(text)) {
    throw new Fault(`${pathText(path)} must be an http:// or https:// URL, not ${JSON.stringify(text.slice(0, 80))}`);
  }
  if (path[1] === "cwd" && text === "") throw new Fault(`${pathText(path)} must not be empty`);
  return text;
}

/** Linux refuses a variable of 128 KiB. */
const ENV_MAX = 100_000;
