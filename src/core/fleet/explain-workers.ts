/** Why no worker takes a task: each for itself while they are few, by reason when they are many. */
import type { LabelTerm } from "../asks.ts";
import type { Reason } from "../reason.ts";
import { rankOf } from "../lane.ts";
import type { State } from "../state.ts";
import { type Task, taskId } from "../task.ts";
import { lacking, unavailable, unfit, type WorkerObstacle } from "./eligible.ts";
import { withoutHandler, withoutKind, withoutLabel } from "./words-of-labels.ts";
import type { Reservation } from "./reservation.ts";
import type { Worker } from "./worker.ts";

/** Workers that are named one by one. */
const NAMED_MAX = 20;
/** Names that stand in a summary. */
const EXAMPLES_MAX = 3;

/** What can change by itself first: a busy worker says more than one that never fits. */
const ORDER: readonly WorkerObstacle["code"][] = [
  "worker_reserved",
  "worker_busy",
  "apart",
  "units",
  "resources",
  "worker_silent",
  "worker_draining",
  "worker_gone",
  "labels",
  "arm_not_served",
  "function_missing",
  "kind_missing",
  "other_worker",
];

/** Nothing, when some worker could take it now; else what is in the way of each. */
export function explainWorkers(state: State, task: Task, now: number): Reason[] {
  if (state.workers.size === 0) return [{ code: "no_worker", message: "no worker is connected" }];
  const { requires } = task.lane;
  const wanted = requires.worker;
  const reasons: Reason[] = [];
  if (wanted !== undefined && !state.workers.has(wanted)) {
    const message = `worker ${wanted}, which the task asks for, is not connected`;
    reasons.push({ code: "worker_gone", message, about: wanted });
  }
  const found: { worker: Worker; obstacle: WorkerObstacle }[] = [];
  for (const worker of state.workers.values()) {
    const obstacle = obstacleOf(worker, task, now);
    if (obstacle === undefined) return [];
    if (worker.reserved !== undefined && worker.reserved === task.lane.reservation) {
      reasons.push(kept(task, worker.reserved, obstacle, now));
    } else found.push({ worker, obstacle });
  }
  found.sort((a, b) => ORDER.indexOf(a.obstacle.code) - ORDER.indexOf(b.obstacle.code));
  return [...reasons, ...(found.length > NAMED_MAX ? summary(found) : found.map(one))];
}

/** What keeps the worker from taking this task now; undefined = nothing. */
function obstacleOf(worker: Worker, task: Task, now: number): WorkerObstacle | undefined {
  const { requires, arm } = task.lane;
  // Of a worker that was here before our restart only the name is known, not what it can do.
  const never = worker.instance === "" ? undefined : unfit(worker, requires, arm.name);
  return never ?? unavailable(worker, now) ?? lacking(worker, requires) ?? keptForOther(worker, task, now);
}

/** The worker is reserved, and the task neither stands before those for whom it is nor fits beside them. */
function keptForOther(worker: Worker, task: Task, now: number): WorkerObstacle | undefined {
  const { reserved } = worker;
  if (reserved === undefined || reserved.lane === task.lane || reserved.isGuest(task.lane.requires)) return undefined;
  const { first, since } = reserved;
  if (task.lane.arm === first.lane.arm && rankOf(task, now) > rankOf(first, now)) return undefined;
  return { code: "worker_reserved", holder: taskId(first), sinceMs: now - since };
}

/** What is said of the worker that is kept free for tasks like this one. */
function kept(task: Task, { worker, first, since }: Reservation, obstacle: WorkerObstacle, now: number): Reason {
  const whom = first === task ? "it" : `${taskId(first)}, which asks for the same and is before it`;
  const words = `worker ${worker.name} has been kept free for ${whom} for ${secondsOf(now - since)}`;
  return { code: "reserved", message: `${words}, and ${tellObstacle(obstacle)}`, about: worker.name };
}

function secondsOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

function one({ worker: { name }, obstacle }: { worker: Worker; obstacle: WorkerObstacle }): Reason {
  return { code: obstacle.code, message: `worker ${name} ${tellObstacle(obstacle)}`, about: name };
}

/** One reason for each kind of obstacle. */
function summary(found: readonly { worker: Worker; obstacle: WorkerObstacle }[]): Reason[] {
  const kinds = new Map<string, { obstacle: WorkerObstacle; names: string[] }>();
  for (const { worker, obstacle } of found) {
    const text = tellAll(obstacle);
    const kind = kinds.get(text) ?? { obstacle, names: [] };
    kind.names.push(worker.name);
    kinds.set(text, kind);
  }
  return [...kinds].map(([text, { obstacle, names }]) => {
    const { code } = obstacle;
    if (names.length === 1) return { code, message: `worker ${names[0]} ${tellObstacle(obstacle)}`, about: names[0]! };
    const more = names.length > EXAMPLES_MAX ? ", …" : "";
    return { code, message: `${names.length} workers ${text}: ${names.slice(0, EXAMPLES_MAX).join(", ")}${more}` };
  });
}

