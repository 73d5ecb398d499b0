/** Runs registered functions in the worker's own process. A throw is a failed attempt with its stack, never a crash. */
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { Adapters } from "../adapters/adapters.ts";
import { AdapterDesk } from "../adapters/desk.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import type { FunctionContext } from "../function-context.ts";
import type { FunctionRegistry } from "../functions.ts";
import { thrownReport, valueReport } from "./value-report.ts";

/** `adapters`: those of this worker; without them there are none. */
export function createCallExecutor(functions: FunctionRegistry, adapters = new AdapterDesk()): Executor {
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
      return run(found, work.input ?? null, new CallContext(context, adapters), context);
    },
  };
}

type Found = (input: Json, context: FunctionContext) => unknown;

async function run(found: Found, input: Json, own: CallContext, context: AttemptContext): Promise<AttemptReport> {
  const startedAt = performance.now();
  let report: AttemptReport;
  try {
    report = valueReport(await found(input, own), "function");
  } catch (error) {
    report = thrownReport(error, context.stopped);
  }
  report.durationMs = Math.round(performance.now() - startedAt);
  return report;
}

/** What a function sees of its attempt; the parts that cost something are made on first use. */
export class CallContext implements FunctionContext {
  readonly #context: AttemptContext;
  readonly #adapters: AdapterDesk;

  constructor(context: AttemptContext, adapters: AdapterDesk) {
    this.#context = context;
    this.#adapters = adapters;
  }

  get adapters(): Adapters {
    return this.#adapters.for(this.#context);
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
