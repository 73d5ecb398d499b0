/** What became of code that ran in this process: the report of what it returned, or of what it threw. */
import type { Json } from "../../base/words.ts";
import type { AttemptError, AttemptReport } from "../../protocol/link.ts";
import type { StopReason } from "../executor.ts";

/** `what` returned this value: `function`, `executor`. */
export function valueReport(value: unknown, what: string): AttemptReport {
  if (value === undefined) return { outcome: "succeeded" };
  try {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
    if (text === undefined || typeof text === "bigint" || typeof text === "function" || typeof text === "symbol") {
      throw new TypeError(`it is a ${typeof value}`);
    }
  } catch (error) {
    const message = `the ${what} returned what JSON cannot carry: ${error instanceof Error ? error.message : String(error)}`;
    return { outcome: "failed", error: { message, kind: "result" }, retryable: false };
  }
  return { outcome: "succeeded", result: value as Json };
}

/** A throw after it was told to stop (`stopped`) is its way to stop. */
export function thrownReport(error: unknown, stopped: StopReason | undefined): AttemptReport {
  const report: AttemptReport = { outcome: "failed", error: describe(error) };
  if (stopped !== undefined) report.outcome = stopped === "lost" ? "cancelled" : stopped;
  // By name: the code may have another copy of this package.
  if (error instanceof Error && error.name === "FatalError") report.retryable = false;
  return report;
}

function describe(error: unknown): AttemptError {
  if (!(error instanceof Error)) return { message: `threw ${String(error)}`, kind: typeof error };
  const described: AttemptError = { message: error.message === "" ? error.name : error.message, kind: error.name };
  if (error.stack !== undefined) described.stack = error.stack.slice(0, 8000);
  return described;
}
