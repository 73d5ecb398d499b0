/** Unique keys, shared results, callbacks and bulk actions of a state as lines; see `snapshot.ts`. */
import { isEnded } from "../../src/base/words.ts";
import { haltOf } from "../../src/core/runs/halt.ts";
import type { State } from "../../src/core/state.ts";
import type { Task } from "../../src/core/task.ts";

/** `now`: keys whose time has passed by then are free, whether they were forgotten or not. */
export function flowLines(state: State, { exact, now }: { exact: boolean; now: number }): string[] {
  const { flow, tasks } = state;
  const lines = [`flow due ${flow.lastDue} bulk ${flow.lastBulk}`];
  // Which of those that wait for one result is to make it, a restart may decide anew.
  for (const [task, why] of flow.held) {
    // What was held already when its run was paused waits for the run first after a restart.
    const isHalted = task.run !== undefined && haltOf(state, task.run) !== undefined;
    const first = !exact && isHalted && why !== "approval" ? "run" : why;
    // The places in an `each` may be given to others as well.
    const last = !exact && first === "room" ? "prepare" : first;
    if (exact || first !== "cache") lines.push(`held t${task.seq} ${last}`);
  }
  for (const { key, seq, holder, until, leaving } of flow.uniques.values()) {
    if (until <= now) continue;
    const lives = holder !== undefined && !isEnded(holder.state);
    lines.push(`unique ${key} t${seq} ${lives} until ${until} after ${leaving?.seq}`);
  }
  for (const [key, { runners, waiters }] of flow.flights) {
    // A restart may choose another one of those that have not begun.
    const all = exact ? `${seqs(runners)} for ${seqs(waiters)}` : seqs([...runners, ...waiters]);
    if (runners.size + waiters.size > 0) lines.push(`flight ${key} ${all}`);
  }
  for (const [due, { task, on, state, attempt }] of flow.dues)
    lines.push(`due ${due} t${task} ${on} ${state} ${attempt}`);
  const watched = [...flow.watched].filter((seq) => !isEnded(tasks.get(seq)?.state ?? "succeeded"));
  lines.push(`watched ${watched.sort((a, b) => a - b).join()}`);
  return lines;
}

function seqs(tasks: Iterable<Task>): string {
  return [...tasks]
    .map(({ seq }) => seq)
    .sort((a, b) => a - b)
    .join();
}
