/**
 * Expressions: CEL by a library, with bounds (`meter.ts`), with JSON's numbers, and with errors in words. Parsed ones are
 * kept, because the same text stands in thousands of tasks.
 *
 * E1  What an expression may name is known before it is evaluated: `references`.
 * E2  Evaluation ends in bounded time, changes nothing, and gives JSON or throws `ExpressionError`.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { Json } from "../../base/words.ts";
import { nearest } from "../../base/nearest.ts";
import { BoundError, type LibraryEvaluator, Meter, type Node, RegExpError } from "./meter.ts";
import { type Reference, referencesOf } from "./references.ts";
import { Converter, ValueError } from "./values.ts";
import { joinPath } from "../paths.ts";

/** Longest expression. */
export const TEXT_MAX = 4096;
/** Largest value that an expression gives, in characters of JSON. */
export const RESULT_MAX = 1024 * 1024;
const CACHED_MAX = 512;

/** Names at the beginning of a path. */
export const ROOTS = [
  ...["params", "env", "workflow", "run", "schedule", "tasks", "needs"],
  ...["item", "index", "matrix", "result", "outputs", "exitCode", "attempt", "event"],
] as const;
export type Root = (typeof ROOTS)[number];

/** Why an expression is none, or gives nothing. The message goes on from "the expression …". */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  /** Characters from the beginning of the expression, where that is known. */
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

/** What an expression may look at, by root. */
export type Scope = Partial<Record<Root, unknown>>;

const meter = new Meter();
let pending: Node | undefined;

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2000, maxDepth: 64, maxListElements: 1000, maxMapEntries: 1000 },
});
for (const root of ROOTS) environment.registerVariable(root, "dyn");
for (const op of ["+", "-", "*", "/"] as const) {
  const handler = (a: unknown, b: unknown): number => calculate(op, Number(a), Number(b));
  environment.registerOperator(`int ${op} double: double`, handler);
  environment.registerOperator(`double ${op} int: double`, handler);
}
for (const [left, right] of [["int", "double"] as const, ["double", "int"] as const, ["double", "double"] as const]) {
  environment.registerOperator(`${left} % ${right}: double`, (a: unknown, b: unknown) => Number(a) % Number(b));
}
// JSON has one kind of numbers: 1 and 1.0 are the same.
environment.registerOperator("int == double", (a: unknown, b: unknown) => Number(a) === Number(b));
environment.registerFunction("toJson(dyn): string", (value: unknown) => {
  const text = JSON.stringify(new Converter(RESULT_MAX).convert(value));
  meter.work(text.length >> 3);
  return text;
});
environment.registerFunction("fromJson(string): dyn", (text: string) => {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  } catch {
    throw new ValueError(`calls fromJson with a text that is no JSON: ${JSON.stringify(text.slice(0, 40))}`);
  }
});
// For the compiler: a folder seen from another one.
environment.registerFunction("inFolder(string, dyn): string", (base: string, path: unknown) =>
  joinPath(base, String(path)),
);
environment.registerFunction("string.lower(): string", (text: string) => text.toLowerCase());
environment.registerFunction("string.upper(): string", (text: string) => text.toUpperCase());
environment.registerFunction("string.replace(string, string): string", (text: string, what: string, by: string) => {
  const parts = what === "" ? [text] : text.split(what);
  meter.work(parts.length * by.length);
  return parts.join(by);
});
environment.registerFunction("default(ast, dyn): dyn", ({ args }: { args: Node[] }) => ({
  async: false,
  typeCheck: (checker: Checker, _macro: unknown, context: unknown) => {
    for (const one of args) checker.check(one, context);
    return checker.getType("dyn");
  },
  /** The second where there is no first: a key that is missing, or null. */
  evaluate: (evaluator: LibraryEvaluator, _macro: unknown, context: unknown) => {
    try {
      const value = evaluator.run(args[0]!, context);
      if (value !== null && value !== undefined) return value;
    } catch (error) {
      if (!["no_such_key", "index_out_of_bounds", "unknown_variable"].includes((error as { code?: string }).code ?? ""))
        throw error;
    }
    return evaluator.run(args[1]!, context);
  },
}));
// The way to the library's evaluator that it documents is a macro.
environment.registerFunction("octopusRoot(ast): dyn", () => ({
  async: false,
  typeCheck: (checker: Checker) => checker.getType("dyn"),
  evaluate: (evaluator: LibraryEvaluator, _macro: unknown, context: unknown) => {
    const node = pending;
    pending = undefined;
    if (node === undefined) throw new ExpressionError("calls what there is not: octopusRoot");
    if (!Object.hasOwn(evaluator, "run")) meter.install(evaluator);
    return evaluator.run(node, context);
  },
}));
const runRoot = environment.parse("octopusRoot(null)");

interface Checker {
  check(node: Node, context: unknown): unknown;
  getType(name: string): unknown;
}

