/**
 * A time zone as stretches of constant offset. The offsets are asked of Intl, a year at a time and only once; the moments
 * at which they change are found by bisection. "Wall" below is a wall-clock time, written as the epoch milliseconds that
 * the same digits would have in UTC.
 *
 * Z1  Neighbouring spans meet: `to` of one is `from` of the next. Those of one offset are not joined over New Year.
 */
import { nearestPath } from "../base/nearest.ts";
import { invalid } from "./refuse.ts";

const SECOND = 1000;
export const DAY_MS = 86_400_000;

/** A stretch of time, `from` inclusive, `to` exclusive, in which wall = instant + offset. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  /** By how much the clock was set forward when it began; negative = back, 0 = it was not changed then. */
  readonly shift: number;
}

/** Years kept per zone; a search over more starts afresh. */
const YEARS_MAX = 64;

export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, Span[]>();
  /** The span that was asked for last: most questions are about the same weeks. */
  #last: Span | undefined;

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  span(at: number): Span {
    const last = this.#last;
    if (last !== undefined && at >= last.from && at < last.to) return last;
    for (const span of this.#yearOf(at)) {
      if (at < span.to) {
        this.#last = span;
        return span;
      }
    }
    throw new RangeError(`${at} lies in no year`);
  }

  /** Instant plus offset. */
  wall(at: number): number {
    return at + this.span(at).offset;
  }

  #yearOf(at: number): Span[] {
    const year = new Date(at).getUTCFullYear();
    let spans = this.#years.get(year);
    if (spans === undefined) {
      if (this.#years.size >= YEARS_MAX) this.#years.clear();
      spans = this.#survey(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
      this.#years.set(year, spans);
    }
    return spans;
  }

  /** Spans from `from` to `to`. Looked at day by day: no zone goes there and back within one. */
  #survey(from: number, to: number): Span[] {
    const spans: Span[] = [];
    let begin = from;
    let offset = this.#offset(from);
    let shift = offset - this.#offset(from - SECOND);
    for (let day = from + DAY_MS; day <= to; day += DAY_MS) {
      const next = this.#offset(day === to ? day - SECOND : day);
      if (next === offset) continue;
      const change = this.#bisect(day - DAY_MS, day, offset);
      spans.push({ from: begin, to: change, offset, shift });
      begin = change;
      shift = next - offset;
      offset = next;
    }
    spans.push({ from: begin, to, offset, shift });
    return spans;
  }

  /** The first whole second after `from`, where `offset` holds, at which it does not. */
  #bisect(from: number, to: number, offset: number): number {
    let [low, high] = [from, to];
    while (high - low > SECOND) {
      const middle = low + Math.floor((high - low) / 2 / SECOND) * SECOND;
      if (this.#offset(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  #offset(at: number): number {
    const text = this.#format.format(at);
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text.replace("\u2212", "-"));
    if (match?.[1] === undefined) return 0;
    const [, sign, hours, minutes, seconds = "0"] = match;
    const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
    return sign === "-" ? -size : size;
  }
}

const zones = new Map<string, Zone>();

function meant(name: string): string {
  const near = nearestPath(name, Intl.supportedValuesOf("timeZone"));
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

/** The zone of that name, one object for each; throws `invalid` when there is none. */
export function zoneNamed(name: string): Zone {
  let zone = zones.get(name);
  if (zone !== undefined) return zone;
  try {
    zone = new Zone(name);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw invalid(
      "zone",
      `is no time zone: ${JSON.stringify(name)}${meant(name)}; use an IANA name such as Europe/Berlin or UTC`,
      cause,
    );
  }
  zones.set(name, zone);
  return zone;
}
