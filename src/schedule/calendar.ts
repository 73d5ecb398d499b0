/**
 * The calendar that core is given: when a rule is due. Pure: the same rule and time give the same answer, whatever was
 * asked before; what is kept between questions only saves work.
 *
 * K1  The cost of a question does not depend on how far `after` lies back, nor on how many ticks lie between.
 */
import type { Calendar, ScheduleRule } from "../core/schedules/calendar.ts";
import { Closed } from "./closed.ts";
import { invalid } from "./refuse.ts";
import { parseFields, Pattern, splitCron } from "./pattern.ts";
import { nextTick, previousTick } from "./search.ts";
import { DAY_MS, zoneNamed } from "./zone.ts";

/** How far a search goes: ten years. */
export const HORIZON_MS = 3653 * DAY_MS;

/** One way in which a rule is due, before anything is excluded. */
interface Source {
  next(after: number, limit: number): number | undefined;
  previous(at: number, after: number): number | undefined;
}

interface Compiled {
  sources: readonly Source[];
  closed: Closed;
  startAt: number;
  endAt: number;
}

export function createCalendar(): Calendar {
  const compiled = new WeakMap<ScheduleRule, Compiled>();
  const of = (rule: ScheduleRule): Compiled => {
    let found = compiled.get(rule);
    if (found === undefined) compiled.set(rule, (found = compileRule(rule)));
    return found;
  };
  return {
    next: (rule, after) => next(of(rule), after),
    previous: (rule, at, after) => previous(of(rule), at, after),
  };
}

/** Throws `invalid` with the path of the field for what a rule cannot hold. */
export function compileRule(rule: ScheduleRule): Compiled {
  const zone = zoneNamed(rule.zone);
  return {
    sources: sourcesOf(rule),
    closed: new Closed(rule, zone),
    startAt: rule.startAt ?? -Infinity,
    endAt: rule.endAt ?? Infinity,
  };
}

function sourcesOf(rule: ScheduleRule): Source[] {
  if (rule.crons !== undefined) return rule.crons.map((text, index) => cronSource(rule, text, `cron[${index}]`));
  if (rule.everyMs !== undefined) return [everySource(rule.everyMs, rule.anchor ?? 0)];
  return [atSource(rule.at ?? [])];
}

function cronSource(rule: ScheduleRule, text: string, path: string): Source {
  try {
    const cron = splitCron(text);
    if (cron.everyMs !== undefined) return everySource(cron.everyMs, rule.anchor ?? 0);
    const zone = zoneNamed(cron.zone ?? rule.zone);
    const pattern = patternOf(cron.fields, rule.seed);
    return {
      next: (after, limit) => nextTick(pattern, zone, after, limit),
      previous: (at, after) => previousTick(pattern, zone, at, after),
    };
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error), error);
  }
}

function everySource(everyMs: number, anchor: number): Source {
  return {
    next: (after) => anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs,
    previous: (at, after) => {
      const tick = anchor + Math.floor((at - anchor) / everyMs) * everyMs;
      return tick > after ? tick : undefined;
    },
  };
}

function atSource(moments: readonly number[]): Source {
  return {
    next: (after) => moments.find((moment) => moment > after),
    previous: (at, after) => moments.findLast((moment) => moment <= at && moment > after),
  };
}

/** Equal expressions are one pattern; most systems use few. Those with `H` differ by schedule. */
const PATTERNS_MAX = 1000;
const patterns = new Map<string, Pattern>();

function patternOf(fields: readonly string[], seed: string): Pattern {
  const key = /h/i.test(fields.join("")) ? `${fields.join(" ")}\n${seed}` : fields.join(" ");
  let pattern = patterns.get(key);
  if (pattern === undefined) {
    if (patterns.size >= PATTERNS_MAX) patterns.clear();
    patterns.set(key, (pattern = new Pattern(parseFields(fields, seed))));
  }
  return pattern;
}

function next({ sources, closed, startAt, endAt }: Compiled, after: number): number | undefined {
  let from = Math.max(after, startAt - 1);
  const limit = Math.min(from + HORIZON_MS, endAt - 1);
  while (from < limit) {
    let tick = Infinity;
    for (const source of sources) tick = Math.min(tick, source.next(from, Math.min(tick, limit)) ?? Infinity);
    if (tick > limit) return undefined;
    const shut = closed.at(tick);
    if (shut === undefined) return tick;
    from = shut.to - 1;
  }
  return undefined;
}

function previous({ sources, closed, startAt, endAt }: Compiled, at: number, after: number): number | undefined {
  let to = Math.min(at, endAt - 1);
  const limit = Math.max(after, startAt - 1, to - HORIZON_MS);
  while (to > limit) {
    let tick = -Infinity;
    for (const source of sources) tick = Math.max(tick, source.previous(to, Math.max(tick, limit)) ?? -Infinity);
    if (tick <= limit) return undefined;
    const shut = closed.at(tick);
    if (shut === undefined) return tick;
    to = shut.from - 1;
  }
  return undefined;
}
