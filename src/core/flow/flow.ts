/**
 * The part of the state that decides whether a task may queue at all, and who is told of it: unique keys, results that
 * are awaited from another task, callbacks. Only tasks that ask for one of these stand here, so a plain task costs
 * nothing.
 */
import type { CallbackOn, TaskState } from "../../base/words.ts";
import type { Flight } from "./flights.ts";
import type { Task } from "../task.ts";
import type { UniqueEntry } from "./uniques.ts";

/**
 * Why a queued task is not in its lane: `run` = nothing of its run may start (`runs/halt.ts`); `room` = the `each` around it
 * has as many going on as it allows; `prepare` = what it says has to be evaluated; `approval` = a person has to agree; `key`
 * = its cache key has to be made and looked up; `cache` = another task of that key runs; `unique` = the task that it
 * replaces still runs.
 */
export type Hold = "run" | "room" | "prepare" | "approval" | "key" | "cache" | "unique";

/** Somebody is to be told of this. */
export interface Due {
  readonly task: number;
  readonly on: CallbackOn;
  readonly state: TaskState;
  readonly attempt: number;
}

export interface Flow {
  /** Queued tasks that are not in their lane. */
  readonly held: Map<Task, Hold>;
  /** Queued tasks that were held for some time: since when they are not. Not in the journal. */
  readonly unheldAt: Map<Task, number>;
  /** Unique keys that are taken. */
  readonly uniques: Map<string, UniqueEntry>;
  /** Those of them whose task has ended, by its number. */
  readonly uniquesEnded: Map<number, UniqueEntry>;
  /** Cache keys of live tasks, once they are known. */
  readonly cacheKeys: Map<Task, string>;
  /** By cache key: who makes the result, and who waits for it. */
  readonly flights: Map<string, Flight>;
  /** Cache keys whose result was made in this turn, by the task that made it. */
  readonly landing: Map<number, string>;
  /** Live tasks that somebody wants to be told of. */
  readonly watched: Set<number>;
  /** What was not sent yet. */
  readonly dues: Map<number, Due>;
  lastDue: number;
  lastBulk: number;
}

export function createFlow(): Flow {
  return {
    held: new Map(),
    unheldAt: new Map(),
    uniques: new Map(),
    uniquesEnded: new Map(),
    cacheKeys: new Map(),
    flights: new Map(),
    landing: new Map(),
    watched: new Set(),
    dues: new Map(),
    lastDue: 0,
    lastBulk: 0,
  };
}
