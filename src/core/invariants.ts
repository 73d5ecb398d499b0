/**
 * Cross-checks every index of the state against every other. Slow: for tests, the simulator and `octopus doctor`, after
 * each step.
 */
import { assert } from "../base/assert.ts";
import { isEnded, TASK_STATES, type TaskState } from "../base/words.ts";
import { DEADLINE_SLACK_MS } from "./apply.ts";
import { checkFleet } from "./fleet/invariants-fleet.ts";
import { checkFlow } from "./flow/check-flow.ts";
import { checkGraph } from "./graph/invariants-graph.ts";
import { roleOf } from "./graph/node.ts";
import { checkLimits } from "./limits/invariants-limits.ts";
import { checkRuns } from "./runs/invariants-runs.ts";
import { checkSchedules } from "./schedules/invariants-schedules.ts";
import type { Lane } from "./lane.ts";
import type { Run } from "./run.ts";
import type { State } from "./state.ts";
import type { Task } from "./task.ts";
import type { TimerKind } from "./timers.ts";

/** Throws an `InvariantError` that names what is wrong. */
export function checkInvariants(state: State): void {
  const live: Partial<Record<TaskState, number>> = {};
  const queued = new Map<Lane, number>();
  const perRun = new Map<Run, Map<TaskState, number>>();
  const waiting = new Map<Task, number>();
  for (const task of state.tasks.values()) {
    live[task.state] = (live[task.state] ?? 0) + 1;
    if (task.state === "queued" && !state.flow.held.has(task)) queued.set(task.lane, (queued.get(task.lane) ?? 0) + 1);
    if (task.run !== undefined) {
      const counts = perRun.get(task.run) ?? new Map<TaskState, number>();
      counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
      perRun.set(task.run, counts);
    }
    if (!isEnded(task.state)) {
      for (const child of task.children ?? []) waiting.set(child, (waiting.get(child) ?? 0) + 1);
    }
    const runs = task.live !== undefined || (task.node?.box !== undefined && !isEnded(task.state));
    assert((task.state === "running") === runs, `t${task.seq} runs exactly while it has an attempt or holds something`);
    assert(task.live === undefined || task.live.worker.attempts.has(task), `t${task.seq} is known to its worker`);
    assert(task.state !== "scheduled" || task.dueAt > 0, `t${task.seq} is scheduled for a time`);
    assert(task.attempt >= task.tries + task.losses, `t${task.seq} counts no more tries than attempts`);
  }
  for (const task of state.tasks.values()) {
    if (task.state !== "blocked") continue;
    assert(task.waiting > 0 || roleOf(task) !== undefined, `t${task.seq} is blocked for somebody`);
    assert(task.waiting === (waiting.get(task) ?? 0), `t${task.seq} waits for as many tasks as know it as a child`);
  }
  for (const name of TASK_STATES) {
    if (!isEnded(name)) assert(state.counts[name] === (live[name] ?? 0), `the count of ${name} tasks is right`);
    assert(state.counts[name] >= 0, `the count of ${name} tasks is not negative`);
  }
  checkLimits(state, queued);
  checkFleet(state);
  checkFlow(state);
  checkRuns(state);
  checkGraph(state);
  checkTimers(state);
  checkSchedules(state);
  for (const [run, counts] of perRun) {
    if (run.open === 0) continue;
    const open = [...counts].filter(([name]) => !isEnded(name)).reduce((sum, [, count]) => sum + count, 0);
    assert(run.open === open, `r${run.seq} knows how many of its tasks are open`);
  }
}

/** Whatever waits for a time has a timer that goes off by then. */
function checkTimers(state: State): void {
  const earliest = new Map<unknown, Map<TimerKind, number>>();
  for (const { at, kind, subject } of state.timers) {
    const times = earliest.get(subject) ?? new Map<TimerKind, number>();
    times.set(kind, Math.min(times.get(kind) ?? Infinity, at));
    earliest.set(subject, times);
  }
  const by = (subject: unknown, kind: TimerKind): number => earliest.get(subject)?.get(kind) ?? Infinity;
  for (const task of state.tasks.values()) {
    const { seq, live, expiresAt, policy } = task;
    if (task.state === "scheduled") assert(by(task, "due") <= task.dueAt, `t${seq} has a timer for its time`);
    if (live !== undefined && policy.timeoutMs > 0) {
      const deadline = live.startedAt + policy.timeoutMs + DEADLINE_SLACK_MS;
      assert(by(task, "deadline") <= deadline, `t${seq} has a timer for its timeout`);
    }
    const canExpire = expiresAt > 0 && task.state !== "running" && !isEnded(task.state);
    assert(!canExpire || by(task, "expire") <= expiresAt, `t${seq} has a timer for its expiry`);
  }
  for (const worker of state.workers.values()) {
    const isWatched = (worker.local && worker.session !== 0) || by(worker, "lease") < Infinity;
    assert(isWatched, `${worker.name} has a timer for its lease`);
  }
}
