/** Runs registered functions in the worker's own process. A throw is a failed attempt with its stack, never a crash. */
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { AttemptError, AttemptReport } from "../../protocol/link.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import type { FunctionContext } from "../function-context.ts";
import type { FunctionRegistry } from "../functions.ts";

export function createCallExecutor(functions: FunctionRegistry): Executor {
  return {
    kind: "call",
    async execute(context) {
      const { work } = context.assignment;
      if (work.kind !== "call") return { outcome: "refused", error: { message: `this is no call: ${work.kind}` } };
      const found = functions.get(work.call);
      if (found === undefined) {
        const known = [...functions.names()].join(", ") || "none";
        const message = `this worker has no function named ${work.call}; it has: ${known}`;
        return { outcome: "refused", error: { message, kind: "unknown_function" } };
      }
      return run(found, work.input ?? null, context);
    },
  };
}

type Found = (input: Json, context: FunctionContext) => unknown;

async function run(found: Found, input: Json, context: AttemptContext): Promise<AttemptReport> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  let value: unknown;
  try {
    value = await found(input, new CallContext(context));
  } catch (error) {
    const report: AttemptReport = {
      outcome: stopOutcome(context) ?? "failed",
      error: describe(error),
      durationMs: durationMs(),
    };
    // By name: the function's module may have another copy of this package.
    if (error instanceof Error && error.name === "FatalError") report.retryable = false;
    return report;
  }
  if (value === undefined) return { outcome: "succeeded", durationMs: durationMs() };
  try {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
    if (text === undefined || typeof text === "bigint" || typeof text === "function" || typeof text === "symbol") {
      throw new TypeError(`it is a ${typeof value}`);
    }
  } catch (error) {
    const message = `the function returned what JSON cannot carry: ${error instanceof Error ? error.message : String(error)}`;
    return { outcome: "failed", error: { message, kind: "result" }, durationMs: durationMs(), retryable: false };
  }
  return { outcome: "succeeded", result: value as Json, durationMs: durationMs() };
}

/** A throw after the function was told to stop is its way to stop. */
function stopOutcome(context: AttemptContext): AttemptReport["outcome"] | undefined {
  const stopped = (context as { stopped?: string }).stopped;
  if (stopped === undefined) return undefined;
  return stopped === "lost" ? "cancelled" : (stopped as AttemptReport["outcome"]);
}

function describe(error: unknown): AttemptError {
  if (!(error instanceof Error)) return { message: `threw ${String(error)}`, kind: typeof error };
  const described: AttemptError = { message: error.message === "" ? error.name : error.message, kind: error.name };
  if (error.stack !== undefined) described.stack = error.stack.slice(0, 8000);
  return described;
}

/** What a function sees of its attempt; the parts that cost something are made on first use. */
class CallContext implements FunctionContext {
  readonly #context: AttemptContext;

  constructor(context: AttemptContext) {
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  get task(): FunctionContext["task"] {
    const { id, attempt, name, type, arm, run: runId, schedule } = this.#context.assignment;
    return { id, attempt, name, type, arm, run: runId, schedule };
  }

  get inputs(): string | undefined {
    return this.#context.inputsDir;
  }

  log = (text: string): void => this.#context.log("log", text.endsWith("\n") ? text : `${text}\n`);
  artifact: FunctionContext["artifact"] = async (path, content) => {
    const { keepFile } = this.#context;
    if (keepFile === undefined) throw new OctopusError("not_ready", "this worker has nobody to hand files to");
    await keepFile(path, typeof content === "string" || ArrayBuffer.isView(content) ? { content } : content);
  };
  progress = (value: number, message?: string): void => this.#context.progress(value, message);
}