function calculate(op: "+" | "-" | "*" | "/", a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
  }
}

/** An expression that was read. */
export class Expression {
  readonly text: string;
  readonly references: readonly Reference[];
  /** What it gives as far as that is known: `bool`, `string`, `dyn`, … */
  readonly type: string;
  readonly #node: Node;

  constructor(text: string) {
    if (text.length > TEXT_MAX)
      throw new ExpressionError(`holds ${text.length} characters; at most ${TEXT_MAX} may be`);
    if (text.trim() === "") throw new ExpressionError("is empty");
    this.text = text;
    const parsed = parseText(text);
    this.#node = parsed.ast as unknown as Node;
    this.references = referencesOf(this.#node);
    const checked = parsed.check();
    if (!checked.valid) throw translate(checked.error, undefined, this.references);
    this.type = checked.type ?? "dyn";
  }

  /** Throws `ExpressionError`. */
  evaluate(scope: Scope, resultMax = RESULT_MAX): Json {
    meter.start();
    pending = this.#node;
    const context = contextOf(scope);
    try {
      const value = runRoot(context) as unknown;
      if (meter.tripped !== undefined) throw meter.tripped;
      return new Converter(resultMax).convert(value);
    } catch (error) {
      throw translate(meter.tripped ?? error, scope, this.references);
    } finally {
      // Parsed expressions are kept and hold on to what they saw last: this, emptied.
      for (const root of ROOTS) context[root] = undefined;
    }
  }
}

/** All roots in one order, whatever is there: objects of one shape are looked up quickly. */
function contextOf({ params, env, workflow, run, schedule, tasks, needs, ...rest }: Scope): Record<Root, unknown> {
  const { item, index, matrix, result, outputs, exitCode, attempt, event } = rest;
  const outer = { params, env, workflow, run, schedule, tasks, needs };
  return { ...outer, item, index, matrix, result, outputs, exitCode, attempt, event };
}

const cached = new Map<string, Expression>();

/** The expression; throws `ExpressionError`. */
export function readExpression(text: string): Expression {
  const known = cached.get(text);
  if (known !== undefined) return known;
  const made = new Expression(text);
  if (cached.size >= CACHED_MAX) cached.delete(cached.keys().next().value!);
  cached.set(text, made);
  return made;
}

function parseText(text: string): ReturnType<Environment["parse"]> {
  try {
    return environment.parse(text);
  } catch (error) {
    throw translate(error, undefined, []);
  }
}

interface LibraryError {
  code?: string;
  summary?: string;
  message: string;
  range?: { start: number };
}

/** An error of the library in words that go on from "the expression …". */
function translate(error: unknown, scope: Scope | undefined, references: readonly Reference[]): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof BoundError || error instanceof ValueError || error instanceof RegExpError) {
    return new ExpressionError(error.message);
  }
  const { code, summary, message, range } = error as LibraryError;
  const words = summary ?? message.split("\n")[0]!;
  const at = range?.start;
  switch (code) {
    case undefined:
      return new ExpressionError(`cannot be evaluated: ${words}`);
    case "unknown_variable": {
      const name = words.replace("Unknown variable: ", "");
      return new ExpressionError(`names the unknown ${name}${near(name, ROOTS)}`, at);
    }
    case "no_such_key":
      return new ExpressionError(missingKey(scope, references) ?? `finds nothing there: ${words}`, at);
    case "no_such_overload":
      return new ExpressionError(`puts together what does not go together: ${words.replace(/dyn<(\w+)>/g, "$1")}`, at);
    case "no_matching_overload":
      return new ExpressionError(`calls what there is not: ${words.replace(/.*overload for /, "")}`, at);
    default: {
      const place = at === undefined ? "" : ` (character ${at + 1})`;
      return new ExpressionError(`cannot be ${scope === undefined ? "read" : "evaluated"}: ${words}${place}`, at);
    }
  }
}

/** Which step of which path leads nowhere. */
function missingKey(scope: Scope | undefined, references: readonly Reference[]): string | undefined {
  if (scope === undefined) return undefined;
  for (const { path } of references) {
    let value: unknown = scope;
    for (const [index, key] of path.entries()) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) break;
      if (!Object.hasOwn(value, key)) {
        const keys = Object.keys(value);
        const has = keys.length === 0 ? "it is empty" : `there are ${keys.slice(0, 20).join(", ")}`;
        const where = path.slice(0, index).join(".");
        return `finds no ${JSON.stringify(key)} in ${where}${near(key, keys)}; ${has}`;
      }
      value = (value as Record<string, unknown>)[key];
    }
  }
  return undefined;
}

function near(word: string, candidates: readonly string[]): string {
  const found = candidates.length > 1000 ? undefined : nearest(word, candidates);
  return found === undefined ? "" : ` (did you mean ${found}?)`;
}
