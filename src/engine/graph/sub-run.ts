/** The run that a `workflow` task holds: what the evaluator made of its file, on the way that every run takes. */
import { OctopusError } from "../../base/errors.ts";
import type { RunSpec } from "../../protocol/workflow.ts";
import type { RunIntake } from "../run-intake.ts";
import { checkPlanner } from "../submissions.ts";
import { wordsOf } from "./new-tasks.ts";

export interface SubRun {
  task: number;
  run: RunSpec;
  planners: Readonly<Record<string, unknown>>;
  /** The task lives, and was not opened again since. */
  isWanted(): boolean;
}

/** Resolves when it is there; with words, when it cannot be. */
export async function startSubRun(
  intake: RunIntake,
  { task, run, planners, isWanted }: SubRun,
): Promise<string | undefined> {
  try {
    checkPlanner(run, planners);
    await intake.take(run, (fields) => {
      return isWanted() ? { type: "StartSubRun", task, run: { ...fields, parent: task } } : undefined;
    });
    return undefined;
  } catch (error) {
    return isOfServer(error) ? undefined : wordsOf(error);
  }
}

/** Nothing is wrong with the run: the server cannot write, or stops. It is begun again after that. */
function isOfServer(error: unknown): boolean {
  const codes: readonly string[] = ["storage_failed", "storage_full", "not_ready", "not_leader", "outcome_unknown"];
  return error instanceof OctopusError && codes.includes(error.code);
}
