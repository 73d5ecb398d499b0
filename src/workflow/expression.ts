/**
 * `${{ params.x }}` and `${{ env.X }}`: values that a workflow file takes from elsewhere. A text that is one expression
 * and nothing else becomes the value itself; otherwise the value is written into the text. `$${{` stands for `${{`.
 *
 * This is the whole language for now. It has a file of its own because a richer one takes its place; callers know
 * `hasExpression`, `evaluate` and `interpolate`, nothing else.
 */
import type { Json } from "../base/words.ts";

/** The names that an expression may use. */
export interface Scope {
  params: Readonly<Record<string, Json>>;
  env: Readonly<Record<string, Json>>;
}

/** Says what is wrong with an expression; `word` and `candidates` are for "did you mean". */
export interface ExpressionError {
  message: string;
  word: string;
  candidates: string[];
}

export type Evaluated = { ok: true; value: Json } | { ok: false; error: ExpressionError };

const EXPRESSION = /(\$?)\$\{\{([\s\S]*?)(\}\}|$)/g;

export function hasExpression(text: string): boolean {
  return text.includes("${{");
}

/** What `text` becomes in `scope`. */
export function evaluate(text: string, scope: Scope): Evaluated {
  if (!hasExpression(text)) return { ok: true, value: text };
  let error: ExpressionError | undefined;
  let whole: Json | undefined;
  const written = text.replace(EXPRESSION, (match: string, escape: string, inner: string, end: string) => {
    if (escape !== "") return match.slice(1);
    const result = end === "" ? unclosed(match) : lookUp(inner.trim(), scope);
    if (!result.ok) {
      error ??= result.error;
      return "";
    }
    if (match === text) whole = result.value;
    return textOf(result.value);
  });
  if (error !== undefined) return { ok: false, error };
  return { ok: true, value: whole === undefined ? written : whole };
}

/** `value` with every text in it evaluated, however deep; `report` hears of each error and its path. */
export function interpolate(
  value: Json,
  scope: Scope,
  report: (path: (string | number)[], error: ExpressionError) => void,
  path: (string | number)[] = [],
): Json {
  if (typeof value === "string") {
    const result = evaluate(value, scope);
    if (result.ok) return result.value;
    report(path, result.error);
    return value;
  }
  if (Array.isArray(value)) return value.map((item, index) => interpolate(item, scope, report, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, interpolate(item, scope, report, [...path, key])]);
  return Object.fromEntries(entries) as Json;
}

/** A value inside a text, or as an environment variable: text as it is, everything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function lookUp(inner: string, scope: Scope): Evaluated {
  const match = /^([A-Za-z_]\w*)\.([A-Za-z_]\w*)$/.exec(inner);
  if (!match) return failed(`has the expression \${{ ${inner} }}; it must be params.NAME or env.NAME`);
  const [, root, name] = match as unknown as [string, string, string];
  if (root !== "params" && root !== "env") {
    return failed(`has the expression \${{ ${inner} }}, and ${root} is unknown`, root, ["params", "env"]);
  }
  const names = scope[root];
  if (Object.hasOwn(names, name)) return { ok: true, value: names[name]! };
  return failed(`names the unknown ${root}.${name}`, name, Object.keys(names));
}

function unclosed(match: string): Evaluated {
  return failed(`has ${match.slice(0, 20)} without the }} that ends it`);
}

function failed(message: string, word = "", candidates: string[] = []): Evaluated {
  return { ok: false, error: { message, word, candidates } };
}
