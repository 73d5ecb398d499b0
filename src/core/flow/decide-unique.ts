/**
 * What a second task with a unique key means: the first one (`return`), a refusal (`reject`), or the end of the first
 * (`replace`).
 *
 * UK3 All tasks of a command are looked over before the first one changes anything.
 */
import type { EndedTask, NewTask } from "../command.ts";
import { cancelLive } from "./cancel.ts";
import { type AcceptedTask, type Reply, refuse } from "../reply.ts";
import type { Turn } from "../turn.ts";
import { occupantOf } from "./uniques.ts";

/** The refusal of the first task whose key is taken, if it does not want another answer. Tasks of a run want none. */
export function uniqueConflict(
  turn: Pick<Turn, "state" | "now">,
  tasks: readonly NewTask[],
  inRun: boolean,
): Reply | undefined {
  let taken: Set<string> | undefined;
  for (const [index, { asks }] of tasks.entries()) {
    const unique = asks?.unique;
    if (unique === undefined) continue;
    const { key, policy } = unique;
    const isSecond = taken?.has(key) === true;
    const other = occupantOf(turn.state, key, turn.now)?.seq ?? (isSecond ? 0 : undefined);
    (taken ??= new Set()).add(key);
    const refused = policy === "reject" || (inRun && (policy === "return" || isSecond));
    if (other !== undefined && refused) return refuse({ type: "UniqueTaken", index, key, task: other });
  }
  return undefined;
}

/**
 * The task that is there already and stands for this one; a task that this one replaces is stopped. `again`: the number of
 * the task, when it had one before.
 */
export function settleUnique(turn: Turn, task: NewTask, again?: number): AcceptedTask | undefined {
  const unique = task.asks?.unique;
  const entry = unique && occupantOf(turn.state, unique.key, turn.now);
  if (unique === undefined || entry === undefined || entry.seq === again) return undefined;
  const { holder, seq } = entry;
  if (unique.policy !== "replace") {
    return { task: seq, key: holder?.key, state: holder?.state ?? entry.state ?? "succeeded", existed: true };
  }
  const next = again ?? turn.state.lastTask + 1;
  if (holder !== undefined)
    cancelLive(turn, holder, `replaced by ${task.key ?? `t${next}`} (unique key ${unique.key})`);
  return undefined;
}

/** The refusal of a retry when another task has the key of one of these by now. */
export function retakeConflict(turn: Turn, tasks: readonly EndedTask[]): Reply | undefined {
  for (const { task, definition, attempt } of tasks) {
    const unique = definition.asks?.unique;
    if (unique === undefined || unique.scope === "period" || (unique.scope === "queued" && attempt > 0)) continue;
    const other = occupantOf(turn.state, unique.key, turn.now);
    if (other !== undefined && other.seq !== task) {
      return refuse({ type: "UniqueTaken", index: 0, key: unique.key, task: other.seq });
    }
  }
  return undefined;
}
