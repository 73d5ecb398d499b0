/** A task for all workers, for whoever looks at it: what became of it on each, and who came too late to be asked. */
import { OctopusError } from "../../base/errors.ts";
import { isEnded, type Json } from "../../base/words.ts";
import { unfit } from "../../core/fleet/eligible.ts";
import type { State } from "../../core/state.ts";
import type { Requirements } from "../../core/task.ts";
import { ALL_WORKERS } from "../../protocol/target.ts";
import type { TaskDetail, TaskView } from "../../protocol/views.ts";
import type { Library } from "../ports.ts";
import type { StoredNode } from "../stored.ts";
import { onlineWorkers, requirementsOf } from "./on-workers.ts";

/** Workers that a view shows; the members beyond them are in the list of tasks. */
const SHOWN_MAX = 1000;
/** Characters of JSON that the results in one view have together. */
const SHOWN_CHARS_MAX = 64 * 1024;
/** Largest joined result, in characters of JSON. */
const JOINED_CHARS_MAX = 32 * 1024 * 1024;
/** Workers that came too late and are named. */
const LATE_MAX = 100;

export function isOnWorkers({ kind, worker }: TaskView): boolean {
  return kind === "each" && worker === ALL_WORKERS;
}

interface World {
  state: State;
  now: number;
}

/** Adds what is known of each worker to the view of the whole. */
export function showWorkers(task: TaskDetail, seq: number, library: Library, { state, now }: World): void {
  const members = library.members(seq, 0, SHOWN_MAX);
  const workers: NonNullable<TaskDetail["workers"]> = {};
  const results: Record<string, Json> = {};
  let left = SHOWN_CHARS_MAX;
  for (const member of members) {
    const { id, error, worker = id } = member;
    workers[worker] = { id, state: member.state, ...(error !== undefined && { error: errorView(error) }) };
    const text = isEnded(member.state) ? library.resultText(member.task) : undefined;
    if (text === undefined) continue;
    left -= text.length;
    if (left >= 0) results[worker] = workers[worker].result = JSON.parse(text) as Json;
  }
  task.workers = workers;
  if (isEnded(task.state) && members.length > 0 && task.result === undefined) {
    if (left >= 0 && members.length < SHOWN_MAX) task.result = results;
    else task.resultHref = `/api/v1/tasks/${task.id}/result`;
  }
  const wanted = members[0] && wantedBy(members[0].task, library, state);
  // While members are still made, or when not all are shown, it is not known who will be left.
  if (wanted === undefined || members.length < (task.members?.total ?? 0)) return;
  const late = lateWorkers(wanted, workers, { state, now });
  if (late.length > 0) task.lateWorkers = late;
}

function errorView({ message, kind }: NonNullable<StoredNode["error"]>): { message: string; kind?: string } {
  return { message, ...(kind !== undefined && { kind }) };
}

/** Workers that are online and could have it, and joined after it was spread. */
function lateWorkers(wanted: Wanted, workers: NonNullable<TaskDetail["workers"]>, { state, now }: World): string[] {
  const late: string[] = [];
  for (const name of onlineWorkers(state, now)) {
    if (late.length >= LATE_MAX) break;
    if (!Object.hasOwn(workers, name) && unfit(state.workers.get(name)!, ...wanted) === undefined) late.push(name);
  }
  return late;
}

/** Of a worker, and in which arm. */
type Wanted = [Requirements, string];

/** What members ask of any worker, by one of them. */
function wantedBy(seq: number, library: Library, { tasks }: State): Wanted | undefined {
  const live = tasks.get(seq)?.lane;
  if (live !== undefined) return [{ ...live.requires, worker: undefined }, live.arm.name];
  const ended = library.endedTask(seq)?.definition;
  return ended && [requirementsOf(ended), ended.arm];
}

/** JSON text of the results of a task for all workers by their names; undefined when it is none, or has none yet. */
export function joinedResult(library: Library, seq: number): string | undefined {
  const node = library.node(seq);
  if (node?.onWorkers !== true || !isEnded(node.state)) return undefined;
  const parts: string[] = [];
  let chars = 0;
  for (const { task, id, worker = id } of library.members(seq)) {
    const text = library.resultText(task);
    if (text === undefined) continue;
    chars += text.length;
    if (chars > JOINED_CHARS_MAX) {
      const message = `what ${node.id} left on all workers is too large for one answer: at most ${JOINED_CHARS_MAX} characters`;
      throw new OctopusError("too_large", `${message} of JSON; ask for the result of each worker's task`);
    }
    parts.push(`${JSON.stringify(worker)}:${text}`);
  }
  return parts.length === 0 ? undefined : `{${parts.join(",")}}`;
}
