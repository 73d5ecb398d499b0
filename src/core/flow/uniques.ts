/**
 * Who has which unique key. What a second task with the key means is decided in `decide-unique.ts`; here the entries are
 * kept in step with the lives of tasks.
 *
 * UK1 A key has one holder: the newest task that took it. A running task of scope `active` that was replaced is
 *     `leaving`; the holder does not start before it has ended.
 * UK2 Scope `queued` is held until the first start, `active` until the end, `period` for a time from the submission,
 *     whatever becomes of the task. A task that has run before and is retried does not take scope `queued` again.
 */
import { isEnded, type TaskState } from "../../base/words.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";

export class UniqueEntry {
  readonly key: string;
  /** The holder's number, and the holder itself while it lives. */
  seq: number;
  holder: Task | undefined;
  /** How the holder ended. */
  state: TaskState | undefined = undefined;
  /** Epoch milliseconds at which the key is free again, whatever the holder does; Infinity = with the holder's end. */
  until: number;
  leaving: Task | undefined = undefined;

  constructor(key: string, seq: number, holder: Task | undefined, until: number) {
    this.key = key;
    this.seq = seq;
    this.holder = holder;
    this.until = until;
  }
}

/** Who has the key at `now`, or undefined when it is free. */
export function occupantOf(state: State, key: string, now: number): UniqueEntry | undefined {
  const entry = state.flow.uniques.get(key);
  return entry === undefined || entry.until <= now ? undefined : entry;
}

/** A task was submitted: it takes its key, from a task that it replaces or from nobody. */
export function takeUnique(state: State, task: Task, now: number): void {
  const { key, scope, periodMs = 0 } = task.asks!.unique!;
  if (scope !== "period" && isEnded(task.state)) return;
  enterUnique(state, new UniqueEntry(key, task.seq, task, scope === "period" ? now + periodMs : Infinity));
}

/** An ended task lives again. A period counts from its submission; nothing of that changes. */
export function retakeUnique(state: State, task: Task, now: number): void {
  const { key, scope } = task.asks!.unique!;
  if (scope === "active" || (scope === "queued" && task.attempt === 0)) return takeUnique(state, task, now);
  const entry = state.flow.uniques.get(key);
  if (entry === undefined || entry.seq !== task.seq) return;
  entry.holder = task;
  state.flow.uniquesEnded.delete(task.seq);
}

/** Puts the entry in the place of the one before it. */
export function enterUnique(state: State, entry: UniqueEntry): void {
  const { uniques, uniquesEnded } = state.flow;
  const older = uniques.get(entry.key);
  if (older !== undefined) {
    const runs = older.holder !== undefined && isAtWork(older.holder) && older.holder.asks!.unique!.scope === "active";
    entry.leaving = runs ? older.holder : older.leaving;
    if (uniquesEnded.get(older.seq) === older) uniquesEnded.delete(older.seq);
  }
  uniques.set(entry.key, entry);
  if (entry.holder === undefined || isEnded(entry.holder.state)) ended(state, entry, entry.holder?.state);
  if (entry.until !== Infinity) state.timers.add(entry.until, "unique", entry);
}

/** It has begun and has not ended: on a worker, or with what it holds. */
export function isAtWork({ live, node, state }: Task): boolean {
  return live !== undefined || (node?.box !== undefined && !isEnded(state));
}

function ended(state: State, entry: UniqueEntry, how: TaskState | undefined): void {
  entry.state = how;
  entry.holder = undefined;
  state.flow.uniquesEnded.set(entry.seq, entry);
}

/** The task has started for the first time, or has ended. Answers the task that waited for that, if one did. */
export function releaseUnique(state: State, task: Task): Task | undefined {
  const { key, scope } = task.asks!.unique!;
  const { uniques } = state.flow;
  const entry = uniques.get(key);
  if (entry === undefined) return undefined;
  if (entry.leaving === task) {
    entry.leaving = undefined;
    // Its time may have passed while the holder waited.
    if (entry.until !== Infinity) state.timers.add(entry.until, "unique", entry);
    return entry.holder !== undefined && state.flow.held.get(entry.holder) === "unique" ? entry.holder : undefined;
  }
  if (entry.holder !== task) return undefined;
  if (scope === "period") ended(state, entry, task.state);
  else if (entry.leaving === undefined) uniques.delete(key);
  else {
    entry.holder = entry.leaving;
    entry.seq = entry.leaving.seq;
    entry.leaving = undefined;
  }
  return undefined;
}

/** Must it wait for the task that it replaces? */
export function waitsForLeaving(state: State, task: Task): boolean {
  const entry = state.flow.uniques.get(task.asks!.unique!.key);
  return entry?.holder === task && entry.leaving !== undefined;
}

/** Ended tasks are removed: the keys that they still had are free. */
export function deleteUniques(state: State, tasks: readonly number[]): void {
  const { uniques, uniquesEnded } = state.flow;
  if (uniquesEnded.size === 0) return;
  for (const seq of tasks) {
    const entry = uniquesEnded.get(seq);
    if (entry === undefined) continue;
    uniquesEnded.delete(seq);
    if (uniques.get(entry.key) === entry) uniques.delete(entry.key);
  }
}

/**
 * Forgets a key whose time has passed. It was free already: nothing that can be decided depends on it, so no event tells
 * of it.
 */
export function expireUnique(state: State, entry: UniqueEntry, now: number): void {
  const { uniques, uniquesEnded } = state.flow;
  if (entry.until > now || entry.leaving !== undefined || uniques.get(entry.key) !== entry) return;
  uniques.delete(entry.key);
  if (uniquesEnded.get(entry.seq) === entry) uniquesEnded.delete(entry.seq);
}
