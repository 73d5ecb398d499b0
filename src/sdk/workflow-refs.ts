/**
 * References of a workflow that is built in TypeScript: `extract.outputs.count` is an object that knows its place and prints
 * the expression `${{ tasks.extract.outputs.count }}`. Nothing is read here: the engine evaluates the text when its turn comes.
 */
import type { Json } from "../base/words.ts";
import { OctopusError } from "../base/errors.ts";

const TEXT = Symbol("the CEL text of a reference");
declare const VALUE: unique symbol;

/** Nothing: no params, no tasks, no outputs. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- the empty mapping is what is meant
export type None = Record<never, never>;

/** A value that is known when the run is: CEL text, written as `${{ … }}` wherever it stands. */
export interface Expression<T = Json> {
  /** The CEL text, without `${{ }}`. */
  readonly [TEXT]: string;
  /** Only for the type checker. */
  readonly [VALUE]?: T;
  toString(): string;
}

/** What can be any JSON: every path is allowed, and it may stand wherever a value may. */
// eslint-disable-next-line typescript/no-explicit-any -- nothing is known of what is below; `AnyRef` would need `!` at each step
export type AnyRef = Expression<never> & { readonly [key: string]: any };

/** A reference to a `T`, with references to its parts. */
export type Ref<T> = unknown extends T
  ? AnyRef
  : [T] extends [never]
    ? AnyRef
    : [Json] extends [T]
      ? AnyRef
      : Expression<T> & Parts<NonNullable<T>>;

type Parts<T> = T extends readonly (infer I)[]
  ? { readonly [index: number]: Ref<I> }
  : T extends object
    ? { readonly [K in keyof T]-?: Ref<T[K]> }
    : unknown;

/** What an expression stands for; a value as it is. */
export type ValueOf<E> = E extends Expression<infer V> ? ([V] extends [never] ? Json : V) : E;

/** True for references and what `cel` makes. */
export function isExpression(value: unknown): value is Expression {
  return (typeof value === "object" || typeof value === "function") && value !== null && TEXT in value;
}

/** The CEL text of a reference. */
export function celOf(expression: Expression): string {
  return expression[TEXT];
}

/** Words that CEL keeps for itself: behind a point they would not be names. */
const RESERVED = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(
    " ",
  ),
);

/** A reference to `path`; each property of it is a reference one step deeper. */
export function refTo(path: string): AnyRef {
  const target = { [TEXT]: path, toString: () => printed(path) };
  return new Proxy<object>(target, {
    get(_own, key) {
      if (key === TEXT) return path;
      if (key === "toString" || key === "toJSON" || key === "valueOf") return target.toString;
      if (key === Symbol.toPrimitive) return target.toString;
      // Nothing that asks for a symbol wants a part of the value, and what has `then` would be taken for a promise.
      if (typeof key === "symbol" || key === "then") return undefined;
      return refTo(path + step(key));
    },
    set(_own, key) {
      throw new OctopusError("invalid", `${path}.${String(key)} is a reference: it can be read, never set`);
    },
  }) as unknown as AnyRef;
}

function step(key: string): string {
  if (/^\d+$/.test(key)) return `[${key}]`;
  return /^[A-Za-z_]\w*$/.test(key) && !RESERVED.has(key) ? `.${key}` : `[${literal(key)}]`;
}

function printed(cel: string): string {
  return `\${{ ${cel} }}`;
}

/**
 * A condition or a computed value in CEL: ``cel`${extract.outputs.count} > ${10}` ``. References stand for themselves,
 * everything else becomes a literal, so that a text in it cannot become part of the expression.
 */
export function cel<T = Json>(parts: TemplateStringsArray, ...values: readonly unknown[]): Expression<T> {
  const text = parts.reduce((before, part, index) => before + literal(values[index - 1]) + part);
  return refTo(text.trim());
}

/** A value of this program as CEL text. */
function literal(value: unknown): string {
  if (isExpression(value)) return celOf(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return numberLiteral(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value instanceof Date) return literal(value.toISOString());
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return `{${entries.map(([key, one]) => `${literal(key)}: ${literal(one)}`).join(", ")}}`;
  }
  throw new OctopusError(
    "invalid",
    `a value in cel\`…\` must be a reference or what JSON can carry, not ${typeof value === "object" ? "an object of a class" : `a ${typeof value}`}`,
  );
}

/** An exponent without a point is no number of CEL. */
function numberLiteral(value: number): string {
  const text = String(value);
  return /^-?\d+e/.test(text) ? text.replace("e", ".0e") : text;
}

/**
 * Text with expressions as one CEL expression: `${{ a }} > 3` is `(a) > 3`. For the places that hold CEL by themselves, where
 * people would write a template text.
 */
export function unwrapped(text: string): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (match: string, inner: string) =>
    match === text.trim() ? inner.trim() : `(${inner.trim()})`,
  );
}

/**
 * `value` as plain JSON: references as their text, dates as ISO text, what is undefined left out. Throws `invalid` for what
 * JSON cannot carry, with its place.
 */
export function plainOf(value: unknown, place: string): Json {
  if (isExpression(value)) return String(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((one, index) => plainOf(one, `${place}[${index}]`));
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries: [string, Json][] = [];
    for (const [key, one] of Object.entries(value))
      if (one !== undefined) entries.push([key, plainOf(one, `${place}.${key}`)]);
    return Object.fromEntries(entries);
  }
  const seen = typeof value === "object" ? `an object of ${value.constructor?.name ?? "a class"}` : `a ${typeof value}`;
  throw new OctopusError("invalid", `${place} must be what JSON can carry, not ${seen}`);
}
