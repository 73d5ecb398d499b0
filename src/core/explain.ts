/**
 * Why a task is not running: every reason that holds now, from the functions that place tasks (`eligible.ts`). An empty
 * list means that the next turn starts it.
 */
import { armObstacle } from "./fleet/eligible.ts";
import { explainWorkers } from "./fleet/explain-workers.ts";
import { type GateObstacle, needObstacle } from "./limits/gate.ts";
import { explainBox, explainRole, explainTrigger } from "./graph/explain-graph.ts";
import { explainHold } from "./flow/hold.ts";
import type { Arm } from "./lane.ts";
import { ahead } from "./rank.ts";
import type { Reason } from "./reason.ts";
import type { State } from "./state.ts";
import { type Task, taskId } from "./task.ts";

/** Reasons named one by one before the rest is summed up. */
const NAMED_MAX = 20;
/** Tasks ahead are counted up to here. */
const AHEAD_MAX = 1000;
/** Tasks looked at for that. */
const LOOKS_MAX = 20_000;
/** Holders of a limit that are named. */
const HOLDERS_MAX = 20;

/** Why this live task is not running at `now`. */
export function explain(state: State, task: Task, now: number): Reason[] {
  const reasons = reasonsOf(state, task, now);
  if (reasons.length > 0 && task.expiresAt > 0) {
    reasons.push({ code: "expires", message: "expires if it has not started by then", until: task.expiresAt });
  }
  return reasons;
}

function reasonsOf(state: State, task: Task, now: number): Reason[] {
  switch (task.state) {
    case "blocked":
      return [...explainRole(task), ...explainTrigger(task), ...explainNeeds(state, task)];
    case "running":
      return explainBox(task);
    case "scheduled":
      return [explainTime(task)];
    case "queued":
      return explainQueue(state, task, now);
    default:
      return [];
  }
}

/** What a task waits for that has a time: its own, that of its next try, or that at which it is done again. */
function explainTime({ tries, attempt, node, dueAt: until }: Task): Reason {
  const isRepeat = node?.rule.judged === true && tries === 0 && attempt > 0;
  if (isRepeat) return { code: "repeat", message: "waits before it is done again", until };
  if (tries > 0) return { code: "backoff", message: `waits before try ${tries + 1}`, until };
  return { code: "due", message: "is not due yet", until };
}

/** Needs that are still open. Core keeps the arrows from parent to child only, so the live tasks are searched. */
function explainNeeds(state: State, task: Task): Reason[] {
  const reasons: Reason[] = [];
  for (const other of state.tasks.values()) {
    if (reasons.length >= Math.min(task.waiting, NAMED_MAX)) break;
    if (other.children?.includes(task) !== true) continue;
    const name = other.name ?? taskId(other);
    reasons.push({ code: "needs", message: `needs ${name}, which is ${other.state}`, about: taskId(other) });
  }
  const more = task.waiting - reasons.length;
  if (more > 0) reasons.push({ code: "needs", message: `and ${more} more` });
  return reasons;
}

function explainQueue(state: State, task: Task, now: number): Reason[] {
  const held = explainHold(state, task);
  if (held.length > 0) return held;
  const { arm } = task.lane;
  const reasons = explainArm(state, arm, now);
  for (const need of task.gates?.needs ?? []) {
    const obstacle = needObstacle(need, now);
    if (obstacle !== undefined) reasons.push(explainGate(state, obstacle));
  }
  reasons.push(...explainWorkers(state, task, now));
  if (reasons.length > 0) {
    const ahead = tasksAhead(state, task);
    if (ahead > 0) {
      const count = ahead >= AHEAD_MAX ? `at least ${AHEAD_MAX}` : String(ahead);
      reasons.push({
        code: "ahead",
        message: `${count} ${ahead === 1 ? "task is" : "tasks are"} ahead of it in arm ${arm.name}`,
      });
    }
  }
  return reasons;
}

function explainArm(state: State, arm: Arm, now: number): Reason[] {
  const obstacle = armObstacle(arm, now);
  if (obstacle === undefined) return [];
  const about = arm.name;
  const { code } = obstacle;
  if (code === "arm_disabled") return [{ code, message: `arm ${arm.name} is disabled`, about }];
  if (code === "arm_rate") {
    const message = `arm ${arm.name} has started as many as its rate allows`;
    return [{ code, message, about, until: obstacle.until }];
  }
  const names = namesOf(holders(state, (task) => task.lane.arm === arm, HOLDERS_MAX));
  return [
    { code, message: `arm ${arm.name} is full: ${obstacle.active} of ${obstacle.limit} running: ${names}`, about },
  ];
}

function explainGate(state: State, obstacle: GateObstacle): Reason {
  const { code, gate } = obstacle;
  if (obstacle.until !== undefined) {
    const says = {
      rate: `as many with the rate key ${gate.name} have started as that allows`,
      quota_tasks: `owner ${gate.name} has started all tasks of its quota for now`,
      quota_cpu: `owner ${gate.name} has used all CPU time of its quota for now`,
    };
    return { code, message: says[obstacle.code], about: gate.name, until: obstacle.until };
  }
  const list = holders(state, (task) => task.gates?.needs.some((need) => need.gate === gate) === true, HOLDERS_MAX);
  const names = namesOf(list);
  const holder = list[0] === undefined ? gate.name : taskId(list[0]);
  if (code === "run_full" || code === "each_full") {
    const whole = code === "run_full" ? `run r${gate.name}` : eachName(state, Number(gate.name));
    const message = `${whole} has as many running as it allows at once, ${obstacle.limit}: ${names}`;
    return { code, message, about: holder };
  }
  if (code === "mutex_held") return { code, message: `mutex ${gate.name} is held by ${names}`, about: holder };
  const { active } = gate;
  const who = code === "key_full" ? `key ${gate.name} is full` : `owner ${gate.name} has its quota running`;
  return { code, message: `${who}: ${active} of ${obstacle.limit} running: ${names}`, about: holder };
}

function eachName(state: State, seq: number): string {
  const task = state.tasks.get(seq);
  return task?.name ?? `t${seq}`;
}

/** Running tasks that fit, at most `limit` of them. */
export function holders(state: State, fits: (task: Task) => boolean, limit: number): Task[] {
  const found: Task[] = [];
  for (const worker of state.workers.values()) {
    for (const task of worker.attempts) {
      if (found.length >= limit) return found;
      if (fits(task)) found.push(task);
    }
  }
  return found;
}

function namesOf(tasks: readonly Task[]): string {
  const names = tasks.map(taskId).join(", ");
  return tasks.length < HOLDERS_MAX ? names : `${names}, …`;
}

/** Tasks of the arm that stand before it by priority and age, as far as they are counted. */
function tasksAhead(state: State, task: Task): number {
  const { arm } = task.lane;
  let count = 0;
  let looks = 0;
  const look = (tasks: Iterable<Task>): void => {
    for (const other of tasks) {
      if (count >= AHEAD_MAX || ++looks > LOOKS_MAX) return;
      if (other.priority > task.priority || (other.priority === task.priority && ahead(other, task))) count++;
    }
  };
  for (const lane of arm.lanes) if (lane.queued > 0) look(lane.singles());
  for (const set of state.limits.gates.sets()) {
    if (looks > LOOKS_MAX) break;
    for (const group of set.groups) if (group.pool.lane.arm === arm) look(group);
  }
  return count;
}
