/**
 * The lifecycle of tasks and runs, in one table each. `apply` checks every change against it; the diagrams in the
 * documentation are printed from it; nothing else decides what may follow what.
 */
import { isEnded, type TaskState } from "../base/words.ts";

/**
 * From a state, the states that a task may go to next. An ended task moves only when a person retries it. One that ends
 * without having run took its result from the cache, could not be prepared, was not to be run, or a person said how it
 * ended; a container that is retried and keeps what it holds runs at once.
 */
export const TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  blocked: ["scheduled", "queued", "succeeded", "failed", "cancelled", "expired", "skipped", "upstream_failed"],
  scheduled: ["queued", "succeeded", "failed", "cancelled", "expired", "skipped"],
  queued: ["scheduled", "running", "succeeded", "failed", "cancelled", "expired", "skipped"],
  running: ["queued", "scheduled", "succeeded", "failed", "cancelled", "skipped"],
  succeeded: ["queued", "blocked", "running"],
  failed: ["queued", "blocked", "running"],
  cancelled: ["queued", "blocked", "running"],
  expired: ["queued", "blocked"],
  skipped: ["queued", "blocked"],
  upstream_failed: ["queued", "blocked"],
};

/** States in which a task can be submitted; the last three when a need of it, or the cache, has the answer already. */
export const FIRST_STATES: readonly TaskState[] = [
  "blocked",
  "scheduled",
  "queued",
  "upstream_failed",
  "skipped",
  "succeeded",
];

/** The table as a Mermaid state diagram, without the ways back from an end. */
export function lifecycleDiagram(): string {
  const lines = ["stateDiagram-v2"];
  for (const state of FIRST_STATES.slice(0, 3)) lines.push(`  [*] --> ${state}`);
  for (const [from, targets] of Object.entries(TRANSITIONS)) {
    if (isEnded(from as TaskState)) continue;
    for (const to of targets) lines.push(`  ${from} --> ${to}`);
  }
  return lines.join("\n");
}
