/**
 * Two people edit one schedule: what only one of them has changed is what it is now, and what both have is told.
 *
 * SM1  Fields that mean something only together are one part: half of each would be neither's.
 */
import type { ScheduleForm } from "./schedule-form.ts";

type Key = keyof ScheduleForm;

const PARTS: readonly (readonly [label: string, keys: readonly Key[]])[] = [
  ["the description", ["description"]],
  ["when it is due", ["whenKind", "cron", "every", "at"]],
  ["the zone", ["zone"]],
  ["its start", ["start"]],
  ["its end", ["end"]],
  ["the jitter", ["jitter"]],
  ["what happens while one is at work", ["overlap"]],
  ["what is caught up", ["catchUp", "catchUpWindow"]],
  ["its calendars", ["calendars"]],
  ["its days off", ["exclude"]],
  ["its blackouts", ["blackouts"]],
  ["what it does", ["doesKind", "command", "call", "input", "workflow", "params", "arm", "json"]],
  ["whether it is paused", ["isPaused"]],
];

export interface MergedSchedule {
  /** Mine where I have changed something, theirs elsewhere. */
  form: ScheduleForm;
  /** Parts that only they have changed. */
  taken: string[];
  /** Parts that both have changed, and not to the same: mine stands in the form. */
  disputed: string[];
}

/** `before` is what both began with. */
export function mergeSchedule(before: ScheduleForm, mine: ScheduleForm, theirs: ScheduleForm): MergedSchedule {
  const merged: MergedSchedule = { form: { ...theirs }, taken: [], disputed: [] };
  for (const [label, keys] of PARTS) {
    const isMine = differs(before, mine, keys);
    if (isMine) Object.assign(merged.form, Object.fromEntries(keys.map((key) => [key, mine[key]])));
    if (!differs(before, theirs, keys) || !differs(mine, theirs, keys)) continue;
    (isMine ? merged.disputed : merged.taken).push(label);
  }
  return merged;
}

export function isOther(before: ScheduleForm, now: ScheduleForm): boolean {
  return PARTS.some(([, keys]) => differs(before, now, keys));
}

function differs(one: ScheduleForm, other: ScheduleForm, keys: readonly Key[]): boolean {
  return keys.some((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}
