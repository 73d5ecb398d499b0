/**
 * The life of a task as stretches of time, each with what it was for: waiting for what it needs, for its time, for a slot of
 * its arm, for a worker, running; for every attempt. What the server does not know is said to be unknown, never guessed.
 * Stretches follow one another without gaps and without overlap; the last one of a live task is open.
 */
import { isEnded } from "../base/words.ts";
import type { AttemptView, TaskDetail } from "../protocol/views.ts";

export type Phase =
  | "needs" // other tasks had to end first
  | "approval" // a person had to agree
  | "time" // it was not due yet
  | "held" // it was not ready, and why is not known any more
  | "retry" // between two tries
  | "slot" // its arm, key, mutex, rate or quota had no room
  | "worker" // nothing but a worker that could take it was missing
  | "queue" // it was ready; whether for a slot or for a worker is not known
  | "running"
  | "closing"; // its last attempt is over, it is not

export interface Segment {
  phase: Phase;
  /** The attempt that it belongs to; 0 before the first. */
  attempt: number;
  /** Epoch milliseconds; `to` is absent while it lasts. */
  from: number;
  to?: number;
  /** In words. */
  label: string;
  outcome?: AttemptView["outcome"];
  worker?: string;
}

type Subject = Pick<
  TaskDetail,
  | "state"
  | "createdAt"
  | "readyAt"
  | "dueAt"
  | "startedAt"
  | "endedAt"
  | "needs"
  | "approval"
  | "attempts"
  | "attempt"
  | "kind"
  | "schedule"
>;

export function timelineOf(task: Subject): Segment[] {
  const created = Date.parse(task.createdAt);
  const segments: Segment[] = [];
  const attempts = [...task.attempts].sort((a, b) => a.attempt - b.attempt);
  let at = created;
  const add = (
    phase: Phase,
    attempt: number,
    to: number | undefined,
    label: string,
    more: Partial<Segment> = {},
  ): void => {
    // Clocks of workers and servers differ: what would end before it began took no time.
    const end = to === undefined ? undefined : Math.max(at, to);
    if (end === at) return;
    segments.push({ phase, attempt, from: at, ...(end !== undefined && { to: end }), label, ...more });
    at = end ?? at;
  };
  attempts.forEach((one, i) => {
    const isFirst = i === 0;
    const started = Date.parse(one.startedAt);
    const ready = timeOf(one.readyAt) ?? (i === attempts.length - 1 ? timeOf(task.readyAt) : undefined);
    if (ready !== undefined) {
      if (isFirst) add(...before(task), Math.min(ready, started), ...beforeWords(task));
      else add("retry", one.attempt, Math.min(ready, started), `waited before try ${one.attempt}`);
      addQueue(add, one, started);
    } else if (isFirst) add("queue", one.attempt, started, "waited to be started; for what is not known any more");
    else add("retry", one.attempt, started, `waited for try ${one.attempt}; for what is not known any more`);
    const ended = timeOf(one.endedAt) ?? (isEnded(task.state) ? timeOf(task.endedAt) : undefined);
    const outcome = one.outcome === undefined ? {} : { outcome: one.outcome };
    add("running", one.attempt, ended, `${ended === undefined ? "runs" : "ran"} on ${one.worker}`, {
      worker: one.worker,
      ...outcome,
    });
  });
  const last = segments.at(-1);
  if (last === undefined || last.to !== undefined) addNow(task, attempts, add);
  return segments;
}

type Add = (phase: Phase, attempt: number, to: number | undefined, label: string, more?: Partial<Segment>) => void;

function before(task: Subject): ["needs" | "approval" | "time" | "held", 0] {
  if (task.needs.length > 0) return ["needs", 0];
  if (task.approval !== undefined) return ["approval", 0];
  return ["held", 0];
}

function beforeWords(task: Subject): [string] {
  const [phase] = before(task);
  if (phase === "needs") return [`waited for what it needs: ${task.needs.join(", ")}`];
  if (phase === "approval") return ["waited for somebody to approve it"];
  return ["was not ready: delayed, or held by a unique key or a cache"];
}

/** From being ready to its start. A server that knows when it was ready, knows whether it waited for more than a worker. */
function addQueue(add: Add, { readyAt, admittedAt, attempt }: AttemptView, started: number): void {
  if (readyAt === undefined) return add("queue", attempt, started, "waited for a slot or a worker");
  const admitted = timeOf(admittedAt);
  if (admitted !== undefined)
    add("slot", attempt, Math.min(admitted, started), "waited for a slot: its arm or another limit was full");
  add("worker", attempt, started, "waited for a worker");
}

/** What it waits for at this moment, or how it waited until it ended without having run. */
function addNow(task: Subject, attempts: readonly AttemptView[], add: Add): void {
  const next = (attempts.at(-1)?.attempt ?? 0) + (attempts.length > 0 ? 1 : 0);
  const ready = timeOf(task.readyAt);
  const started = timeOf(task.startedAt);
  const ended = timeOf(task.endedAt);
  if (attempts.length === 0 && ready !== undefined && ready <= (started ?? ended ?? Infinity))
    add(...before(task), ready, ...beforeWords(task));
  switch (task.state) {
    case "blocked":
      if (task.needs.length === 0) return add("held", next, undefined, "is held back");
      return add("needs", next, undefined, `waits for what it needs: ${task.needs.join(", ")}`);
    case "scheduled":
      return attempts.length > 0
        ? add("retry", next, undefined, `waits before try ${next}`)
        : add("time", 0, undefined, "waits for its time");
    case "queued":
      return task.approval?.state === "waiting"
        ? add("approval", next, undefined, "waits for somebody to approve it")
        : add("queue", next, undefined, "waits for a slot or a worker");
    case "running":
      return add(
        "running",
        task.attempt,
        undefined,
        task.kind === "approval" ? "waits for somebody to decide" : "runs",
      );
    default:
      if (attempts.length > 0) return add("closing", task.attempt, ended, "was ended");
      // What holds others has no attempts of its own.
      if (started === undefined)
        return add(...before(task), ended, ENDED_WORDS[task.state] ?? "ended without an attempt");
      add("queue", 0, started, "waited to begin");
      return add("running", 0, ended, "what it holds ran");
  }
}

const ENDED_WORDS: Partial<Record<Subject["state"], string>> = {
  cancelled: "was cancelled before it started",
  expired: "expired before it started",
  skipped: "was skipped",
  upstream_failed: "did not run, because of what it needs",
  failed: "failed before it started",
};

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** How long each phase took altogether, the open one until `now`. */
export function phaseTimes(segments: readonly Segment[], now: number): Partial<Record<Phase, number>> {
  const times: Partial<Record<Phase, number>> = {};
  for (const { phase, from, to } of segments) times[phase] = (times[phase] ?? 0) + Math.max(0, (to ?? now) - from);
  return times;
}

/** What each phase is called. */
export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  needs: "needs",
  approval: "approval",
  time: "its time",
  held: "not ready",
  retry: "between tries",
  slot: "slot",
  worker: "worker",
  queue: "queue",
  running: "running",
  closing: "closing",
};
