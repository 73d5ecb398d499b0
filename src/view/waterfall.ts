/**
 * When the tasks of a run waited and ran, as bars on one axis of time. Times are epoch milliseconds; the caller says what
 * time it is. Earlier attempts are known where somebody read them (`attempts`), the newest always.
 */
import { type AttemptOutcome, isEnded, type TaskState } from "../base/words.ts";
import type { AttemptView, TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";
import { isAsked } from "./run-words.ts";

/**
 * `queue`: ready, and something of the server's held it (a limit, others before it). `worker`: only a worker was missing.
 * `pause`: between two attempts, or until it is due. `asked`: a person has to answer. `hold`: an `each` or a run in it runs.
 */
export type SpanKind = "queue" | "worker" | "run" | "pause" | "asked" | "hold";

export interface Span {
  kind: SpanKind;
  from: number;
  /** Absent: it goes on. */
  to?: number;
  attempt?: number;
  outcome?: AttemptOutcome | TaskState;
}

/** The bars of one task, from the left. Waiting for what it needs is no bar: it says nothing of the task. */
export function spansOf(task: TaskView, attempts?: readonly AttemptView[]): Span[] {
  const holds = task.kind === "each" || task.kind === "workflow";
  if (holds || task.kind === "approval") return heldSpans(task, holds ? "hold" : "asked");
  const known = attempts ?? [];
  const spans: Span[] = [];
  let free: number | undefined;
  for (const attempt of known) {
    if (attempt.attempt === task.attempt && attempt.endedAt === undefined && task.state !== "running") continue;
    addAttempt(spans, attempt, attempt.attempt === task.attempt ? time(task.readyAt) : undefined, free);
    free = time(attempt.endedAt);
  }
  if (task.attempt > 0 && !known.some(({ attempt }) => attempt === task.attempt)) addNewest(spans, task);
  addWait(spans, task, free);
  return spans;
}

function addAttempt(spans: Span[], attempt: AttemptView, ready: number | undefined, free: number | undefined): void {
  const start = time(attempt.startedAt)!;
  const from = time(attempt.readyAt) ?? ready ?? start;
  if (free !== undefined && from > free) spans.push({ kind: "pause", from: free, to: from });
  const admitted = Math.min(start, time(attempt.admittedAt) ?? start);
  if (admitted > from) spans.push({ kind: "queue", from, to: admitted });
  if (start > admitted) spans.push({ kind: "worker", from: admitted, to: start });
  spans.push(running(start, time(attempt.endedAt), attempt.attempt, attempt.outcome));
}

/** From what the task itself says of its newest attempt. */
function addNewest(spans: Span[], task: TaskView): void {
  const start = time(task.startedAt);
  if (start === undefined) return;
  // A task that waits for its next try was ready for that one, and not for the one it had.
  const ready = task.state === "running" || isEnded(task.state) ? time(task.readyAt) : undefined;
  if (ready !== undefined && ready < start) spans.push({ kind: "queue", from: ready, to: start });
  if (task.state === "running") spans.push(running(start, undefined, task.attempt, undefined));
  else if (task.endedAt !== undefined) spans.push(running(start, time(task.endedAt), task.attempt, task.state));
}

function running(from: number, to: number | undefined, attempt: number, outcome: Span["outcome"]): Span {
  return { kind: "run", from, attempt, ...(to !== undefined && { to }), ...(outcome && { outcome }) };
}

/** What it does now, when that is waiting. */
function addWait(spans: Span[], task: TaskView, free: number | undefined): void {
  const ready = time(task.readyAt);
  if (task.state === "scheduled") {
    const from = free ?? time(task.createdAt)!;
    const due = time(task.dueAt);
    spans.push({ kind: "pause", from, ...(due !== undefined && { to: due }) });
  } else if (task.state === "queued") {
    const from = ready ?? free ?? time(task.createdAt)!;
    if (free !== undefined && free < from) spans.push({ kind: "pause", from: free, to: from });
    spans.push({ kind: isAsked(task) ? "asked" : "queue", from });
  } else if (isAsked(task)) spans.push({ kind: "asked", from: ready ?? time(task.createdAt)! });
}

/** One that never goes to a worker: from when it was ready, or began, to its end. */
function heldSpans(task: TaskView, kind: SpanKind): Span[] {
  const from = time(task.startedAt) ?? time(task.readyAt);
  if (from === undefined || (task.state === "blocked" && !isAsked(task))) return [];
  const end = isEnded(task.state) ? time(task.endedAt) : undefined;
  return [{ kind, from, ...(end !== undefined && { to: end }), ...(end !== undefined && { outcome: task.state }) }];
}

function time(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** From the moment that the run was submitted to its end, or now; never nothing. */
export function runBounds(run: Pick<RunView, "createdAt" | "endedAt">, now: number): { from: number; to: number } {
  const from = Date.parse(run.createdAt);
  const to = run.endedAt === undefined ? now : Date.parse(run.endedAt);
  return { from, to: Math.max(from + 1, to) };
}

export interface Gap {
  from: number;
  to: number;
  why: "idle" | "asked";
}

/** Stretches in which nothing of the run ran, no shorter than `leastMs`; `asked` where a person was waited for. */
export function gapsOf(spans: readonly Span[], bounds: { from: number; to: number }, leastMs: number): Gap[] {
  const isWork = ({ kind }: Span): boolean => kind === "run";
  const busy = merged(spans.filter(isWork), bounds.to);
  const asked = merged(
    spans.filter(({ kind }) => kind === "asked"),
    bounds.to,
  );
  const gaps: Gap[] = [];
  let at = bounds.from;
  for (const [from, to] of [...busy, [bounds.to, bounds.to] as const]) {
    if (from - at >= leastMs) {
      const isAskedThen = asked.some(([begin, end]) => begin < from && end > at);
      gaps.push({ from: at, to: from, why: isAskedThen ? "asked" : "idle" });
    }
    at = Math.max(at, to);
  }
  return gaps;
}

function merged(spans: readonly Span[], end: number): (readonly [number, number])[] {
  const sorted = spans.map(({ from, to = end }) => [from, to] as const).toSorted(([a], [b]) => a - b);
  const list: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = list.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else list.push([from, to]);
  }
  return list;
}
