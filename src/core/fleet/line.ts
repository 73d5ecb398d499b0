/**
 * The lanes of an arm in the order in which their first tasks are to start, during one placement. As long as no task of the
 * arm needs a gate that order is a heap; otherwise whoever starts may open or close a gate for others, and each lane is asked
 * anew.
 */
import { type Arm, type Entry, goesBefore, type Lane, rankOf } from "../lane.ts";
import { TaskGroup } from "../limits/group.ts";
import { ahead, placeOf } from "../rank.ts";
import type { Task } from "../task.ts";
import type { Timers } from "../timers.ts";

/** A lane in the heap, with what its first task is judged by: a copy, as the tasks themselves are far apart in memory. */
interface Head {
  readonly lane: Lane;
  readonly task: Task;
  readonly rank: number;
  readonly place: number;
}

/** What a placement says of the ways to start a task. */
export interface Ways {
  readonly timers: Timers;
  readonly now: number;
  /** True when none of the lane's tasks can start in this placement. */
  isStuck(lane: Lane): boolean;
}

export class ArmLine {
  readonly arm: Arm;
  readonly #ways: Ways;
  readonly #heads: Head[] = [];
  /** The arm's tasks when the heap was right; -1 = it is to be made. */
  #queued = -1;
  #groups = false;

  constructor(arm: Arm, ways: Ways) {
    this.arm = arm;
    this.#ways = ways;
  }

  /** What is to start next, lanes that are stuck left out. */
  first(): Entry | undefined {
    // A start may have let others into the arm's lanes, those that waited for a unique key above all.
    if (this.#queued !== this.arm.queued) this.#fill();
    return this.#groups ? this.#search() : this.#heads[0]?.task;
  }

  /** The first cannot start anywhere, and so cannot any other of its lane. */
  drop(): void {
    if (this.#groups) return;
    const last = this.#heads.pop()!;
    if (this.#heads.length > 0) this.#sink(0, last);
  }

  /** The first has started. */
  started(): void {
    if (this.#groups) return;
    this.#queued--;
    const next = this.#headOf(this.#heads[0]!.lane);
    if (next === undefined) this.drop();
    else this.#sink(0, next);
  }

  #fill(): void {
    const { lanes } = this.arm;
    const heads = this.#heads;
    heads.length = 0;
    this.#queued = this.arm.queued;
    this.#groups = false;
    for (const lane of lanes) if (lane.queued > 0 && lane.hasGroups) this.#groups = true;
    if (this.#groups) return;
    for (const lane of lanes) {
      if (lane.queued === 0 || this.#ways.isStuck(lane)) continue;
      const head = this.#headOf(lane);
      if (head !== undefined) heads.push(head);
    }
    for (let at = (heads.length >> 1) - 1; at >= 0; at--) this.#sink(at, heads[at]!);
  }

  #headOf(lane: Lane): Head | undefined {
    if (lane.queued === 0) return undefined;
    const { timers, now } = this.#ways;
    if (this.arm.agingMs > 0) {
      const entry = lane.head(timers, now);
      if (entry === undefined) return undefined;
      const task = taskOf(entry);
      return { lane, task, rank: rankOf(task, now), place: placeOf(task) };
    }
    const task = lane.firstTask(timers, now);
    return task && { lane, task, rank: lane.headPriority, place: lane.headPlace };
  }

  #search(): Entry | undefined {
    const { timers, now } = this.#ways;
    let best: Entry | undefined;
    for (const lane of this.arm.lanes) {
      if (lane.queued === 0 || this.#ways.isStuck(lane)) continue;
      const entry = lane.head(timers, now);
      if (entry !== undefined && (best === undefined || goesBefore(entry, best, now))) best = entry;
    }
    return best;
  }

  #sink(from: number, head: Head): void {
    const heads = this.#heads;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heads.length) break;
      if (down + 1 < heads.length && isBefore(heads[down + 1]!, heads[down]!)) down++;
      if (!isBefore(heads[down]!, head)) break;
      heads[at] = heads[down]!;
      at = down;
    }
    heads[at] = head;
  }
}

/** Says of two tasks what `goesBefore` says. */
function isBefore(a: Head, b: Head): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank;
  if (a.place !== b.place) return a.place < b.place;
  return ahead(a.task, b.task);
}

export function taskOf(entry: Entry): Task {
  return entry instanceof TaskGroup ? entry.head() : entry;
}
