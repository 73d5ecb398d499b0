/**
 * What went through each arm of late, for charts: in memory, in steps of 10 seconds for a quarter of an hour, of a minute
 * for an hour, of a quarter of an hour for a day. A server that starts begins anew.
 *
 * AH1  No timer, and nothing for each task: core counts starts and ends of an arm, and after each turn the differences go
 *      to the step of that turn. Steps in which nothing happened are filled in when somebody looks.
 * AH2  An arm costs 6 KB, from its first start on, and nothing once it was removed.
 * AH3  Of more than a hundred arms those are left out in which nothing happened, and of what is left only the busiest stand
 *      for themselves, the others as one: an answer with all of ten thousand holds up everybody else.
 */
import type { Arm } from "../../core/lane.ts";
import type { State } from "../../core/state.ts";
import type { ArmHistory, HistoryView, OtherArms } from "../../protocol/history.ts";

/** By how many minutes they reach back. */
export const HISTORY_SPANS = {
  15: { stepMs: 10_000, points: 90 },
  60: { stepMs: 60_000, points: 60 },
  1440: { stepMs: 900_000, points: 96 },
} as const;
export type HistoryMinutes = keyof typeof HISTORY_SPANS;

const MANY = 100;
/** Arms of an answer that stand for themselves. */
export const HISTORY_ARMS_MAX = 250;
const MINUTES = Object.keys(HISTORY_SPANS).map(Number) as HistoryMinutes[];
/** In this order they stand one behind the other; the last two are states, which hold on, the others are counts. */
const COUNTS = ["started", "succeeded", "failed", "waitedTenths"] as const;
const STATES = ["queued", "active"] as const;
const SERIES = COUNTS.length + STATES.length;

type Column = (number | null)[];
type SixColumns = [Column, Column, Column, Column, Column, Column];

class Steps {
  readonly #stepMs: number;
  readonly #points: number;
  readonly #values: Float32Array;
  /** Number of the newest step since the epoch, and of the first; before the first turn there is none. */
  #step = -1;
  #first = -1;

  constructor({ stepMs, points }: { stepMs: number; points: number }) {
    this.#stepMs = stepMs;
    this.#points = points;
    this.#values = new Float32Array(points * SERIES);
  }

