/**
 * A schedule's ticks as a calendar of cells: weeks of days, or days of hours. What went wrong stands out whatever else a
 * cell holds; every cell can be read in words.
 */
import type { ScheduleHeat } from "../protocol/schedule-views.ts";

export type HeatTone = "bad" | "warn" | "busy" | "good" | "off" | "coming" | "none";

export interface HeatCell {
  /** `2026-11-21`, or `2026-11-21T13`. */
  at: string;
  tone: HeatTone;
  /** How much of it, from 1 to 4. */
  level: number;
  /** `Fri 21 Nov: 3 succeeded, 1 failed`. */
  words: string;
  isNow: boolean;
}

export interface HeatGrid {
  /** By days the weeks, with the name of a month where one begins; by hours the hours. */
  columns: string[];
  rows: { label: string; cells: (HeatCell | undefined)[] }[];
}

type Cell = ScheduleHeat["cells"][number];
type Kind = Exclude<keyof Cell, "at">;

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const DAY_MS = 86_400_000;
const WORDS: Readonly<Record<Kind, string>> = {
  failed: "failed",
  missed: "missed",
  open: "not ended",
  succeeded: "succeeded",
  fired: "fired",
  cancelled: "cancelled",
  skipped: "skipped",
  coming: "to come",
};
/** The first of these that a cell has decides how it looks. */
const TONES: readonly (readonly [Kind, HeatTone])[] = [
  ["failed", "bad"],
  ["missed", "warn"],
  ["open", "busy"],
  ["succeeded", "good"],
  ["fired", "good"],
  ["cancelled", "off"],
  ["skipped", "off"],
  ["coming", "coming"],
];

/** `now`, `first` and `last` are steps as the heat names them: `2026-11-21`, by hours `2026-11-21T13`. */
export function heatGrid(heat: ScheduleHeat, span: { first: string; last: string; now: string }): HeatGrid {
  const cells = new Map(heat.cells.map((cell) => [cell.at, cell]));
  const most = Math.max(1, ...heat.cells.map(countOf));
  const cellAt = (at: string): HeatCell => cellOf(at, cells.get(at), most, span.now);
  return heat.by === "day" ? byDays(span, cellAt) : byHours(span, cellAt);
}

function byDays({ first, last }: { first: string; last: string }, cellAt: (at: string) => HeatCell): HeatGrid {
  const begin = dayNumber(first);
  const end = dayNumber(last);
  const monday = begin - weekdayOf(begin);
  const weeks = Math.floor((end - monday) / 7) + 1;
  const columns: string[] = [];
  for (let week = 0; week < weeks; week++) {
    const month = monthOf(monday + week * 7 + 6);
    const before = week === 0 ? undefined : monthOf(monday + week * 7 - 1);
    columns.push(month === before ? "" : MONTHS[month]!);
  }
  // The rest of a month in the first week would stand in the way of the next one's name.
  if (columns[0] !== "" && columns[1] !== "") columns[0] = "";
  const rows = DAYS.map((label, weekday) => {
    const cells = Array.from({ length: weeks }, (_, week) => {
      const day = monday + week * 7 + weekday;
      return day < begin || day > end ? undefined : cellAt(dayText(day));
    });
    return { label, cells };
  });
  return { columns, rows };
}

function byHours({ first, last }: { first: string; last: string }, cellAt: (at: string) => HeatCell): HeatGrid {
  const begin = dayNumber(first);
  const days = Array.from({ length: dayNumber(last) - begin + 1 }, (_, i) => begin + i);
  const columns = Array.from({ length: 24 }, (_, hour) => (hour % 6 === 0 ? String(hour).padStart(2, "0") : ""));
  const rows = days.map((day) => {
    const cells = Array.from({ length: 24 }, (_, hour) => {
      const at = `${dayText(day)}T${String(hour).padStart(2, "0")}`;
      return at < first || at > last ? undefined : cellAt(at);
    });
    return { label: `${DAYS[weekdayOf(day)]} ${dayOfMonth(day)}`, cells };
  });
  return { columns, rows };
}

function cellOf(at: string, cell: Cell | undefined, most: number, now: string): HeatCell {
  const tone = cell && TONES.find(([kind]) => (cell[kind] ?? 0) > 0);
  // Levels by the root: a day of one tick still shows beside a day of hundreds.
  const level = cell === undefined ? 1 : Math.max(1, Math.ceil(Math.sqrt(countOf(cell) / most) * 4));
  return { at, tone: tone?.[1] ?? "none", level, words: wordsOf(at, cell), isNow: at === now };
}

function countOf(cell: Cell): number {
  return TONES.reduce((sum, [kind]) => sum + (cell[kind] ?? 0), 0);
}

function wordsOf(at: string, cell: Cell | undefined): string {
  const day = dayNumber(at);
  const hour = at.length > 10 ? ` ${at.slice(11)}:00` : "";
  const name = `${DAYS[weekdayOf(day)]} ${dayOfMonth(day)} ${MONTHS[monthOf(day)]}${hour}`;
  const parts = TONES.flatMap(([kind]) => {
    const count = cell?.[kind] ?? 0;
    return count === 0 ? [] : [`${count} ${WORDS[kind]}`];
  });
  return `${name}: ${parts.length === 0 ? "nothing due" : parts.join(", ")}`;
}

/** Days since the epoch. */
function dayNumber(at: string): number {
  return Math.floor(Date.parse(`${at.slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** From Monday, 0, on; the epoch began with a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function monthOf(day: number): number {
  return new Date(day * DAY_MS).getUTCMonth();
}

function dayOfMonth(day: number): number {
  return new Date(day * DAY_MS).getUTCDate();
}