/** What is said of one worker, after its name. */
export function tellObstacle(obstacle: WorkerObstacle): string {
  switch (obstacle.code) {
    case "other_worker":
      return `is not ${obstacle.wanted}, which the task asks for`;
    case "arm_not_served":
      return `takes tasks of arm ${obstacle.serves.join(", ")} only; the task is of ${obstacle.arm}`;
    case "kind_missing":
      return withoutKind(obstacle.kind, true);
    case "function_missing":
      return withoutHandler(obstacle.handler, true);
    case "labels": {
      const { term, value } = obstacle;
      const lacks = value === undefined && term.op === "exists" ? withoutLabel(term.label, true) : undefined;
      if (lacks !== undefined) return lacks;
      const has = value === undefined ? `has no label ${term.label}` : `has ${term.label}=${value}`;
      return `${has}; the task asks for ${wish(term)}`;
    }
    case "resources": {
      const { resource, wanted, has, free } = obstacle;
      const there = free === undefined ? `offers ${has / 1000}` : `has ${free / 1000} of ${has / 1000}`;
      return `${there} ${resource}${free === undefined ? "" : " free"}; the task asks for ${wanted / 1000}`;
    }
    case "units":
      return tellUnits(obstacle);
    case "apart":
      return `runs a task with the key ${obstacle.key} already, which keeps them apart`;
    case "worker_gone":
      return "is not connected";
    case "worker_draining":
      return "is draining: it takes no new work";
    case "worker_reserved":
      return `has been kept free for ${obstacle.holder} for ${secondsOf(obstacle.sinceMs)}, which needs much of it`;
    case "worker_silent":
      return `was not heard for ${Math.round(obstacle.silentMs / 1000)} seconds`;
    case "worker_busy":
      return `is busy: all ${obstacle.slots} slots are taken`;
  }
}

function tellUnits({ resource, wanted, has, index, taken }: Extract<WorkerObstacle, { code: "units" }>): string {
  if (index !== undefined) {
    const count = has / 1000;
    const there = count === 0 ? `has no ${resource} that are told apart` : `has ${count} ${resource}, from number 0 on`;
    return `${there}; the task asks for number ${index}`;
  }
  if (taken !== undefined) return `has no room on ${resource} number ${taken.join(", ")}, which the task asks for`;
  return `has enough ${resource} free, but in shares of several; the task asks for ${wanted / 1000} in one piece`;
}

/** The obstacle as it is said of several workers: what differs from one to the next is left out. */
function tellAll(obstacle: WorkerObstacle): string {
  switch (obstacle.code) {
    case "other_worker":
      return `are not ${obstacle.wanted}, which the task asks for`;
    case "arm_not_served":
      return `do not take tasks of arm ${obstacle.arm}`;
    case "kind_missing":
      return withoutKind(obstacle.kind, false);
    case "function_missing":
      return withoutHandler(obstacle.handler, false);
    case "labels":
      return obstacle.value === undefined
        ? ((obstacle.term.op === "exists" ? withoutLabel(obstacle.term.label, false) : undefined) ??
            `have no label ${obstacle.term.label}; the task asks for ${wish(obstacle.term)}`)
        : `have another ${obstacle.term.label}; the task asks for ${wish(obstacle.term)}`;
    case "resources":
      return obstacle.free === undefined
        ? `do not offer ${obstacle.wanted / 1000} ${obstacle.resource}`
        : `have less than ${obstacle.wanted / 1000} ${obstacle.resource} free`;
    case "units":
      return `have no room on the ${obstacle.resource} that the task asks for`;
    case "apart":
      return `run a task with the key ${obstacle.key} already, which keeps them apart`;
    case "worker_gone":
      return "are not connected";
    case "worker_draining":
      return "are draining";
    case "worker_reserved":
      return "are kept free for tasks that need much of them";
    case "worker_silent":
      return "were not heard for more than a minute";
    case "worker_busy":
      return "are busy";
  }
}

/** A term of a selector as people write it. */
function wish({ label, op, values }: LabelTerm): string {
  if (op === "exists") return label;
  if (op === "not exists") return `no ${label}`;
  return op === "in" || op === "not in" ? `${label} ${op} (${values.join(", ")})` : `${label} ${op} ${values[0]}`;
}
