/** Why a task is where it is, in words: what it waits for by core's account, or why it has ended, back to the first cause. */
import { isEnded, type TaskState } from "../base/words.ts";
import { explain } from "../core/explain.ts";
import type { State } from "../core/state.ts";
import type { Explanation, TaskDetail } from "../protocol/views.ts";
import type { Library } from "./ports.ts";

/** Needs that are looked at on the way to the first cause. */
const HOPS_MAX = 1000;
/** Needs that are named. */
const NAMED_MAX = 10;

type Reasons = Explanation["reasons"];

export function explainTask(state: State, library: Library, seq: number, now: number): Explanation | undefined {
  const live = state.tasks.get(seq);
  if (live === undefined || isEnded(live.state) || live.live !== undefined) return explainStored(library, seq);
  const reasons: Reasons = explain(state, live, now).map(({ until, ...reason }) => ({
    ...reason,
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  }));
  const first = reasons[0];
  const due = first?.until === undefined ? "" : ` until ${first.until}`;
  const summary = first === undefined ? "it starts with the next turn" : `${first.message}${due}`;
  return { id: live.key ?? `t${seq}`, state: live.state, summary, reasons };
}

/** A task that runs or has ended waits for nothing; its own words say the rest, and those of what it needs. */
function explainStored(library: Library, seq: number): Explanation | undefined {
  const task = library.task(seq);
  if (task === undefined) return undefined;
  const { id, state } = task;
  const reason = reasonOf(task);
  const reasons: Reasons = reason === undefined ? [] : [{ code: state, message: reason }];
  if (state === "upstream_failed" || state === "skipped") reasons.push(...causes(library, seq));
  const why = reason === undefined ? "" : `: ${reason}`;
  const running = `it runs on ${task.worker ?? "a worker"} as attempt ${task.attempt}`;
  return { id, state, summary: state === "running" ? running : `it is ${state}${why}`, reasons };
}

function reasonOf({ state, reason, error, exitCode, allowed }: TaskDetail): string | undefined {
  const said =
    reason ?? error?.message ?? (state === "failed" && exitCode !== undefined ? `exit code ${exitCode}` : undefined);
  if (allowed !== true) return said;
  const leave = state === "failed" ? "it may fail, and the run goes on" : "something in it has failed, and may";
  return said === undefined ? leave : `${said} (${leave})`;
}

const BAD: ReadonlySet<TaskState> = new Set(["failed", "upstream_failed", "cancelled", "expired", "skipped"]);

/** What went wrong first among all that the task needs, directly or not. */
function causes(library: Library, seq: number): Reasons {
  const found: Reasons = [];
  const seen = new Set([seq]);
  const open = [seq];
  for (let hops = 0; open.length > 0 && hops < HOPS_MAX && found.length < NAMED_MAX; hops++) {
    for (const need of library.endedTask(open.shift()!)?.definition.needs ?? []) {
      if (seen.has(need)) continue;
      seen.add(need);
      const state = library.stateOf(need);
      if (state === undefined || !BAD.has(state)) continue;
      const isFirst = state === "failed" || state === "cancelled" || state === "expired" || !hasBadNeed(library, need);
      if (isFirst) found.push(cause(library, need));
      else open.push(need);
      if (found.length >= NAMED_MAX) break;
    }
  }
  return found;
}

function hasBadNeed(library: Library, seq: number): boolean {
  const needs = library.endedTask(seq)?.definition.needs ?? [];
  return needs.some((need) => BAD.has(library.stateOf(need) ?? "succeeded"));
}

function cause(library: Library, seq: number): Reasons[number] {
  const task = library.task(seq);
  if (task === undefined) return { code: "cause", message: `t${seq} is gone` };
  const reason = reasonOf(task);
  const message = `${task.name ?? task.id} is ${task.state}${reason === undefined ? "" : `: ${reason}`}`;
  return { code: "cause", message, about: task.id };
}
