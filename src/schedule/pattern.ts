/** A cron expression: text to the wall-clock times that it means. What becomes of them in a zone is `search.ts`'s. */
import { parseDuration } from "../base/duration.ts";
import { OctopusError } from "../base/errors.ts";
import { type Days, daysOf } from "./days.ts";
import { FIELDS, type Field, parseField } from "./field.ts";
import { DAY_MS } from "./zone.ts";

export interface Fields {
  readonly second: Field;
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** What stands before or in place of the fields. */
export interface CronText {
  /** From `CRON_TZ=zone` in front. */
  readonly zone?: string | undefined;
  /** From `@every 90s`: there are no fields then. */
  readonly everyMs?: number | undefined;
  /** Five or six fields. */
  readonly fields: readonly string[];
}

export function splitCron(text: string): CronText {
  const match = /^(?:CRON_TZ|TZ)=(\S+)\s+(.*)$/s.exec(text.trim());
  const zone = match?.[1];
  const rest = match?.[2] ?? text.trim();
  const every = /^@every\s+(.*)$/i.exec(rest)?.[1];
  if (every !== undefined) {
    const everyMs = parseDuration(every);
    if (everyMs === undefined || everyMs < 1000) {
      throw new OctopusError("invalid", `@every ${every} needs a duration of at least 1s, such as 90s or 1h30m`);
    }
    return { zone, everyMs, fields: [] };
  }
  if (/^@reboot$/i.test(rest)) {
    const instead = "submit the task from what starts the machine (a systemd unit, for example)";
    throw new OctopusError("invalid", `@reboot is no time that a calendar knows; ${instead}`);
  }
  const known = NICKNAMES[rest.toLowerCase()];
  if (known === undefined && rest.startsWith("@")) {
    const names = [...Object.keys(NICKNAMES), "@every 90s"].join(", ");
    throw new OctopusError("invalid", `there is no ${rest}; there are ${names}`);
  }
  const fields = (known ?? rest).split(/\s+/);
  if (fields.length === 5 || fields.length === 6) return { zone, fields };
  const expected = "minute hour day month weekday, with the second in front when there are six";
  const count = rest === "" ? 0 : fields.length;
  throw new OctopusError("invalid", `has ${count} fields where five or six are needed: ${expected}`);
}

export function parseFields(parts: readonly string[], seed: string): Fields {
  const [second, minute, hour, day, month, weekday] = parts.length === 5 ? ["0", ...parts] : parts;
  return {
    second: parseField(FIELDS.second, second!, seed),
    minute: parseField(FIELDS.minute, minute!, seed),
    hour: parseField(FIELDS.hour, hour!, seed),
    day: parseField(FIELDS.day, day!, seed),
    month: parseField(FIELDS.month, month!, seed),
    weekday: parseField(FIELDS.weekday, weekday!, seed),
  };
}

/** Sorted numbers below 60, with the next and the previous one of each at hand. */
class Dial {
  readonly first: number;
  readonly last: number;
  readonly #next = new Int8Array(61).fill(-1);
  readonly #previous = new Int8Array(61).fill(-1);

  constructor(values: readonly number[]) {
    this.first = values[0]!;
    this.last = values.at(-1)!;
    for (let at = 59; at >= 0; at--) this.#next[at] = values.includes(at) ? at : this.#next[at + 1]!;
    for (let at = 0; at < 60; at++)
      this.#previous[at] = values.includes(at) ? at : at === 0 ? -1 : this.#previous[at - 1]!;
  }

  /** The first at or after `value`; -1 = none. */
  next(value: number): number {
    return this.#next[value]!;
  }

  /** The last at or before `value`; -1 = none. */
  previous(value: number): number {
    return value < 0 ? -1 : this.#previous[value]!;
  }
}

export class Pattern {
  /** The hour field begins with `*`: the schedule follows elapsed time. */
  readonly elapsed: boolean;
  readonly #hours: Dial;
  readonly #minutes: Dial;
  readonly #seconds: Dial;
  readonly #days: Days;

  constructor(fields: Fields) {
    this.elapsed = fields.hour.star;
    this.#hours = new Dial(fields.hour.values);
    this.#minutes = new Dial(fields.minute.values);
    this.#seconds = new Dial(fields.second.values);
    this.#days = daysOf(fields.day, fields.month, fields.weekday);
  }

  /** The first wall-clock time of the pattern at or after `wall`. */
  next(wall: number): number | undefined {
    const whole = Math.ceil(wall / 1000);
    const day = Math.floor(whole / 86_400);
    const found = this.#days.next(day);
    if (found === day) {
      const time = this.#timeFrom(whole - day * 86_400);
      if (time >= 0) return (day * 86_400 + time) * 1000;
    }
    const later = found === day ? this.#days.next(day + 1) : found;
    return later === undefined ? undefined : later * DAY_MS + this.#firstTime * 1000;
  }

  /** The last wall-clock time of the pattern at or before `wall`. */
  previous(wall: number): number | undefined {
    const whole = Math.floor(wall / 1000);
    const day = Math.floor(whole / 86_400);
    const found = this.#days.previous(day);
    if (found === day) {
      const time = this.#timeUntil(whole - day * 86_400);
      if (time >= 0) return (day * 86_400 + time) * 1000;
    }
    const earlier = found === day ? this.#days.previous(day - 1) : found;
    return earlier === undefined ? undefined : earlier * DAY_MS + this.#lastTime * 1000;
  }

  get #firstTime(): number {
    return this.#hours.first * 3600 + this.#minutes.first * 60 + this.#seconds.first;
  }

  get #lastTime(): number {
    return this.#hours.last * 3600 + this.#minutes.last * 60 + this.#seconds.last;
  }

  /** Second of the day at or after `time`; -1 = none on this day. */
  #timeFrom(time: number): number {
    const hour = Math.floor(time / 3600);
    const minute = Math.floor(time / 60) % 60;
    if (this.#hours.next(hour) === hour) {
      if (this.#minutes.next(minute) === minute) {
        const second = this.#seconds.next(time % 60);
        if (second >= 0) return hour * 3600 + minute * 60 + second;
      }
      const later = this.#minutes.next(minute + 1);
      if (later >= 0) return hour * 3600 + later * 60 + this.#seconds.first;
    }
    const later = this.#hours.next(hour + 1);
    return later < 0 ? -1 : later * 3600 + this.#minutes.first * 60 + this.#seconds.first;
  }

  #timeUntil(time: number): number {
    const hour = Math.floor(time / 3600);
    const minute = Math.floor(time / 60) % 60;
    if (this.#hours.previous(hour) === hour) {
      if (this.#minutes.previous(minute) === minute) {
        const second = this.#seconds.previous(time % 60);
        if (second >= 0) return hour * 3600 + minute * 60 + second;
      }
      const earlier = this.#minutes.previous(minute - 1);
      if (earlier >= 0) return hour * 3600 + earlier * 60 + this.#seconds.last;
    }
    const earlier = this.#hours.previous(hour - 1);
    return earlier < 0 ? -1 : earlier * 3600 + this.#minutes.last * 60 + this.#seconds.last;
  }
}
