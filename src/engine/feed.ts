/**
 * The feed: the newest events for screens. A record keeps the live `Task` object and is only turned into an entry when
 * somebody reads it, so that a busy system without readers pays next to nothing.
 */
import type { AttemptOutcome, TaskState } from "../base/words.ts";
import { type Task, taskId } from "../core/task.ts";
import type { FeedEntry, FeedEvent } from "../protocol/feed.ts";

/** Entries held for readers that come back. */
const RING_SIZE = 16_384;

interface TaskRecord {
  task: Task;
  state: TaskState;
  attempt: number;
  outcome: AttemptOutcome | undefined;
  worker: string | undefined;
  reason: string | undefined;
  at: number;
}

interface TaskDetail {
  attempt?: number;
  outcome?: AttemptOutcome;
  worker?: string;
  reason?: string | undefined;
}
const NO_DETAIL: TaskDetail = {};

export class Feed {
  /** Tells this process's numbering from the one before it. */
  readonly #boot: string;
  readonly #now: () => number;
  readonly #ring: (TaskRecord | FeedEvent)[] = [];
  readonly #listeners = new Set<(entries: FeedEntry[]) => void>();
  readonly #others = new Set<(event: FeedEvent) => void>();
  /** Number of the newest record; the ring holds the last RING_SIZE of them. */
  #last = 0;
  /** Number of the last record that listeners were told of. */
  #told = 0;

  constructor(boot: string, now: () => number) {
    this.#boot = boot;
    this.#now = now;
  }

  /** A task went to `state`; by the time of this call it may have gone on from there. */
  task(task: Task, state: TaskState, at: number, detail: TaskDetail = NO_DETAIL): void {
    const { attempt = task.attempt, outcome, worker, reason } = detail;
    this.#push({ task, state, attempt, outcome, worker, reason, at });
  }

  event(event: FeedEvent): void {
    this.#push(event);
    for (const listener of this.#others) listener(event);
  }

  #push(record: TaskRecord | FeedEvent): void {
    this.#ring[this.#last % RING_SIZE] = record;
    this.#last++;
  }

  /** Tells the listeners what came since the last time. */
  flush(): void {
    if (this.#listeners.size > 0 && this.#last > this.#told) {
      const entries = this.#after(this.#told);
      for (const listener of this.#listeners) listener(entries);
    }
    this.#told = this.#last;
  }

  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void {
    const missed = lastId === undefined ? [] : this.#missed(lastId);
    if (missed.length > 0) listener(missed);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of what is no step of a task, as it comes. Costs nothing for each task. */
  subscribeOthers(listener: (event: FeedEvent) => void): () => void {
    this.#others.add(listener);
    return () => this.#others.delete(listener);
  }

  /** What a reader that saw `lastId` has missed, or one `resync`. */
  #missed(lastId: string): FeedEntry[] {
    const [boot, text] = lastId.split("-");
    const seen = Number(text);
    const known = boot === this.#boot && Number.isInteger(seen) && seen <= this.#told && seen >= this.#last - RING_SIZE;
    if (known) return this.#after(seen).slice(0, this.#told - seen);
    return [{ id: this.#id(this.#told), event: { type: "resync", at: this.#now() } }];
  }

  #after(seen: number): FeedEntry[] {
    const entries: FeedEntry[] = [];
    const first = Math.max(seen, this.#last - RING_SIZE);
    if (first > seen) entries.push({ id: this.#id(first), event: { type: "resync", at: this.#now() } });
    for (let n = first; n < this.#last; n++) {
      entries.push({ id: this.#id(n + 1), event: eventOf(this.#ring[n % RING_SIZE]!) });
    }
    return entries;
  }

  #id(n: number): string {
    return `${this.#boot}-${n}`;
  }
}

function eventOf(record: TaskRecord | FeedEvent): FeedEvent {
  if ("type" in record) return record;
  const { task, state, attempt, outcome, worker, reason, at } = record;
  const origin = task.asks?.origin ?? task.run?.origin;
  const inside = task.node?.inside ?? 0;
  return {
    type: "task",
    id: taskId(task),
    ...(task.run !== undefined && { run: `r${task.run.seq}` }),
    ...(task.name !== undefined && { name: task.name }),
    taskType: task.type,
    arm: task.lane.arm.name,
    ...(origin?.type === "schedule" && { schedule: origin.schedule }),
    state,
    attempt,
    ...(inside > 0 && { inside: `t${inside}` }),
    ...(outcome !== undefined && { outcome }),
    ...(worker !== undefined && { worker }),
    ...(reason !== undefined && { reason }),
    at,
  };
}
