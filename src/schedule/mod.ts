/** Schedules without a state: when a rule is due, whether it makes sense, how it reads, and crontabs. */
export { createCalendar } from "./calendar.ts";
export { checkSchedule } from "./check.ts";
export { type CrontabEntry, parseCrontab } from "./crontab.ts";
export { describeRule, localTime } from "./describe.ts";
