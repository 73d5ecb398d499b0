/** What is said of a run and of its tasks beyond their states: members in sums, nested runs, who is waited for, phases. */
import { isEnded, type TaskState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";
import { causeOf } from "./tasks.ts";

/** What is known beside the run itself. */
export interface Beside {
  /** Runs inside it, by their ids. */
  nested?: ReadonlyMap<string, RunView> | undefined;
  /** Why tasks wait, by their ids. */
  waits?: ReadonlyMap<string, string> | undefined;
}

type Counts = Partial<Record<TaskState, number>>;

/** `12/100 ok, 1 failed, 4 running`; `total` where more are to come than are counted. */
export function progressText(counts: Counts, total = totalOf(counts)): string {
  const { succeeded = 0, skipped = 0, failed = 0, running = 0, expired = 0, cancelled = 0 } = counts;
  const parts = [`${succeeded + skipped}/${total} ok`];
  const lost = failed + expired + (counts.upstream_failed ?? 0);
  if (lost > 0) parts.push(`${lost} failed`);
  if (cancelled > 0) parts.push(`${cancelled} cancelled`);
  if (running > 0) parts.push(`${running} running`);
  return parts.join(", ");
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
}

export function endedOf(counts: Counts): number {
  return Object.entries(counts).reduce(
    (sum, [state, count]) => (isEnded(state as TaskState) ? sum + (count ?? 0) : sum),
    0,
  );
}

/** True for a task whose turn may never come: what a run does when it has failed is no news while it goes well. */
export function isAside({ role, state }: TaskView): boolean {
  return role !== undefined && (state === "blocked" || state === "skipped");
}

/** A person has to answer before it goes on. */
export function isAsked({ approval, state }: TaskView): boolean {
  return approval?.state === "waiting" && !isEnded(state);
}

/** Everything worth saying of a task after its state, the most useful first. */
export function taskWords(task: TaskView, { nested, waits }: Beside = {}): string[] {
  const words: string[] = [];
  if (isAsked(task)) {
    const { message } = task.approval!;
    words.push(`octopus approve ${task.id}${message === undefined ? "" : `: ${message}`}`);
  }
  if (task.members !== undefined) words.push(progressText(task.members.counts, task.members.total));
  if (task.subRun !== undefined) words.push(nestedText(task.subRun, nested?.get(task.subRun)));
  if (task.attempt > 1) words.push(`try ${task.attempt}`);
  if (task.state === "running" && task.progress !== undefined)
    words.push(`${Math.round(task.progress * 100)} % ${task.progressMessage ?? ""}`.trimEnd());
  if (task.allowed === true) words.push("allowed");
  const cause = causeOf(task);
  const wait = waits?.get(task.id);
  if (cause !== "") words.push(cause);
  else if (wait !== undefined && !isEnded(task.state)) words.push(wait);
  return words;
}

function nestedText(id: string, run: RunView | undefined): string {
  if (run === undefined) return id;
  const more = standing(run);
  return `${id} ${progressText(run.counts)}${more === "" ? "" : `, ${more}`}`;
}

const PHASES = {
  compensate: "undoing what had succeeded",
  handlers: "handlers run",
  exit: "exit handlers run",
  outputs: "putting its outputs together",
} as const;

/** What keeps a run, or what it does after its main part; nothing where its state says it all. */
export function standing(run: RunView): string {
  if (run.endedAt !== undefined) return "";
  if (run.paused === true) return "paused";
  if (run.waiting === true) return `waits for a place in ${run.group?.name ?? "its group"}`;
  if (run.phase === undefined) return "";
  return run.outcome === undefined ? PHASES[run.phase] : `${PHASES[run.phase]} (${run.outcome})`;
}
