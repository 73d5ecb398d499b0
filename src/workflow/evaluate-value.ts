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
    const place = (): string => pathText(placeOf(where, path));
    const read = evaluateAt(place, text, (one) => evaluator.evaluateText(one));
    return isTextual(path) ? toText(read, path) : read;
  }) as T;
}

/** As it stands in the file: what the executor of a task gets stands in it as `with`. */
function placeOf(where: string, path: readonly (string | number)[]): (string | number)[] {
  if (where === "custom") return path.slice(1);
  return [where, ...path.slice(where === path[0] ? 1 : 0)];
}

/** Places of a task's work that hold text, whatever stands in an expression. */
const TEXTS: ReadonlySet<string> = new Set([
  ...["shell.command", "shell.cwd", "shell.stdin", "http.url", "http.method"],
  ...["docker.image", "docker.command", "docker.stdin", "docker.network", "docker.user", "wasm.args", "wasm.stdin"],
]);
const KINDS_WITH_ENV: ReadonlySet<unknown> = new Set(["shell", "docker", "plugin", "wasm"]);

function isTextual(path: readonly (string | number)[]): boolean {
  const [kind, key] = path;
  // A list of arguments may stand in one expression; its items are checked when it is there.
  if (path.length === 2 && (key === "args" || (kind === "docker" && key === "command"))) return false;
  if (TEXTS.has(`${kind}.${key}`)) return true;
  return key === "env" ? KINDS_WITH_ENV.has(kind) : kind === "http" && key === "headers";
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
  if (path[1] === "image" && !IMAGE.test(text)) {
    throw new Fault(`${pathText(path)} must be the name of an image, not ${JSON.stringify(text.slice(0, 80))}`);
  }
  if (path[1] === "cwd" && text === "") throw new Fault(`${pathText(path)} must not be empty`);
  return text;
}

/** Letters of image names, with registry, tag and digest. */
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9_./:@-]*$/;

/** Linux refuses a variable of 128 KiB. */
const ENV_MAX = 100_000;
