/**
 * `${{ … }}`: values that a workflow file takes from elsewhere. A text that is one expression and nothing else becomes the
 * value itself; otherwise the value is written into the text. `$${{` stands for `${{`. What stands inside is CEL
 * (`cel/cel.ts`); here is how a text is taken apart and put together.
 */
import type { Json } from "../base/words.ts";
import { type Expression, ExpressionError, readExpression, type Scope } from "./cel/cel.ts";

const OPEN = "${{";
const ESCAPED = "$${{";

export function hasExpression(text: string): boolean {
  return text.includes(OPEN);
}

/** A text taken apart: literal texts, and expressions as they are written. */
export type Piece = string | { expression: string };

/** Throws `ExpressionError` for an expression without an end. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf(OPEN, at);
    if (open < 0) break;
    if (text[open - 1] === "$" && open > at) {
      literal += `${text.slice(at, open - 1)}${OPEN}`;
      at = open + OPEN.length;
      continue;
    }
    literal += text.slice(at, open);
    const end = endOf(text, open + OPEN.length);
    if (end < 0) throw new ExpressionError(`has ${text.slice(open, open + 20)} without the }} that ends it`);
    if (literal !== "") pieces.push(literal);
    literal = "";
    pieces.push({ expression: text.slice(open + OPEN.length, end).trim() });
    at = end + 2;
  }
  literal += text.slice(at);
  if (literal !== "" || pieces.length === 0) pieces.push(literal);
  return pieces;
}

/** Where the `}}` stands that ends an expression: outside of texts, and not the end of a mapping. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' || char === "'") {
      at = endOfText(text, at);
      if (at < 0) return text.indexOf("}}", from);
    } else if (char === "{") depth++;
    else if (char === "}") {
      if (depth > 0) depth--;
      else if (text[at + 1] === "}") return at;
    }
  }
  return -1;
}

/** Where a text that begins here ends; -1 when it does not. */
function endOfText(text: string, from: number): number {
  const quote = text[from]!;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

/** The text that these pieces were made of. */
export function writePieces(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => (typeof piece === "string" ? escapeText(piece) : `\${{ ${piece.expression} }}`))
    .join("");
}

/** A text that stands for itself wherever expressions are evaluated. */
export function escapeText(text: string): string {
  return text.includes(OPEN) ? text.replaceAll(OPEN, () => ESCAPED) : text;
}

/** What a text becomes in this scope. Throws `ExpressionError`. */
export function evaluateText(text: string, scope: Scope, resultMax?: number): Json {
  if (!hasExpression(text)) return text;
  const pieces = piecesOf(text);
  const [first] = pieces;
  if (pieces.length === 1 && typeof first === "object")
    return readExpression(first.expression).evaluate(scope, resultMax);
  return pieces
    .map((piece) => (typeof piece === "string" ? piece : textOf(readExpression(piece.expression).evaluate(scope))))
    .join("");
}

/**
 * `value` with every text in it as `each` makes it, however deep; what does not change is the same object. Keys stay as they
 * are. `path` is good until `each` returns.
 */
export function mapTexts(value: Json, each: (text: string, path: readonly (string | number)[]) => Json): Json {
  return walk(value, each, []);
}

function walk(
  value: Json,
  each: (text: string, path: readonly (string | number)[]) => Json,
  path: (string | number)[],
): Json {
  if (typeof value === "string") return each(value, path);
  if (typeof value !== "object" || value === null) return value;
  let changed: Json[] | Record<string, Json> | undefined;
  const visit = (key: string | number, item: Json): void => {
    path.push(key);
    const made = walk(item, each, path);
    path.pop();
    if (made === item) return;
    changed ??= Array.isArray(value) ? [...value] : { ...value };
    (changed as Record<string | number, Json>)[key] = made;
  };
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(i, value[i]!);
  else for (const key of Object.keys(value)) visit(key, value[key]!);
  return changed ?? value;
}

/** A value inside a text, or as an environment variable: text as it is, everything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The CEL text of a condition, which may stand in `${{ }}` or alone. Throws `ExpressionError`. */
export function conditionOf(text: string): string {
  if (!hasExpression(text)) return text.trim();
  const pieces = piecesOf(text.trim());
  const [first] = pieces;
  if (pieces.length === 1 && typeof first === "object") return first.expression;
  throw new ExpressionError("mixes text and ${{ }}: a condition is one expression, such as tasks.a.outputs.n > 3");
}

/**
 * The expression with its references to these roots replaced by their values: for what is evaluated where they are not at
 * hand. JSON is CEL, so a value can be written into an expression as it is, and stays a value.
 */
export function inlineValues(expression: Expression, roots: ReadonlySet<string>, scope: Scope): string {
  let { text } = expression;
  const here = expression.references.filter(({ path }) => roots.has(path[0]!)).toSorted((a, b) => b.start - a.start);
  for (const { start, end } of here) {
    const value = readExpression(text.slice(start, end)).evaluate(scope);
    text = `${text.slice(0, start)}${literal(value)}${text.slice(end)}`;
  }
  return text;
}

/**
 * A value as CEL writes it: a negative number needs brackets where something follows, and what looks like an expression in a
 * text must not look like one.
 */
function literal(value: Json): string {
  const text = JSON.stringify(value).replaceAll(OPEN, "\\u0024{{");
  return typeof value === "number" && value < 0 ? `(${text})` : text;
}
