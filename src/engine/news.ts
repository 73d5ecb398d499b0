/** What callbacks tell: one JSON object for each thing that happened to a task. */
import { isEnded, type CallbackOn, type Json, type TaskState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";

/** A longer result is left out: whoever wants it asks for it. */
export const NEWS_RESULT_CHARS = 64 * 1024;

/** What happened: the view may be of a later moment. */
export interface Happening {
  /** Names these news: the same when they are sent again. */
  id: string;
  on: CallbackOn;
  state: TaskState;
  attempt: number;
  now: number;
}

export function newsOf(view: TaskView, { id, on, state, attempt, now }: Happening): Json {
  const { name, type, arm, run, tags, owner, reason, error, exitCode } = view;
  const task: Record<string, Json | undefined> = { id: view.id, name, type, arm, state, attempt, run, tags, owner };
  // What stands in a view of a later moment says nothing about this one.
  const isNow = view.state === state && view.attempt === attempt;
  if (isNow) Object.assign(task, { reason, error: error as Json | undefined, exitCode });
  if (isNow && isEnded(state)) Object.assign(task, resultOf(view));
  return plain({
    type: on === "exhausted" ? "task.exhausted" : `task.${state}`,
    id,
    at: new Date(now).toISOString(),
    on,
    task: plain(task),
  });
}

function resultOf({ id, result, resultHref }: TaskView): Record<string, Json | undefined> {
  if (result === undefined) return { resultHref };
  if (JSON.stringify(result).length <= NEWS_RESULT_CHARS) return { result };
  return { resultHref: `/api/v1/tasks/${id}/result` };
}

/** Without what is not there. */
function plain(fields: Record<string, Json | undefined>): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Json;
}
