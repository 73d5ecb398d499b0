/**
 * The calls of an Octopus by subject: `octopus.schedules.set(…)`, `octopus.arms.pause("deploy")`. Each throws an
 * `OctopusError`: `invalid` with the field named, `not_found` for a name that is not there, `conflict` where the thing is in a
 * state that does not allow it.
 */
import type { Json } from "../base/words.ts";
import type { RetryChange } from "../engine/api.ts";
import type { TaskFilter } from "../engine/filters.ts";
import type { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
import type { BulkSubmission } from "../protocol/bulk.ts";
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { ArmDetail, ArmView, ArtifactView, BulkView, Page, QuotaView, TaskView } from "../protocol/views.ts";
import type { CalendarView, ScheduleView, TickView } from "../protocol/schedule-views.ts";
import type { Backend, BulkTarget } from "./backend.ts";

/** A moment: a `Date`, epoch milliseconds, or ISO 8601 text with a zone. */
export type Moment = Date | number | string;

function msOf(moment: Moment): number {
  return typeof moment === "number" ? moment : new Date(moment).getTime();
}

/** Arms: the named lanes that every task passes through. */
export class Arms {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Registers an arm, or changes it: what is absent stays as it is, null is the default. */
  set(name: string, change: ArmSubmission): Promise<ArmView> {
    return this.#backend.configureArm(name, change);
  }

  /** The arm with the tasks that hold its slots. */
  get(name: string): Promise<ArmDetail> {
    return this.#backend.arm(name);
  }

  list(): Promise<ArmView[]> {
    return this.#backend.arms();
  }

  /** Removes an arm without tasks; the default ones stay. */
  remove(name: string): Promise<void> {
    return this.#backend.removeArm(name);
  }

  /** Nothing of it starts any more; what runs goes on. */
  pause(name: string): Promise<ArmView> {
    return this.set(name, { enabled: false });
  }

  resume(name: string): Promise<ArmView> {
    return this.set(name, { enabled: true, draining: false });
  }

  /** It takes nothing new; what waits still runs. `resume` ends this. */
  drain(name: string): Promise<ArmView> {
    return this.set(name, { draining: true });
  }
}

/** Quotas: what an owner may use. The owner `*` stands for all that have none of their own. */
export class Quotas {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Replaces the owner's quota; what is absent has no limit. */
  set(owner: string, quota: QuotaSubmission): Promise<QuotaView> {
    return this.#backend.setQuota(owner, quota);
  }

  remove(owner: string): Promise<void> {
    return this.#backend.removeQuota(owner);
  }

  list(): Promise<QuotaView[]> {
    return this.#backend.quotas();
  }
}

/** Schedules: what makes tasks and runs over time. */
export class Schedules {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Makes the schedule of that name, or replaces it; ticks that were fired are not fired again. */
  set(schedule: ScheduleSubmission): Promise<ScheduleView> {
    return this.#backend.setSchedule(schedule);
  }

  /** What the schedule would be, with its next `count` ticks; nothing is kept. */
  preview(schedule: ScheduleSubmission, count = 5): Promise<ScheduleView> {
    return this.#backend.previewSchedule(schedule, count);
  }

  get(name: string): Promise<ScheduleView> {
    return this.#backend.schedule(name);
  }

  list(): Promise<ScheduleView[]> {
    return this.#backend.schedules();
  }

  remove(name: string): Promise<void> {
    return this.#backend.removeSchedule(name);
  }

  /** Ticks that come while it is paused are let go. */
  pause(name: string): Promise<ScheduleView> {
    return this.#backend.pauseSchedule(name, true);
  }

  resume(name: string): Promise<ScheduleView> {
    return this.#backend.pauseSchedule(name, false);
  }

  /** Fires it now, whatever the calendar says. */
  trigger(name: string): Promise<TickView> {
    return this.#backend.triggerSchedule(name);
  }

  /** Fires the ticks from `from` until `to` (exclusive) that were not fired; with `preview`, only counts them. */
  backfill(
    name: string,
    { from, to, preview = false }: { from: Moment; to: Moment; preview?: boolean },
  ): Promise<{ count: number }> {
    return this.#backend.backfillSchedule(name, msOf(from), msOf(to), preview);
  }

  /** The next ticks, at most 1000. */
  async next(name: string, count = 5, after?: Moment): Promise<Date[]> {
    const ticks = await this.#backend.nextTicks(name, count, after === undefined ? undefined : msOf(after));
    return ticks.map((ms) => new Date(ms));
  }

  /** What became of its ticks, newest first. */
  ticks(name: string, options: { limit?: number; cursor?: string } = {}): Promise<Page<TickView>> {
    return this.#backend.ticks(name, options);
  }

  /** Sets a calendar of days on which schedules that name it do not fire. */
  setCalendar(name: string, days: string[]): Promise<CalendarView> {
    return this.#backend.setCalendar(name, days);
  }

  removeCalendar(name: string): Promise<void> {
    return this.#backend.removeCalendar(name);
  }

  calendars(): Promise<CalendarView[]> {
    return this.#backend.calendars();
  }
}

/** Dead letters: tasks that failed, with no try left, and that nobody has retried or dismissed. */
export class DeadLetters {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  list(filter: Omit<TaskFilter, "dead"> = {}): Promise<Page<TaskView>> {
    return this.#backend.tasks({ ...filter, dead: true });
  }

  /** Gives it another try, with another input if one is given. */
  retry(id: string, change?: { input: Json }): Promise<TaskView> {
    return this.#backend.retryTask(id, change satisfies RetryChange | undefined);
  }

  /** Gives all that the filter matches another try. */
  retryAll(filter: Omit<NonNullable<BulkSubmission["filter"]>, "dead"> = {}): Promise<BulkView> {
    return this.#backend.startBulk({ action: "retry", filter: { ...filter, dead: true } });
  }

  /** Puts it aside: it stays in the history and leaves this list. */
  dismiss(id: string): Promise<TaskView> {
    return this.#backend.dismissTask(id);
  }
}

/** Bulk actions: one thing done to every task that a filter matches. */
export class Bulks {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** How many tasks match now: the same filter as in `start`, or `{ids}`. */
  count(filter: BulkTarget): Promise<number> {
    return this.#backend.countTasks(filter);
  }

  /** Begins `{action, filter}` or `{action, ids}`; it goes on by itself, over restarts too. A filter needs at least one key. */
  start(action: Omit<BulkSubmission, "preview">): Promise<BulkView> {
    return this.#backend.startBulk(action);
  }

  get(id: string): Promise<BulkView> {
    return this.#backend.bulk(id);
  }

  list(): Promise<BulkView[]> {
    return this.#backend.bulks();
  }

  /** Stops it; what was done stays done. */
  cancel(id: string): Promise<BulkView> {
    return this.#backend.cancelBulk(id);
  }
}

/** Artifacts: files that a task left in `$OCTOPUS_ARTIFACTS`. */
export class ArtifactFiles {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Those of the newest attempt that left any, or of `attempt`. */
  list(task: string, attempt?: number): Promise<ArtifactView[]> {
    return this.#backend.artifacts(task, attempt);
  }

  /** The file's content, piece by piece. */
  read(task: string, path: string, attempt?: number): Promise<AsyncIterable<Uint8Array>> {
    return this.#backend.readArtifact(task, path, attempt);
  }
}
