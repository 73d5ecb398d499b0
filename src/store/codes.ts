/** States and kinds as the small numbers that tables hold: their index in the list of words. */
import {
  ATTEMPT_OUTCOMES,
  type AttemptOutcome,
  isEngineKind,
  RUN_STATES,
  type RunState,
  TASK_KINDS,
  TASK_STATES,
  type TaskKind,
  type TaskState,
} from "../base/words.ts";

export const stateCode = codes(TASK_STATES);
export const kindCode = codes(TASK_KINDS);
export const outcomeCode = codes(ATTEMPT_OUTCOMES);
export const runStateCode = codes(RUN_STATES);

export const stateOfCode = (code: number): TaskState => TASK_STATES[code]!;
export const kindOfCode = (code: number): TaskKind => TASK_KINDS[code]!;
export const outcomeOfCode = (code: number): AttemptOutcome => ATTEMPT_OUTCOMES[code]!;
export const runStateOfCode = (code: number): RunState => RUN_STATES[code]!;

/** The code of the first state that is an end. */
export const FIRST_END_CODE = TASK_STATES.indexOf("succeeded");

/** Core keeps a node of each task that never goes to a worker. */
export function isHolder(kind: TaskKind): boolean {
  return isEngineKind(kind);
}

/** True for a task of which core keeps a node, although it has no rule. */
export function isNode(task: { kind: TaskKind; inside?: number | undefined; of?: number | undefined }): boolean {
  return task.inside !== undefined || task.of !== undefined || isHolder(task.kind);
}

function codes<W extends string>(words: readonly W[]): Record<W, number> {
  return Object.fromEntries(words.map((word, index) => [word, index])) as Record<W, number>;
}
