/** Looks a schedule over before it is kept: what cannot be is refused with the field, what looks wrong is a warning. */
import type { ScheduleRule } from "../core/schedules/calendar.ts";
import type { ScheduleSpec } from "../protocol/schedule.ts";
import { compileRule, createCalendar, HORIZON_MS } from "./calendar.ts";
import { describeRule } from "./describe.ts";
import { parseFields, splitCron } from "./pattern.ts";
import { invalid } from "./refuse.ts";

/**
 * Throws `invalid` for what a rule cannot hold, with the path of the field; answers warnings. `now` is when the schedule
 * is set: what can only be due earlier is never due.
 */
export function checkSchedule(spec: Pick<ScheduleSpec, "jitterMs">, rule: ScheduleRule, now: number): string[] {
  compileRule(rule);
  const crons = rule.crons ?? [];
  if (crons.length > 1 && crons.some((text) => splitCron(text).everyMs !== undefined))
    throw invalid("cron", "has @every beside other expressions; give the interval a schedule of its own");
  for (const [index, text] of crons.entries()) refuseImpossible(text, index, rule, now);
  return [...crons.flatMap((text) => lintCron(text, rule)), ...lintTimes(rule, now), ...lintJitter(spec, rule, now)];
}

/** Days such as the 30th of February: no calendar, zone or window of time can make such an expression due. */
function refuseImpossible(text: string, index: number, { zone, seed }: ScheduleRule, now: number): void {
  const rule: ScheduleRule = { crons: [text], zone, seed };
  const calendar = createCalendar();
  const isPossible = calendar.next(rule, now) ?? calendar.previous(rule, now, now - HORIZON_MS);
  if (isPossible === undefined) throw invalid(`cron[${index}]`, `is never due: no day within ten years fits "${text}"`);
}

function lintCron(text: string, rule: ScheduleRule): string[] {
  const { fields: parts, everyMs } = splitCron(text);
  if (everyMs !== undefined) return [];
  const fields = parseFields(parts, rule.seed);
  const { second, minute, hour, day, weekday, month } = fields;
  const warnings: string[] = [];
  const rareHour = hour.values.length < 24;
  const words = describeRule({ ...rule, crons: [text] });
  if (rareHour && second.values.length === 60 && parts.length === 6)
    warnings.push(`"${text}" is due each second of the hours it names (${words}); write 0 for the second to mean once`);
  else if (rareHour && hour.star && minute.values.length === 60)
    warnings.push(`"${text}" is due each minute of the hours it names (${words}); write 0 for the minute to mean once`);
  if (!day.star && !weekday.star)
    warnings.push(`"${text}" restricts the day of month and the day of week: either is enough (${words})`);
  const shortMonths =
    day.special.length === 0 && day.values.length > 0 && day.values[0]! > 28 && month.values.length === 12;
  if (shortMonths && weekday.star && !day.star)
    warnings.push(`"${text}" leaves out months that have no day ${day.values[0]}; L is the last day of each month`);
  if (unevenStep(minute.text, 60))
    warnings.push(`"${text}": 60 minutes are no multiple of the step, so one wait is shorter`);
  if (unevenStep(hour.text, 24))
    warnings.push(`"${text}": 24 hours are no multiple of the step, so one wait is shorter`);
  return warnings;
}

function unevenStep(text: string, whole: number): boolean {
  const step = /^(?:\*|h)\/(\d+)$/i.exec(text)?.[1];
  return step !== undefined && whole % Number(step) !== 0;
}

function lintTimes(rule: ScheduleRule, now: number): string[] {
  const calendar = createCalendar();
  if (calendar.next(rule, now) !== undefined) return [];
  const open: ScheduleRule = { ...rule, excludeDays: undefined, blackouts: undefined };
  if (calendar.next(open, now) !== undefined)
    return ["it is never due: every time that it names lies on an excluded day or in a blackout"];
  const past = calendar.previous(open, now, now - HORIZON_MS) !== undefined;
  return past
    ? ["it is never due: all its times have passed"]
    : ["it is never due: no time within ten years lies between its start and its end"];
}

function lintJitter({ jitterMs }: { jitterMs: number }, rule: ScheduleRule, now: number): string[] {
  if (jitterMs === 0) return [];
  const calendar = createCalendar();
  const first = calendar.next(rule, now);
  const second = first === undefined ? undefined : calendar.next(rule, first);
  if (first === undefined || second === undefined || jitterMs < second - first) return [];
  return ["the jitter is longer than the time between two ticks, so that ticks come in bunches"];
}
