/**
 * What workers used of late, for charts: in memory, by worker the last hour in steps of 10 seconds and the last day in
 * steps of 5 minutes. A server that starts begins anew.
 *
 * UH1  A worker costs 8 KB, from its first sample on, and nothing once it was away for a day or was forgotten.
 */
import type { WorkerUsage } from "../../protocol/link.ts";
import type { UsageHistory } from "../../protocol/worker-views.ts";

export const SPANS = {
  hour: { stepMs: 10_000, points: 360 },
  day: { stepMs: 300_000, points: 288 },
} as const;
export type Span = keyof typeof SPANS;

const SERIES = ["cpu", "memory", "load", "disk", "gpu", "active"] as const;
type Sample = Record<(typeof SERIES)[number], number | undefined>;

/** A value is kept as a whole number of 16 bits: shares in 65,534ths, loads in hundredths. */
const SCALE: Sample & Record<string, number> = {
  cpu: 65_534,
  memory: 65_534,
  load: 100,
  disk: 65_534,
  gpu: 65_534,
  active: 1,
};
const VALUE_MAX = 65_534;
const NOTHING = 65_535;
const DAY_MS = 86_400_000;

/** One span of one worker: a ring of steps, the newest of which is still being averaged. */
class Ring {
  readonly #stepMs: number;
  readonly #points: number;
  readonly #values: Uint16Array;
  /** Sums of the step under way, and of how many samples. */
  readonly #sums = new Float32Array(SERIES.length);
  readonly #counts = new Uint16Array(SERIES.length);
  /** Number of the step under way since the epoch; before the first sample there is none. */
  #step = -1;

  constructor({ stepMs, points }: { stepMs: number; points: number }) {
    this.#stepMs = stepMs;
    this.#points = points;
    this.#values = new Uint16Array(points * SERIES.length).fill(NOTHING);
  }

  get newestAt(): number {
    return this.#step * this.#stepMs;
  }

  add(at: number, sample: Sample): void {
    const step = Math.floor(at / this.#stepMs);
    if (step > this.#step) this.#turnTo(step);
    else if (step < this.#step) return;
    for (const [index, name] of SERIES.entries()) {
      const value = sample[name];
      if (value === undefined || !Number.isFinite(value) || this.#counts[index] === 65_535) continue;
      const sum = (this.#sums[index]! += value);
      const mean = (sum / ++this.#counts[index]!) * SCALE[name]!;
      this.#values[this.#place(step, index)] = Math.min(VALUE_MAX, Math.max(0, Math.round(mean)));
    }
  }

  /** The steps in between had no samples. */
  #turnTo(step: number): void {
    const from = Math.max(this.#step + 1, step - this.#points + 1);
    for (let each = from; each <= step; each++) {
      for (let index = 0; index < SERIES.length; index++) this.#values[this.#place(each, index)] = NOTHING;
    }
    this.#step = step;
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  #place(step: number, index: number): number {
    return index * this.#points + (step % this.#points);
  }

  /** Everything up to now, the oldest first. */
  read(worker: string, now: number): UsageHistory {
    const last = Math.max(Math.floor(now / this.#stepMs), this.#step);
    const first = last - this.#points + 1;
    const columns = SERIES.map((name, index) => {
      const column = Array.from({ length: this.#points }, (_, i): number | null => {
        const step = first + i;
        const value =
          step > this.#step || step <= this.#step - this.#points ? NOTHING : this.#values[this.#place(step, index)]!;
        return value === NOTHING ? null : Math.round((value / SCALE[name]!) * 10_000) / 10_000;
      });
      return [name, column] as const;
    });
    const of = Object.fromEntries(columns) as Record<(typeof SERIES)[number], (number | null)[]>;
    return { worker, stepMs: this.#stepMs, from: first * this.#stepMs, ...of };
  }
}

/** The same in at most `points` points: each the mean of what is known of its steps, ending with the newest. */
export function coarser(history: UsageHistory, points: number): UsageHistory {
  const { worker, stepMs, from, cpu } = history;
  const width = Math.ceil(cpu.length / points);
  if (width <= 1) return history;
  // What does not fill a point is the oldest, and goes.
  const count = Math.floor(cpu.length / width);
  const skipped = cpu.length - count * width;
  const columns = SERIES.map((name) => {
    const column = Array.from({ length: count }, (_, index) => {
      const begin = skipped + index * width;
      return meanKnown(history[name].slice(begin, begin + width));
    });
    return [name, column] as const;
  });
  const of = Object.fromEntries(columns) as Record<(typeof SERIES)[number], (number | null)[]>;
  return { worker, stepMs: stepMs * width, from: from + skipped * stepMs, ...of };
}

function meanKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return Math.round((known.reduce((sum, value) => sum + value, 0) / known.length) * 10_000) / 10_000;
}

export class UsageHistories {
  readonly #rings = new Map<string, Record<Span, Ring>>();
  #sweepAt = 0;

  add(
    worker: string,
    now: number,
    { usage = {}, load, active }: { usage?: WorkerUsage | undefined; load: number; active: number },
  ): void {
    let rings = this.#rings.get(worker);
    if (rings === undefined) {
      rings = { hour: new Ring(SPANS.hour), day: new Ring(SPANS.day) };
      this.#rings.set(worker, rings);
    }
    const sample: Sample = {
      cpu: usage.cpu,
      memory: share(usage.memoryUsedBytes, usage.memoryBytes),
      load,
      disk: share(usage.diskUsedBytes, usage.diskBytes),
      gpu: meanOf(usage.gpus),
      active,
    };
    rings.hour.add(now, sample);
    rings.day.add(now, sample);
    if (now >= this.#sweepAt) this.#sweep(now);
  }

  read(worker: string, span: Span, now: number): UsageHistory | undefined {
    return this.#rings.get(worker)?.[span].read(worker, now);
  }

  forget(worker: string): void {
    this.#rings.delete(worker);
  }

  /** Once an hour: workers that were away for a day. A pool that grows and shrinks has new names every time. */
  #sweep(now: number): void {
    this.#sweepAt = now + DAY_MS / 24;
    for (const [worker, { day }] of this.#rings) if (day.newestAt < now - DAY_MS) this.#rings.delete(worker);
  }
}

function share(used: number | undefined, all: number | undefined): number | undefined {
  return used === undefined || all === undefined || all <= 0 ? undefined : used / all;
}

function meanOf(gpus: WorkerUsage["gpus"]): number | undefined {
  const loads = (gpus ?? []).flatMap(({ load }) => (load === undefined ? [] : [load]));
  return loads.length === 0 ? undefined : loads.reduce((sum, load) => sum + load, 0) / loads.length;
}
