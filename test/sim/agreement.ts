/** What must agree after a turn: two states that came about in two ways, and what waits with why it waits. */
import { isEnded } from "../../src/base/words.ts";
import { explain } from "../../src/core/explain.ts";
import type { Reason } from "../../src/core/reason.ts";
import type { State } from "../../src/core/state.ts";
import { type Task, taskId } from "../../src/core/task.ts";
import { difference, snapshot, type SnapshotOptions } from "./snapshot.ts";
import { isAway, mayTake } from "./placement-judge.ts";
import type { World } from "./world.ts";

/** Tasks whose reasons are looked at after one turn. */
const LOOKS = 5;

/** Stops the simulation unless both states, given by name, are the same. */
export function demandEqual(world: World, states: Record<string, State>, options: SnapshotOptions): void {
  const [a, b] = Object.keys(states) as [string, string];
  const found = difference([a, b], snapshot(states[a]!, options), snapshot(states[b]!, options));
  world.demand(found === undefined, () => `V5: ${found}`);
}

/** Whoever waits right after a turn has a reason to, and each reason is true. */
export function checkReasons(world: World, state: State, now: number): void {
  const waiting = [...state.tasks.values()].filter((task) => !isEnded(task.state) && task.state !== "running");
  const first = world.prng.int(Math.max(1, waiting.length - LOOKS + 1));
  for (const task of waiting.slice(first, first + LOOKS)) {
    const reasons = explain(state, task, now);
    world.demand(reasons.length > 0, () => `t${task.seq} is ${task.state} after a turn, and nothing says why`);
    for (const reason of reasons) {
      const lie = lieOf(state, task, reason, now) ?? lieOnWorker(state, task, reason, now);
      world.demand(
        lie === undefined,
        () => `t${task.seq} is said to wait: ${reason.message} (${reason.code}), and ${lie}`,
      );
    }
  }
}

/** Waits that end by themselves, at a time that is known. */
const TIMED = ["arm_rate", "rate", "quota_tasks", "quota_cpu", "backoff", "due"];

/** What may be said of one worker. */
const WORKER_CODES: readonly string[] = [
  ...["other_worker", "kind_missing", "arm_not_served", "function_missing", "labels", "resources", "units", "apart"],
  ...["worker_gone", "worker_draining", "worker_silent", "worker_busy", "worker_reserved", "reserved"],
];

/** What speaks against this reason, judged from the running tasks alone; undefined = it is true. */
function lieOf(state: State, { asks, lane }: Task, { code, about, until }: Reason, now: number): string | undefined {
  if (TIMED.includes(code) && until === undefined) return "nobody knows until when";
  // Everything that was due by now was done in this turn.
  if (TIMED.includes(code) && until! <= now) return `that was over ${now - until!} ms ago`;
  const running = [...state.tasks.values()].filter((task) => task.state === "running");
  const holder = running.find((task) => taskId(task) === about);
  switch (code) {
    case "key_full": {
      const { key, limit } = asks!.concurrency!;
      const active = running.filter((task) => task.asks?.concurrency?.key === key).length;
      if (active < limit) return `${active} of ${limit} run`;
      return holder?.asks?.concurrency?.key === key ? undefined : `${about} does not hold it`;
    }
    case "mutex_held":
      return holder?.asks?.mutex?.some((name) => asks!.mutex!.includes(name)) ? undefined : `${about} does not hold it`;
    case "quota_concurrent":
      return holder?.asks?.owner === asks!.owner ? undefined : `${about} does not belong to its owner`;
    case "arm_full":
      return lane.arm.active < lane.arm.maxParallel ? "the arm has room" : undefined;
    case "arm_disabled":
      return lane.arm.enabled ? "it is enabled" : undefined;
    default:
      return undefined;
  }
}

/** Wishes are no reason to wait: a worker of which it is said that it takes nothing, or not this, really does not. */
function lieOnWorker(state: State, { lane }: Task, { code, about }: Reason, now: number): string | undefined {
  const worker = about === undefined || !WORKER_CODES.includes(code) ? undefined : state.workers.get(about);
  if (worker === undefined) return undefined;
  if (code === "worker_reserved") return worker.reserved === undefined ? `${about} is kept free for nobody` : undefined;
  if (isAway(worker, now) || worker.attempts.size >= worker.slots) return undefined;
  return mayTake(worker, lane, [...worker.attempts]) ? `${about} has room, and may take it` : undefined;
}
