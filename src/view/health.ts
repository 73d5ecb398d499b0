/** Is everything all right? What a person should look at, the gravest first, each in a sentence with the place that mends it. */
import type { ArmView, StatusView } from "../protocol/views.ts";
import type { WorkerView } from "../protocol/worker-views.ts";
import { formatDuration } from "../base/duration.ts";
import { workerState } from "./fleet.ts";

export type HealthTone = "good" | "warn" | "bad";

export interface HealthNote {
  tone: Exclude<HealthTone, "good">;
  text: string;
  /** Where it is seen and mended; none: on the machine itself. */
  place?: { of: "arm" | "worker"; name: string } | { of: "arms" | "workers" | "dead" | "queued" };
}

export interface Health {
  tone: HealthTone;
  /** One sentence: the gravest of the notes, or that all is well. */
  sentence: string;
  notes: readonly HealthNote[];
}

export interface HealthFacts {
  status: Pick<StatusView, "state" | "counts" | "arms" | "workers">;
  /** Dead letters, as far as they were counted. */
  dead: number;
  /** There are more than were counted. */
  isMoreDead?: boolean;
  now: number;
}

/** A full arm is as it should be; one whose oldest task waits so long is worth a look. */
const LONG_WAIT_MS = 60_000;
const DISK_WARN = 0.9;
const DISK_BAD = 0.97;
/** A worker that is gone is no news any more. */
const LOST_MS = 3_600_000;

export function healthOf(facts: HealthFacts): Health {
  const notes = [
    ...ofServer(facts),
    ...ofWorkers(facts),
    ...ofDead(facts),
    ...ofDisks(facts.status.workers),
    ...facts.status.arms.flatMap((arm) => ofArm(arm, facts.now)),
  ];
  notes.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
  const [first] = notes;
  return { tone: first?.tone ?? "good", sentence: first?.text ?? allWell(facts), notes };
}

function allWell({ status: { counts, workers } }: HealthFacts): string {
  const running = counts.running ?? 0;
  const there = workers.filter(isThere).length;
  if (there === 0 && Object.keys(counts).length === 0) return "Nothing here yet";
  return running > 0 ? `All is well: ${running} running` : "All is well: nothing is running";
}

function ofServer({ status: { state } }: HealthFacts): HealthNote[] {
  if (state === "failed")
    return [{ tone: "bad", text: "The server cannot write to its disk: nothing is taken or started" }];
  return state === "draining" ? [{ tone: "warn", text: "The server is stopping" }] : [];
}

function ofWorkers({ status: { counts, workers }, now }: HealthFacts): HealthNote[] {
  const queued = counts.queued ?? 0;
  const there = workers.filter(isThere);
  if (there.length === 0 && queued > 0) {
    const text = `No worker is connected: ${tasks(queued)} ${queued === 1 ? "waits" : "wait"}`;
    return [{ tone: "bad", text, place: { of: "workers" } }];
  }
  const notes = workers.flatMap((worker) => ofLost(worker, now));
  if (notes.length > 3) {
    notes.splice(0, notes.length, { tone: "warn", text: `${notes.length} workers are lost`, place: { of: "workers" } });
  }
  if (queued > 0 && there.length > 0 && there.every(({ state }) => state === "draining")) {
    notes.push({
      tone: "warn",
      text: `Every worker is draining: ${tasks(queued)} ${queued === 1 ? "waits" : "wait"}`,
      place: { of: "workers" },
    });
  }
  return notes;
}

function isThere(worker: WorkerView): boolean {
  const state = workerState(worker);
  return state !== "offline" && state !== "lost";
}

/** One that said goodbye, or that left long ago, is not lost. */
function ofLost(worker: WorkerView, now: number): HealthNote[] {
  const { name, lastSeenAt, leftReason, active } = worker;
  if (isThere(worker) || lastSeenAt === undefined) return [];
  const silentMs = now - Date.parse(lastSeenAt);
  const isGone = leftReason !== undefined && !/lease/.test(leftReason);
  if (isGone || silentMs > LOST_MS) return [];
  const held = active > 0 ? `, with ${tasks(active)}` : "";
  return [
    { tone: "warn", text: `Worker ${name} is lost since ${spell(silentMs)}${held}`, place: { of: "worker", name } },
  ];
}

function ofDead({ dead, isMoreDead = false }: HealthFacts): HealthNote[] {
  if (dead === 0) return [];
  const count = isMoreDead ? `More than ${dead}` : String(dead);
  return [
    {
      tone: "bad",
      text: `${count} dead ${dead === 1 ? "letter waits" : "letters wait"} for a decision`,
      place: { of: "dead" },
    },
  ];
}

function ofDisks(workers: readonly WorkerView[]): HealthNote[] {
  return workers.flatMap(({ name, state, usage }): HealthNote[] => {
    const { diskBytes = 0, diskUsedBytes = 0 } = usage ?? {};
    if (state === "offline" || diskBytes === 0 || diskUsedBytes / diskBytes < DISK_WARN) return [];
    const share = diskUsedBytes / diskBytes;
    const text = `The disk of worker ${name} is ${Math.floor(share * 100)}% full`;
    return [{ tone: share >= DISK_BAD ? "bad" : "warn", text, place: { of: "worker", name } }];
  });
}

function ofArm(
  { name, enabled, draining, active, maxParallel, queued, oldestQueuedAt }: ArmView,
  now: number,
): HealthNote[] {
  if (queued === 0) return [];
  const place = { of: "arm", name } as const;
  if (!enabled)
    return [
      { tone: "warn", text: `Arm ${name} is paused, and ${tasks(queued)} ${queued === 1 ? "waits" : "wait"}`, place },
    ];
  const waitMs = oldestQueuedAt === undefined ? 0 : now - Date.parse(oldestQueuedAt);
  if (waitMs < LONG_WAIT_MS) return [];
  const isFull = maxParallel !== undefined && active >= maxParallel;
  const why = isFull ? "is full" : draining ? "is draining" : "waits for workers";
  return [{ tone: "warn", text: `Arm ${name} ${why}, and its oldest task waits since ${spell(waitMs)}`, place }];
}

function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}

/** Whole seconds up to a minute, whole minutes up to an hour. */
export function spell(ms: number): string {
  const unit = ms < 60_000 ? 1000 : ms < 3_600_000 ? 60_000 : 3_600_000;
  return formatDuration(Math.max(unit, Math.floor(ms / unit) * unit)).replace(/([a-z])00?[a-z]$/, "$1");
}
