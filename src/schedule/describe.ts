/** When a schedule is due, in words that a person can check: "at 08:30 on Monday to Friday". */
import { formatDuration } from "../base/duration.ts";
import type { ScheduleRule } from "../core/schedules/calendar.ts";
import type { Field } from "./field.ts";
import { type Fields, parseFields, splitCron } from "./pattern.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
const NTH = ["first", "second", "third", "fourth", "fifth"];
/** Times of day, days and moments that are spelled out; more than these are counted. */
const LISTED_MAX = 6;

export function describeRule(rule: ScheduleRule): string {
  if (rule.crons !== undefined) return joined(rule.crons.map((text) => describeCron(text, rule)));
  if (rule.everyMs !== undefined) return `every ${plainDuration(rule.everyMs)}`;
  const moments = (rule.at ?? []).map((at) => `at ${localTime(at, rule.zone)}`);
  if (moments.length <= LISTED_MAX) return joined(moments) || "never";
  return `${moments[0]} and ${moments.length - 1} more times, the last ${moments.at(-1)}`;
}

/** `2026-10-25 02:30` as the clocks of `zone` show it. */
export function localTime(at: number, zone: string): string {
  return new Date(at).toLocaleString("sv-SE", { timeZone: zone }).replace(/:00$/, "");
}

function describeCron(text: string, rule: ScheduleRule): string {
  const cron = splitCron(text);
  const zone = cron.zone === undefined ? "" : ` (${cron.zone})`;
  if (cron.everyMs !== undefined) return `every ${plainDuration(cron.everyMs)}${zone}`;
  const fields = parseFields(cron.fields, rule.seed);
  return `${timeWords(fields)}${dayWords(fields)}${zone}`;
}

function timeWords({ second, minute, hour }: Fields): string {
  const [seconds, minutes, hours] = [second.values, minute.values, hour.values];
  const count = seconds.length * minutes.length * hours.length;
  if (count <= LISTED_MAX) {
    const times = hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => clock(h, m, s))));
    return `at ${joined(times)}`;
  }
  const secondWords = seconds.length === 1 && seconds[0] === 0 ? "" : unitWords(second, 60, "second");
  const inHours = hours.length === 24 ? "" : ` ${hourWords(hour)}`;
  if (secondWords !== "") {
    const inMinutes = minutes.length === 60 ? "" : ` of ${listWords(minute, "minute")}`;
    return `${secondWords}${inMinutes}${inHours}`;
  }
  if (minutes.length === 1) {
    const every = stepOf(hour, 24);
    if (every === 1) return minutes[0] === 0 ? "every hour" : `every hour at :${pad(minutes[0]!)}`;
    if (every !== undefined) return `every ${every} hours from ${clock(hours[0]!, minutes[0]!, 0)}`;
    return `at ${pad(minutes[0]!)} minutes past ${hourList(hours)}`;
  }
  return `${unitWords(minute, 60, "minute")}${inHours}`;
}

/** `every 5 minutes`, `every minute`, `at minutes 1, 2 and 3`. */
function unitWords(field: Field, whole: number, unit: string): string {
  const every = stepOf(field, whole);
  if (every === 1) return `every ${unit}`;
  if (every === undefined) return `at ${listWords(field, unit)}`;
  const first = field.values[0];
  const from = first === 0 ? "" : ` from ${unit} ${first}`;
  return `every ${every} ${unit}s${from}`;
}

function listWords({ values }: Field, unit: string): string {
  return values.length === 1 ? `${unit} ${values[0]}` : `${unit}s ${rangesOf(values, String)}`;
}

function hourWords({ values }: Field): string {
  const [first, last] = [values[0]!, values.at(-1)!];
  if (last - first === values.length - 1) return `from ${pad(first)}:00 to ${pad(last)}:59`;
  return `in ${values.length === 1 ? "hour" : "hours"} ${rangesOf(values, String)}`;
}

function hourList(hours: readonly number[]): string {
  return `hours ${rangesOf(hours, String)}`;
}

/** n when the values are every n-th of the whole range. */
function stepOf({ values }: Field, whole: number): number | undefined {
  const step = values.length === 1 ? whole : values[1]! - values[0]!;
  const even = values.every((value, index) => value === values[0]! + index * step);
  return even && values[0]! < step && values.at(-1)! + step >= whole ? step : undefined;
}

function dayWords({ day, month, weekday }: Fields): string {
  const days = day.values.length === 31 ? [] : dayParts(day);
  const weekdays = weekday.values.length === 7 ? [] : weekdayParts(weekday);
  const months = month.values.length === 12 ? "" : rangesOf(month.values, (value) => MONTHS[value - 1]!);
  const either = day.star || weekday.star ? " when it is " : " and on ";
  const restricted = [days, weekdays].filter((parts) => parts.length > 0);
  // Either is enough, and one of them says every day.
  const free = !day.star && !weekday.star && restricted.length < 2;
  const words = free ? [] : restricted.map(joined);
  if (words.length === 0) return months === "" ? "" : ` in ${months}`;
  return ` on ${words.join(either)}${months === "" ? "" : ` in ${months}`}`;
}

function dayParts({ values, special }: Field): string[] {
  const parts = values.length === 0 ? [] : [`day ${rangesOf(values, String)} of the month`];
  for (const part of special) {
    if (part === "l") parts.push("the last day of the month");
    else if (part === "lw") parts.push("the last weekday of the month");
    else parts.push(`the weekday nearest to day ${part.slice(0, -1)} of the month`);
  }
  return parts;
}

function weekdayParts({ values, special }: Field): string[] {
  // Weeks are read from Monday on.
  const order = values.map((value) => (value + 6) % 7).sort((a, b) => a - b);
  const parts = values.length === 0 ? [] : [rangesOf(order, (value) => DAYS[(value + 1) % 7]!)];
  for (const part of special) {
    const name = DAYS[Number(part[0])]!;
    if (part[1] === "l") parts.push(`the last ${name} of the month`);
    else parts.push(`the ${NTH[Number(part[2]) - 1]} ${name} of the month`);
  }
  return parts;
}

/** `1 to 5, 7 and 9`. */
function rangesOf(values: readonly number[], word: (value: number) => string): string {
  const parts: string[] = [];
  for (let from = 0; from < values.length;) {
    let to = from;
    while (to + 1 < values.length && values[to + 1] === values[to]! + 1) to++;
    if (to - from >= 2) parts.push(`${word(values[from]!)} to ${word(values[to]!)}`);
    else for (let index = from; index <= to; index++) parts.push(word(values[index]!));
    from = to + 1;
  }
  if (parts.length > LISTED_MAX * 2)
    return `${parts.slice(0, LISTED_MAX).join(", ")} and ${parts.length - LISTED_MAX} more`;
  return joined(parts);
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function clock(hour: number, minute: number, second: number): string {
  return `${pad(hour)}:${pad(minute)}${second === 0 ? "" : `:${pad(second)}`}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** `90s`, `1h30m`, `2d`: without the zero parts that a table needs. */
function plainDuration(ms: number): string {
  const units: [string, number][] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
    ["ms", 1],
  ];
  for (const [unit, size] of units) if (ms % size === 0 && ms / size < 1000) return `${ms / size}${unit}`;
  return formatDuration(ms);
}
