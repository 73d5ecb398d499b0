/** What the cache decides: whose result is taken over, and who runs to make one. */
import type { Command, NewTask } from "../command.ts";
import { ended } from "../follow.ts";
import { hasLeave } from "../graph/node.ts";
import { landedOn } from "./flights.ts";
import { DONE, type Reply } from "../reply.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

/** For a task that is ready as it is submitted: the task whose result it takes, or the key under which it runs. */
export function askCache(turn: Turn, { asks, cacheHit }: NewTask): { cachedFrom?: number; cacheKey?: string } {
  const { hash, files, refresh } = asks!.cache!;
  if (files !== undefined) return {};
  const origin = refresh === true ? undefined : (cacheHit ?? landedOn(turn.state, hash));
  return origin === undefined ? { cacheKey: hash } : { cachedFrom: origin };
}

/** The engine has made the key of a held task and looked it up. */
export function keyCache(turn: Turn, command: Extract<Command, { type: "KeyCache" }>): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined || turn.state.flow.held.get(task) !== "key") return { ok: true, ignored: true };
  const { key, hit, failed } = command;
  if (failed !== undefined) {
    const allowed = hasLeave(task);
    const dead = allowed === undefined ? true : undefined;
    turn.emit({ type: "TaskEnded", task: task.seq, state: "failed", reason: failed, dead, allowed });
    ended(turn, task);
    return DONE;
  }
  const origin = task.asks!.cache!.refresh === true ? undefined : (hit ?? landedOn(turn.state, key));
  if (origin === undefined) turn.emit({ type: "CacheKeyed", task: task.seq, key });
  else {
    turn.emit({ type: "TaskEnded", task: task.seq, state: "succeeded", cachedFrom: origin });
    ended(turn, task);
  }
  return DONE;
}

/** Where the result of this attempt goes when it has succeeded. */
export function cacheEntry(turn: Turn, task: Task): { key: string; until: number } | undefined {
  const cache = task.asks?.cache;
  const key = cache === undefined ? undefined : turn.state.flow.cacheKeys.get(task);
  if (key === undefined) return undefined;
  return { key, until: cache!.ttlMs > 0 ? turn.now + cache!.ttlMs : 0 };
}
