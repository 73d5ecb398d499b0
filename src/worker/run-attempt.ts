/** Runs one attempt by the executor of its kind. Whatever goes wrong in an executor is a report, and never a crash (X1). */
import type { AttemptReport } from "../protocol/link.ts";
import type { Attempt } from "./attempt.ts";
import type { Executor } from "./executor.ts";
import type { InputFolders } from "./inputs/folders.ts";

export async function runAttempt(
  attempt: Attempt,
  executor: Executor | undefined,
  inputs: InputFolders | undefined,
): Promise<AttemptReport> {
  const { work, inputs: files } = attempt.assignment;
  if (executor === undefined)
    return { outcome: "refused", error: { message: `this worker does not run ${work.kind} tasks` } };
  try {
    if (files === undefined) return await executor.execute(attempt);
    if (inputs !== undefined) return await inputs.run(attempt, () => executor.execute(attempt));
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const text = `the ${executor.kind} executor failed: ${message}`;
    return { outcome: "refused", error: { message: text, kind: "internal", ...(stack !== undefined && { stack }) } };
  }
  return { outcome: "refused", error: { message: "this worker does not fetch files of other tasks", kind: "inputs" } };
}