  add(at: number, change: Readonly<Float64Array>, queued: number, active: number): void {
    const step = Math.floor(at / this.#stepMs);
    if (step > this.#step) this.#turnTo(step);
    // A clock that was set back counts for the newest step.
    const place = this.#step % this.#points;
    for (let i = 0; i < COUNTS.length; i++) this.#values[i * this.#points + place]! += change[i]!;
    this.#values[COUNTS.length * this.#points + place] = queued;
    this.#values[(COUNTS.length + 1) * this.#points + place] = active;
  }

  /** In the steps between nothing happened: the states hold on. */
  #turnTo(step: number): void {
    const before = this.#step;
    if (before < 0) this.#first = step;
    const from = Math.max(before + 1, step - this.#points + 1);
    const [queued, active] = before < 0 ? [0, 0] : STATES.map((_, i) => this.#at(COUNTS.length + i, before));
    for (let each = from; each <= step; each++) {
      const place = each % this.#points;
      for (let i = 0; i < COUNTS.length; i++) this.#values[i * this.#points + place] = 0;
      this.#values[COUNTS.length * this.#points + place] = queued!;
      this.#values[(COUNTS.length + 1) * this.#points + place] = active!;
    }
    this.#step = step;
  }

  #at(series: number, step: number): number {
    return this.#values[series * this.#points + (step % this.#points)]!;
  }

  /** From this step on nothing happened, and nothing waits or runs. */
  isQuietFrom(first: number): boolean {
    return (
      this.#step < first && STATES.every((_, i) => this.#step < 0 || this.#at(COUNTS.length + i, this.#step) === 0)
    );
  }

  /** How much there is to see of it: what was started from this step on, and what waits or runs. */
  weight(first: number): number {
    if (this.#step < 0) return 0;
    const [queued, active] = STATES.map((_, i) => this.#at(COUNTS.length + i, this.#step));
    let sum = queued! + active!;
    const from = this.#oldest(first);
    for (let step = from, place = from % this.#points; step <= this.#step; step++) {
      sum += this.#values[place]!;
      if (++place === this.#points) place = 0;
    }
    return sum;
  }

  /** Adds what `read` would answer to `sums`, series by series; `known` marks steps of which something is known. */
  addTo(sums: Float64Array, known: Uint8Array, first: number): void {
    if (this.#step < 0) return;
    const [count, points, values, newest] = [known.length, this.#points, this.#values, this.#step];
    const from = this.#oldest(first);
    const end = Math.min(newest, first + count - 1);
    known.fill(1, from - first);
    for (let series = 0; series < SERIES; series++) {
      const base = series * points;
      let place = from % points;
      let to = series * count + from - first;
      for (let step = from; step <= end; step++) {
        sums[to++]! += values[base + place]!;
        if (++place === points) place = 0;
      }
      if (series < COUNTS.length) continue;
      const held = values[base + (newest % points)]!;
      for (let step = Math.max(from, newest + 1); step < first + count; step++)
        sums[series * count + step - first]! += held;
    }
  }

  /** The first step from `first` on of which something is known. */
  #oldest(first: number): number {
    return Math.max(first, this.#first, this.#step - this.#points + 1);
  }

  /** From the step `first` on, as many as there are; null where it was not there yet. */
  read(first: number, count: number): ArmHistory {
    const columns = Array.from({ length: SERIES }, () => Array<number | null>(count).fill(null));
    const [started, succeeded, failed, waitMs, queued, active] = columns as SixColumns;
    const points = this.#points;
    for (let i = 0; i < count; i++) {
      const step = first + i;
      if (this.#step < 0 || step < this.#first || step <= this.#step - points) continue;
      const isLater = step > this.#step;
      // Later steps have the states of the newest, and nothing was counted in them.
      const place = (isLater ? this.#step : step) % points;
      queued[i] = this.#values[4 * points + place]!;
      active[i] = this.#values[5 * points + place]!;
      started[i] = isLater ? 0 : this.#values[place]!;
      succeeded[i] = isLater ? 0 : this.#values[points + place]!;
      failed[i] = isLater ? 0 : this.#values[2 * points + place]!;
      if (started[i] !== 0) waitMs[i] = Math.round((this.#values[3 * points + place]! / started[i]!) * 100);
    }
    return { started, succeeded, failed, waitMs, queued, active };
  }
}

/** What of an arm was seen at the end of the newest turn. */
class Line {
  readonly arm: Arm;
  started = 0;
  succeeded = 0;
  failed = 0;
  waitedTenths = 0;
  queued = 0;
  active = 0;
  steps: Record<HistoryMinutes, Steps> | undefined;

  constructor(arm: Arm, steps: Line["steps"]) {
    this.arm = arm;
    this.steps = steps;
  }

  /** True when nothing has changed that is drawn: a wait changes with its start. */
  isAsSeen({ tally, queued, active }: Arm): boolean {
    return (
      queued === this.queued &&
      active === this.active &&
      tally.started === this.started &&
      tally.succeeded === this.succeeded &&
      tally.failed === this.failed
    );
  }

  see(now: number): void {
    const { tally, queued, active } = this.arm;
    const { started, succeeded, failed, waitedTenths } = tally;
    CHANGE[0] = started - this.started;
    CHANGE[1] = succeeded - this.succeeded;
    CHANGE[2] = failed - this.failed;
    CHANGE[3] = waitedTenths - this.waitedTenths;
    this.steps ??= {
      15: new Steps(HISTORY_SPANS[15]),
      60: new Steps(HISTORY_SPANS[60]),
      1440: new Steps(HISTORY_SPANS[1440]),
    };
    for (const minutes of MINUTES) this.steps[minutes].add(now, CHANGE, queued, active);
    Object.assign(this, { started, succeeded, failed, waitedTenths, queued, active });
  }
}

const CHANGE = new Float64Array(COUNTS.length);

export class ArmHistories {
  /** In the order of the arms of the state. */
  #lines: Line[] = [];

  /** After a turn. */
  appended({ armOrder }: State, now: number): void {
    if (this.#lines.length !== armOrder.length) this.#arrange(armOrder);
    for (let i = 0; i < armOrder.length; i++) {
      const arm = armOrder[i]!;
      if (this.#lines[i]!.arm !== arm) this.#arrange(armOrder);
      const line = this.#lines[i]!;
      if (!line.isAsSeen(arm)) line.see(now);
    }
  }

  /** Arms came or went, or memory was read anew and its arms count from nothing: what is known of a name stays known. */
  #arrange(arms: readonly Arm[]): void {
    const known = new Map(this.#lines.map((line) => [line.arm.name, line]));
    this.#lines = arms.map((arm) => {
      const before = known.get(arm.name);
      return before?.arm === arm ? before : new Line(arm, before?.steps);
    });
  }

  read(minutes: HistoryMinutes, now: number, only?: string): HistoryView {
    const { stepMs, points } = HISTORY_SPANS[minutes];
    const first = Math.floor(now / stepMs) - points + 1;
    const isMany = this.#lines.length > MANY;
    const seen: { name: string; steps: Steps }[] = [];
    for (const { arm, steps } of this.#lines) {
      if (steps === undefined || (only !== undefined && arm.name !== only)) continue;
      if (only === undefined && isMany && steps[minutes].isQuietFrom(first)) continue;
      seen.push({ name: arm.name, steps: steps[minutes] });
    }
    const rest = seen.length > HISTORY_ARMS_MAX ? leaveBusiest(seen, first) : [];
    return {
      ...{ stepMs, from: first * stepMs },
      arms: Object.fromEntries(seen.map(({ name, steps }) => [name, steps.read(first, points)])),
      ...(rest.length > 0 && { others: sumOf(rest, first, points) }),
    };
  }
}

/** Leaves those that an answer shows, in their order, and answers the others. */
function leaveBusiest(seen: { name: string; steps: Steps }[], first: number): Steps[] {
  const weighed = seen.map((one, place) => ({ one, place, weight: one.steps.weight(first) }));
  weighed.sort((a, b) => b.weight - a.weight || a.place - b.place);
  const rest = weighed.splice(HISTORY_ARMS_MAX);
  weighed.sort((a, b) => a.place - b.place);
  seen.splice(0, seen.length, ...weighed.map(({ one }) => one));
  return rest.map(({ one }) => one.steps);
}

function sumOf(rest: readonly Steps[], first: number, points: number): OtherArms {
  const sums = new Float64Array(SERIES * points);
  const known = new Uint8Array(points);
  for (const steps of rest) steps.addTo(sums, known, first);
  const column = (series: number): Column =>
    Array.from(known, (is, i) => (is === 0 ? null : Math.round(sums[series * points + i]!)));
  const [started, succeeded, failed, , queued, active] = Array.from({ length: SERIES }, (_, i) =>
    column(i),
  ) as SixColumns;
  return { count: rest.length, started, succeeded, failed, queued, active };
}
