/**
 * Where to look for the tasks of a filter, newest first: the numbers that the best index gives, a stretch at a time. What
 * else the filter says has to be asked of each of them (`task-scan.ts`).
 *
 * CN1  A stretch costs as much as it has numbers, however many tasks there are.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import { stateCode } from "../codes.ts";
import type { Filter } from "./task-filter.ts";

/** At most `count` numbers below `before`, falling. */
export type Candidates = (before: number, count: number) => number[];

type Resolve = (id: string) => number | undefined;

export function candidatesOf(db: DatabaseSync, filter: Filter, resolve: Resolve): Candidates {
  if (filter.ids !== undefined) return listed(filter.ids.map((id) => resolve(id) ?? -1));
  const run = filter.runSeq ?? (filter.run === undefined ? undefined : Number(filter.run.replace(/^r/, "")));
  if (run !== undefined) return ofIndex(db, "task WHERE run = ?", "seq", run);
  if (filter.inside !== undefined) return ofIndex(db, "task WHERE inside = ?", "seq", resolve(filter.inside) ?? -1);
  const { callbackOf, schedule, key, owner } = filter;
  if (callbackOf !== undefined) return ofIndex(db, "ask WHERE callback_of = ?", "task", resolve(callbackOf) ?? -1);
  if (schedule !== undefined) return ofIndex(db, "ask WHERE schedule = ?", "task", schedule);
  if (key !== undefined) return ofIndex(db, "ask WHERE concurrency_key = ?", "task", key);
  if (owner !== undefined) return ofIndex(db, "ask WHERE owner = ?", "task", owner);
  if (filter.awaiting === "approval") return ofIndex(db, "node WHERE asked = 1", "task");
  const states: readonly TaskState[] | undefined = filter.dead === true ? ["failed"] : filter.state;
  if (states === undefined || states.length === 0 || states.includes("succeeded")) {
    return ofIndex(db, "task WHERE true", "seq");
  }
  // The row of a running task keeps the state that it had; a container that has begun has the state itself.
  const parts = states.map((state) => ofIndex(db, `task WHERE state = ${stateCode[state]} AND state <> 4`, "seq"));
  if (states.includes("running")) parts.push(ofIndex(db, "running WHERE true", "task"));
  return parts.length === 1 ? parts[0]! : merged(parts);
}

function listed(seqs: readonly number[]): Candidates {
  const falling = [...new Set(seqs)].toSorted((a, b) => b - a);
  return (before, count) => falling.filter((seq) => seq < before && seq > 0).slice(0, count);
}

function ofIndex(db: DatabaseSync, where: string, column: string, ...values: (string | number)[]): Candidates {
  const select: StatementSync = db.prepare(
    `SELECT ${column} FROM ${where} AND ${column} < ? ORDER BY ${column} DESC LIMIT ?`,
  );
  select.setReturnArrays(true);
  return (before, count) => (select.all(...values, before, count) as unknown as [number][]).map(([seq]) => seq);
}

/** The highest of what each gives; a number may come from several. */
function merged(parts: readonly Candidates[]): Candidates {
  return (before, count) => {
    const all = new Set(parts.flatMap((part) => part(before, count)));
    return [...all].toSorted((a, b) => b - a).slice(0, count);
  };
}
