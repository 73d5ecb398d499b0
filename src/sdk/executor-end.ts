/** How Octopus Executor names its tasks to the engine, and reads from the engine how they ended. */
import { hashText } from "../base/hash.ts";
import type { Json } from "../base/words.ts";
import type { TaskDetail } from "../protocol/views.ts";
import { isArmId } from "./executor-check.ts";
import type { OctopusTask, OctopusTaskEnd } from "./executor-types.ts";

/** The one function by which all tasks of the executor run; it finds the handler. */
export const EXECUTOR_FUNCTION = "octopus-executor";

/** Ids of the document are any text; those of the engine are names. */
export function keyOf(id: string): string {
  const key = `executor:${id}`;
  return /^[A-Za-z0-9_.:/-]{1,110}$/.test(id) ? key : `executor-hash:${hashText(id)}`;
}

export function endOf(detail: TaskDetail): OctopusTaskEnd | undefined {
  const { call, input } = detail.work as { call?: string; input?: Json };
  if (call !== EXECUTOR_FUNCTION) return undefined;
  const state = detail.state === "succeeded" || detail.state === "cancelled" ? detail.state : "failed";
  const startedAt = detail.startedAt ?? detail.endedAt;
  const durationMs = startedAt === undefined ? 0 : Date.parse(detail.endedAt ?? startedAt) - Date.parse(startedAt);
  const error = detail.error?.message ?? (state === "succeeded" ? undefined : detail.reason);
  return {
    task: input as unknown as OctopusTask,
    armId: isArmId(detail.arm) ? detail.arm : undefined,
    state,
    durationMs,
    ...(detail.result !== undefined && { result: detail.result }),
    ...(error !== undefined && { error }),
  };
}
