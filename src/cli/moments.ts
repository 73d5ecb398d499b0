/**
 * Reads moments as people type them: with a zone (`2026-11-21T08:00Z`), without one (`2026-11-21`, `2026-11-21 08:00`,
 * meant in a given zone or in that of this machine), or as a distance from now (`2h`).
 */
import { DURATION_FORM, parseDuration } from "../base/duration.ts";
import { flagOf, textOf, usage } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;

const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;
const WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Words for the beginnings of days, by their distance from today. */
const DAYS = new Map([
  ["yesterday", -1],
  ["today", 0],
  ["tomorrow", 1],
]);

/** A moment of the past, or a distance back from now. */
export function agoOf(options: Options, name: string, now: number, zone?: string): number | undefined {
  return momentOf(options, name, { now, zone, direction: -1 });
}

/** A moment to come, or a distance from now. */
export function laterOf(options: Options, name: string, now: number, zone?: string): number | undefined {
  return momentOf(options, name, { now, zone, direction: 1 });
}

/** As the API takes it, and as its refusals show it. */
export function isoOf(at: number): string {
  return new Date(at).toISOString();
}

interface Sense {
  now: number;
  zone: string | undefined;
  direction: 1 | -1;
}

function momentOf(options: Options, name: string, sense: Sense): number | undefined {
  const text = textOf(options, name);
  return text === undefined ? undefined : readMoment(text, `--${flagOf(name)}`, sense);
}

/** Epoch milliseconds, or a refusal that names `what`. */
export function readMoment(text: string, what: string, { now, zone, direction }: Sense): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return now + direction * ms;
  if (text === "now") return now;
  const days = DAYS.get(text);
  if (days !== undefined) return localMoment(dayOf(now + days * 86_400_000, zone), zone)!;
  if (/^\d{12,16}$/.test(text)) return Number(text);
  if (WITH_ZONE.test(text)) {
    const at = Date.parse(text.replace(" ", "T"));
    if (!Number.isNaN(at)) return at;
  }
  const at = localMoment(text, zone);
  if (at !== undefined) return at;
  const hint = direction === 1 ? "from now" : "ago";
  throw usage(
    `${what} must be a moment such as 2026-11-21T08:00Z, 2026-11-21 08:00, 2026-11-21 or today, ` +
      `or a time ${hint} (${DURATION_FORM}), not ${JSON.stringify(text)}`,
  );
}

/** `2026-11-21`: the day that it is there then. */
function dayOf(at: number, zone: string | undefined): string {
  const offset = zone === undefined ? -new Date(at).getTimezoneOffset() * 60_000 : offsetAt(at, zone);
  return new Date(at + offset).toISOString().slice(0, 10);
}

/** A wall-clock time in the zone; one that is skipped there is as much later as the clock is set forward. */
function localMoment(text: string, zone: string | undefined): number | undefined {
  const match = LOCAL.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    ...[number, number, number, number, number, number],
  ];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  const isReal = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60;
  if (!isReal || second >= 60) return undefined;
  if (zone === undefined) return new Date(year, month - 1, day, hour, minute, second).getTime();
  // The offset before a change of the clock, then the one that holds at that moment.
  const first = wall - offsetAt(wall - 86_400_000, zone);
  const exact = wall - offsetAt(first, zone);
  return offsetAt(exact, zone) === offsetAt(first, zone) ? exact : first;
}

/** How far the zone's clock is ahead of UTC at that moment, in milliseconds. */
export function offsetAt(at: number, zone: string): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields, second: "numeric" });
    parts = format.formatToParts(at);
  } catch {
    throw usage(`there is no time zone ${JSON.stringify(zone)}: use an IANA name such as Europe/Berlin or UTC`);
  }
  const of = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wall - Math.floor(at / 1000) * 1000;
}
