/** Schedules and calendars. Moments are ISO 8601 with a zone, or epoch milliseconds. */
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { CalendarView, ScheduleHeat, ScheduleView, TickView } from "../protocol/schedule-views.ts";
import type { Page } from "../protocol/views.ts";
import { LimitCalls } from "./limit-calls.ts";
import { segment, withQuery } from "./query.ts";

export class ScheduleCalls extends LimitCalls {
  /** `results`: with what became of so many of the newest ticks of each. */
  schedules(results?: number): Promise<ScheduleView[]> {
    return this.items(withQuery("/schedules", { results }));
  }

  /** What became of its ticks by day or hour of its zone, and which are to come. */
  scheduleHeat(
    name: string,
    question: { by?: "day" | "hour"; from?: string | number; to?: string | number } = {},
  ): Promise<ScheduleHeat> {
    return this.get(withQuery(`${at(name)}/heat`, question));
  }

  schedule(name: string): Promise<ScheduleView> {
    return this.get(at(name));
  }

  /** Makes the schedule of that name, or replaces it. */
  setSchedule(schedule: ScheduleSubmission): Promise<ScheduleView> {
    return this.send("PUT", at(schedule.name), schedule);
  }

  /** Makes a schedule; refused with `conflict` when there is one of that name. */
  createSchedule(schedule: ScheduleSubmission): Promise<ScheduleView> {
    return this.send("POST", "/schedules", schedule);
  }

  /** What the schedule would be, with its next `count` (5) ticks; nothing is kept. */
  previewSchedule(schedule: ScheduleSubmission, count?: number): Promise<ScheduleView> {
    return this.send("POST", withQuery("/schedules/preview", { n: count }), schedule);
  }

  removeSchedule(name: string): Promise<void> {
    return this.remove(at(name));
  }

  pauseSchedule(name: string, paused: boolean): Promise<ScheduleView> {
    return this.send("POST", `${at(name)}/${paused ? "pause" : "resume"}`, {});
  }

  /** Fires it now; answers the tick with what it made. */
  triggerSchedule(name: string): Promise<TickView> {
    return this.send("POST", `${at(name)}/trigger`, {});
  }

  /** Fires the ticks from `from` until `to` (exclusive) that were not fired; with `preview`, only counts them. */
  backfillSchedule(
    name: string,
    from: string | number,
    to: string | number,
    options: { preview?: boolean } = {},
  ): Promise<{ count: number }> {
    return this.send("POST", `${at(name)}/backfill`, { from, to, ...options });
  }

  /** The next `count` (5) ticks after `after` (now), at most 1000. */
  async nextTicks(name: string, count?: number, after?: string | number): Promise<string[]> {
    return this.items(withQuery(`${at(name)}/next`, { n: count, after }));
  }

  /** What became of its ticks, newest first. */
  ticks(name: string, page: { limit?: number; cursor?: string } = {}): Promise<Page<TickView>> {
    return this.get(withQuery(`${at(name)}/ticks`, page));
  }

  calendars(): Promise<CalendarView[]> {
    return this.items("/calendars");
  }

  /** Days on which the schedules that name the calendar do not fire. */
  setCalendar(name: string, days: readonly string[]): Promise<CalendarView> {
    return this.send("PUT", `/calendars/${segment(name)}`, { days });
  }

  removeCalendar(name: string): Promise<void> {
    return this.remove(`/calendars/${segment(name)}`);
  }
}

function at(name: string): string {
  return `/schedules/${segment(name)}`;
}
