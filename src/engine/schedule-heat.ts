/**
 * What became of a schedule's ticks by day or hour of its zone, and which are to come: a calendar of months in one answer.
 *
 * HE1  One answer reads at most READ_MAX ticks and looks for at most COMING_MAX to come, and says where it stopped.
 */
import { type Step, zonedStep } from "../base/zoned.ts";
import { isEnded } from "../base/words.ts";
import type { ScheduleHeat, TickView } from "../protocol/schedule-views.ts";
import type { Page } from "../protocol/views.ts";

const READ_MAX = 5000;
const PAGE = 1000;
const COMING_MAX = 1000;

export interface HeatQuestion {
  by: Step;
  from: number;
  to: number;
}

export interface HeatSource {
  zone: string;
  now: number;
  /** Newest first. */
  ticks(page: { limit: number; cursor: string }): Page<TickView>;
  /** The next `count` after `after`. */
  next(count: number, after: number): readonly number[];
}

type Cell = ScheduleHeat["cells"][number];

export function heatOf({ by, from, to }: HeatQuestion, source: HeatSource): ScheduleHeat {
  const stepOf = zonedStep(source.zone, by);
  const cells = new Map<string, Cell>();
  const cellAt = (at: number): Cell => {
    const step = stepOf(at);
    let cell = cells.get(step);
    if (cell === undefined) cells.set(step, (cell = { at: step }));
    return cell;
  };
  const knownFrom = readTicks(from, to, source, (tick) => {
    const cell = cellAt(Date.parse(tick.tick));
    const kind = kindOf(tick);
    cell[kind] = (cell[kind] ?? 0) + (tick.count ?? 1);
  });
  const after = Math.max(source.now, from - 1);
  const coming = after >= to ? [] : source.next(COMING_MAX, after);
  for (const at of coming) {
    if (at >= to) break;
    const cell = cellAt(at);
    cell.coming = (cell.coming ?? 0) + 1;
  }
  const last = coming.at(-1);
  const isCut = coming.length === COMING_MAX && last! < to;
  return {
    ...{ zone: source.zone, by, from: iso(from), to: iso(to) },
    ...(knownFrom !== undefined && { knownFrom: iso(knownFrom) }),
    ...(isCut && { comingTo: iso(last!) }),
    cells: [...cells.values()].toSorted((a, b) => (a.at < b.at ? -1 : 1)),
  };
}

/** Tells every tick from `from` until `to`; answers from where on it has read, where that was not all. */
function readTicks(from: number, to: number, source: HeatSource, each: (tick: TickView) => void): number | undefined {
  let cursor: string | undefined = String(to);
  let oldest = to;
  for (let read = 0; read < READ_MAX && cursor !== undefined;) {
    const page: Page<TickView> = source.ticks({ limit: PAGE, cursor });
    for (const tick of page.items) {
      oldest = Date.parse(tick.tick);
      if (oldest < from) return undefined;
      each(tick);
    }
    read += page.items.length;
    cursor = page.next;
  }
  return cursor === undefined ? undefined : oldest;
}

/** What a tick counts as. */
export function kindOf({ action, state }: Pick<TickView, "action" | "state">): Exclude<keyof Cell, "at" | "coming"> {
  switch (action) {
    case "fired":
      break;
    case "queued":
      return "open";
    case "failed":
      return "failed";
    case "skipped":
    case "missed":
      return action;
  }
  // What it made is gone with retention: that it was made is all that is known.
  if (state === undefined) return "fired";
  if (state === "succeeded" || state === "skipped") return "succeeded";
  if (state === "cancelled" || state === "expired") return "cancelled";
  return state === "partial" || isEnded(state) ? "failed" : "open";
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
