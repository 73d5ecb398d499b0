/**
 * The lanes of an arm in the order in which their first tasks are to start, during one placement. As long as no task of the
 * arm needs a gate that order is a heap; otherwise whoever starts may open or close a gate for others, and each lane is asked
 * anew.
 */
import { type Arm, type Entry, goesBefore, type Lane } from "../lane.ts";
import { TaskGroup } from "../limits/group.ts";
import type { Task } from "../task.ts";
import type { Timers } from "../timers.ts";

export class ArmLine {
  readonly arm: Arm;
  readonly #timers: Timers;
  readonly #now: number;
  /** Says of a lane that none of its tasks can start any more in this placement. */
  readonly #isStuck: (lane: Lane) => boolean;
  #lanes: Lane[] = [];
  #heads: Entry[] = [];
  /** The arm's tasks when the heap was right; -1 = it is to be made. */
  #queued = -1;
  #groups = false;

  constructor(arm: Arm, timers: Timers, now: number, isStuck: (lane: Lane) => boolean) {
    this.arm = arm;
    this.#timers = timers;
    this.#now = now;
    this.#isStuck = isStuck;
  }

  /** What is to start next, lanes that are stuck left out. */
  first(): Entry | undefined {
    // A start may have let others into the arm's lanes, those that waited for a unique key above all.
    if (this.#queued !== this.arm.queued) this.#fill();
    return this.#groups ? this.#search() : this.#heads[0];
  }

  /** The first cannot start anywhere, and so cannot any other of its lane. */
  drop(): void {
    if (this.#groups) return;
    const lane = this.#lanes.pop()!;
    const head = this.#heads.pop()!;
    if (this.#lanes.length > 0) this.#sink(0, lane, head);
  }

  /** The first has started. */
  started(): void {
    if (this.#groups) return;
    this.#queued--;
    const lane = this.#lanes[0]!;
    const head = lane.queued === 0 ? undefined : lane.head(this.#timers, this.#now);
    if (head === undefined) this.drop();
    else this.#sink(0, lane, head);
  }

  #fill(): void {
    const { lanes } = this.arm;
    this.#lanes.length = 0;
    this.#heads.length = 0;
    this.#queued = this.arm.queued;
    this.#groups = lanes.some((lane) => lane.queued > 0 && lane.hasGroups);
    if (this.#groups) return;
    for (const lane of lanes) {
      if (lane.queued === 0 || this.#isStuck(lane)) continue;
      const head = lane.head(this.#timers, this.#now);
      if (head === undefined) continue;
      this.#lanes.push(lane);
      this.#heads.push(head);
    }
    for (let at = (this.#lanes.length >> 1) - 1; at >= 0; at--) this.#sink(at, this.#lanes[at]!, this.#heads[at]!);
  }

  #search(): Entry | undefined {
    let best: Entry | undefined;
    for (const lane of this.arm.lanes) {
      if (lane.queued === 0 || this.#isStuck(lane)) continue;
      const entry = lane.head(this.#timers, this.#now);
      if (entry !== undefined && (best === undefined || goesBefore(entry, best, this.#now))) best = entry;
    }
    return best;
  }

  #sink(from: number, lane: Lane, head: Entry): void {
    const lanes = this.#lanes;
    const heads = this.#heads;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heads.length) break;
      if (down + 1 < heads.length && goesBefore(heads[down + 1]!, heads[down]!, this.#now)) down++;
      if (!goesBefore(heads[down]!, head, this.#now)) break;
      lanes[at] = lanes[down]!;
      heads[at] = heads[down]!;
      at = down;
    }
    lanes[at] = lane;
    heads[at] = head;
  }
}

export function taskOf(entry: Entry): Task {
  return entry instanceof TaskGroup ? entry.head() : entry;
}
