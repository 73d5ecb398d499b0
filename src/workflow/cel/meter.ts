/**
 * Bounds of one evaluation. The CEL library knows none, and a few nested macros over a list stand for billions of steps:
 * here its evaluator is given a `run` that counts.
 *
 * M1  Every node that is evaluated is a step, and what a step looks at (characters, items, members) is work: both are
 *     bounded, so an expression ends after milliseconds, whatever it says.
 * M2  Whole numbers out of data are integers of CEL, as they are in JSON Schema: `tasks.a.outputs.n + 1` works.
 */
import { Pattern, PatternError } from "./pattern.ts";

export const STEPS_MAX = 100_000;
const WORK_MAX = 1_000_000;

/** A bound was reached. One object for all: it may be thrown and caught a hundred thousand times on its way out. */
export class BoundError extends Error {}
const TOO_MANY_STEPS = new BoundError(`takes more than ${STEPS_MAX} steps; look at fewer items, or do it in a task`);
const TOO_MUCH_WORK = new BoundError(
  "looks at more than a million items and pieces of text; look at fewer, or do it in a task",
);

/** What is used here of a node of the library. */
export interface Node {
  op: string;
  args: unknown;
  /** Where it stands in the text. */
  start: number;
  end: number;
  left: Node;
  right: Node;
  receiverWithArgs?: Node[];
  handle(left: unknown, right: unknown, node: Node, evaluator: LibraryEvaluator): unknown;
  evaluate(evaluator: LibraryEvaluator, node: Node, context: unknown): unknown;
}

export interface LibraryEvaluator {
  run(node: Node, context: unknown): unknown;
  /** As `run`, with an error as its value: for what may be false without it. */
  tryEval(node: Node, context: unknown): unknown;
}

/** Operators whose result is made out of all of their operands. */
const CONSUMES: ReadonlySet<string> = new Set(["+", "call", "rcall", "<", "<=", ">", ">="]);
/** Calls that are none: what is evaluated in them counts by itself. */
const MACROS: ReadonlySet<unknown> = new Set([
  "map",
  "filter",
  "all",
  "exists",
  "exists_one",
  "bind",
  "has",
  "default",
]);

/** Counts for the evaluator that it is installed in. Evaluation is synchronous, so one at a time is counted. */
export class Meter {
  #steps = 0;
  #work = 0;
  /** What the operands of the node under evaluation hold. */
  #touched = 0;
  #tripped: BoundError | undefined;

  install(evaluator: LibraryEvaluator): void {
    // Before all else, so that a node evaluated by another path is not missed.
    evaluator.run = (node, context) => this.#run(evaluator, node, context);
    evaluator.tryEval = (node, context) => {
      try {
        return this.#run(evaluator, node, context);
      } catch (error) {
        // A quantifier would go on to the next item.
        if (this.#tripped !== undefined) throw this.#tripped;
        return error;
      }
    };
  }

  /** Begins anew. */
  start(): void {
    this.#steps = 0;
    this.#work = 0;
    this.#touched = 0;
    this.#tripped = undefined;
  }

  /** The bound that was reached, also when the expression went on after it: a quantifier passes over errors. */
  get tripped(): BoundError | undefined {
    return this.#tripped;
  }

  work(amount: number): void {
    this.#work += amount;
    if (this.#work > WORK_MAX) throw (this.#tripped ??= TOO_MUCH_WORK);
  }

  #run(evaluator: LibraryEvaluator, node: Node, context: unknown): unknown {
    if (this.#tripped !== undefined) throw this.#tripped;
    if (++this.#steps > STEPS_MAX) throw (this.#tripped = TOO_MANY_STEPS);
    const before = this.#touched;
    this.#touched = 0;
    const value = this.#evaluate(evaluator, node, context);
    if (this.#touched > 0 && CONSUMES.has(node.op) && !isMacro(node)) this.work(this.#touched);
    this.#touched = before + weight(value);
    return value;
  }

  #evaluate(evaluator: LibraryEvaluator, node: Node, context: unknown): unknown {
    switch (node.op) {
      case "id":
      case ".":
      case "[]": {
        const value = node.evaluate(evaluator, node, context);
        return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
      }
      case "==":
      case "!=":
      case "in": {
        const left = evaluator.run(node.left, context);
        const right = evaluator.run(node.right, context);
        this.#weigh(node.op, left, right);
        return node.handle(left, right, node, evaluator);
      }
      case "rcall":
        return isMatches(node) ? this.#matches(evaluator, node, context) : node.evaluate(evaluator, node, context);
      default:
        return node.evaluate(evaluator, node, context);
    }
  }

  /** A comparison looks at all of the smaller side, `in` at that for every item. */
  #weigh(op: string, left: unknown, right: unknown): void {
    if (op === "in") {
      if (Array.isArray(right)) this.work(right.length * (isObject(left) ? this.#deep(left) : 1));
    } else if (isObject(left) && isObject(right)) this.work(Math.min(this.#deep(left), this.#deep(right)));
    else this.work(weight(left));
  }

  /** Values inside, counted until that is more than is allowed. */
  #deep(value: unknown): number {
    let count = 0;
    const stack = [value];
    while (stack.length > 0) {
      const one = stack.pop();
      count += typeof one === "string" ? 1 + one.length / 16 : 1;
      if (count > WORK_MAX) break;
      if (Array.isArray(one)) for (const item of one) stack.push(item);
      else if (isObject(one)) for (const key in one) stack.push((one as Record<string, unknown>)[key]);
    }
    return count;
  }

  #matches(evaluator: LibraryEvaluator, node: Node, context: unknown): unknown {
    const [text, source] = node.receiverWithArgs!.map((one) => evaluator.run(one, context));
    // What is not two texts is refused by the library, in its words.
    if (typeof text !== "string" || typeof source !== "string") return node.evaluate(evaluator, node, context);
    let pattern: Pattern;
    try {
      pattern = new Pattern(source);
    } catch (error) {
      if (error instanceof PatternError) throw new RegExpError(source, error.message);
      throw error;
    }
    this.work(2 * pattern.cost(text.length));
    return pattern.test(text);
  }
}

/** A pattern that is none. */
export class RegExpError extends Error {
  constructor(source: string, message: string) {
    super(`has the pattern ${JSON.stringify(source.slice(0, 60))}, which ${message}`);
  }
}

function isMacro(node: Node): boolean {
  return (node.op === "rcall" || node.op === "call") && MACROS.has((node.args as unknown[])[0]);
}

function isMatches(node: Node): boolean {
  return (node.args as unknown[])[0] === "matches" && node.receiverWithArgs?.length === 2;
}

/** Text is looked at by instructions for many characters at once. */
function weight(value: unknown): number {
  if (typeof value === "string") return value.length >> 3;
  return Array.isArray(value) ? value.length : 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
