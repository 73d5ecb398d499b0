/**
 * What people ask of schedules, calendars and ticks, for `EngineApi`. Core decides and fires; `ticks.ts` makes what was
 * fired.
 */
import { OctopusError } from "../base/errors.ts";
import type { Command } from "../core/command.ts";
import type { Reply } from "../core/reply.ts";
import type { Schedule } from "../core/schedules/schedule.ts";
import type { State } from "../core/state.ts";
import type { ScheduleSpec } from "../protocol/schedule.ts";
import type { Page } from "../protocol/views.ts";
import type { CalendarView, ScheduleHeat, ScheduleView, TickView } from "../protocol/schedule-views.ts";
import { LOCAL_CALLER, type PolicyCaller } from "./policy.ts";
import { rejected } from "./refusals.ts";
import {
  checkTarget,
  definitionOf,
  isInterval,
  type KeptSchedule,
  parseKept,
  ruleOf,
  scheduleTaken,
} from "./schedule-target.ts";
import { heatOf, type HeatQuestion } from "./schedule-heat.ts";
import { nextTicks, scheduleView, withHistory } from "./schedule-view.ts";
import { Ticks, type TicksOptions } from "./ticks.ts";
import type { Turns } from "./turns.ts";
import type { Item } from "./inbox.ts";

/** Most ticks of one backfill. */
const BACKFILL_MAX = 10_000;
/** Ticks of a backfill that are fired in one turn. */
const BACKFILL_STEP = 500;
/** Ticks to come that a view of one schedule shows. */
const SHOWN = 5;
const NEXT_MAX = 1000;

export class Schedules {
  readonly #options: TicksOptions;
  readonly #turns: Turns;
  readonly ticks: Ticks;

  constructor(options: TicksOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
    this.ticks = new Ticks(options, turns);
  }

  async set(spec: ScheduleSpec, by: PolicyCaller = LOCAL_CALLER): Promise<ScheduleView> {
    await this.#checkTarget(spec.target, by);
    await this.#ask((_state, now) => this.#setCommand(spec, now));
    return this.one(spec.name)!;
  }

  preview(spec: ScheduleSpec, count: number): ScheduleView {
    const { outside, clock } = this.#options;
    const now = clock.now();
    const rule = this.#rule(spec, now);
    const warnings = outside.checkSchedule(spec, rule);
    const nextAt = outside.calendar.next(rule, now) ?? 0;
    const view = scheduleView({ spec, warnings }, { rule, nextAt, paused: false }, outside, Math.min(count, NEXT_MAX));
    return { ...view, paused: spec.paused, createdAt: new Date(now).toISOString() };
  }

  async remove(name: string): Promise<void> {
    await this.#ask(() => ({ type: "RemoveSchedule", schedule: name }));
  }

  async pause(name: string, paused: boolean): Promise<ScheduleView> {
    await this.#ask((state) => {
      const { rule } = this.#named(state, name);
      const kept = this.#kept(name);
      return this.#command({ ...kept, spec: { ...kept.spec, paused } }, rule);
    }, true);
    return this.one(name)!;
  }

  async trigger(name: string): Promise<TickView> {
    const { library } = this.#options;
    const reply = await this.#ask(() => ({ type: "TriggerSchedule", schedule: name }));
    const tick = reply.tick!;
    await this.ticks.settled(name, tick);
    const made = library.tick(name, tick);
    if (made === undefined) throw new OctopusError("not_found", `the schedule ${name} was removed meanwhile`);
    if (made.action === "failed")
      throw new OctopusError("conflict", `the schedule ${name} was triggered, but made nothing: ${made.reason}`);
    return made;
  }

  async backfill(
    name: string,
    from: number,
    to: number,
    options: { preview?: boolean } = {},
  ): Promise<{ count: number }> {
    const ticks = this.#pastTicks(name, from, to);
    if (options.preview === true) return { count: this.#options.library.unfired(name, ticks).length };
    let count = 0;
    for (let at = 0; at < ticks.length; at += BACKFILL_STEP) {
      const step = ticks.slice(at, at + BACKFILL_STEP);
      const reply = await this.#ask(
        () => ({ type: "BackfillSchedule", schedule: name, ticks: this.#options.library.unfired(name, step) }),
        true,
      );
      count += reply.count ?? 0;
    }
    return { count };
  }

  /** Ticks from `from` until `to` that do not come by themselves any more. */
  #pastTicks(name: string, from: number, to: number): number[] {
    const { outside, clock } = this.#options;
    const { rule, nextAt } = this.#named(this.#turns.state, name);
    if (to <= from) throw invalid("to", "must be later than from");
    const end = Math.min(to, nextAt === 0 ? clock.now() + 1 : Math.min(nextAt, clock.now() + 1));
    const ticks: number[] = [];
    for (let tick = outside.calendar.next(rule, from - 1); tick !== undefined && tick < end;) {
      if (ticks.length === BACKFILL_MAX)
        throw invalid("to", `takes in more than ${BACKFILL_MAX} ticks of ${name}; choose a shorter range`);
      ticks.push(tick);
      tick = outside.calendar.next(rule, tick);
    }
    return ticks;
  }

  one(name: string): ScheduleView | undefined {
    const stored = this.#options.library.schedule(name);
    const schedule = this.#turns.state.schedules.byName.get(name);
    if (stored === undefined || schedule === undefined) return undefined;
    const view = scheduleView(parseKept(stored.target), schedule, this.#options.outside, SHOWN);
    return withHistory(view, schedule, stored, this.#turns.state.schedules);
  }

  all(results?: number): ScheduleView[] {
    const { schedules } = this.#turns.state;
    return this.#options.library.schedules().flatMap((stored) => {
      const schedule = schedules.byName.get(stored.name);
      if (schedule === undefined) return [];
      const plain = scheduleView(this.ticks.kept(stored.name)!, schedule, this.#options.outside, 1);
      const view = withHistory(plain, schedule, stored, schedules);
      if (results !== undefined) view.results = this.#options.library.ticks(stored.name, { limit: results }).items;
      return [view];
    });
  }

  next(name: string, count: number, after?: number): number[] | undefined {
    const schedule = this.#turns.state.schedules.byName.get(name);
    const { outside, clock } = this.#options;
    return schedule && nextTicks(outside.calendar, schedule.rule, after ?? clock.now(), Math.min(count, NEXT_MAX));
  }

  heat(name: string, question: HeatQuestion): ScheduleHeat | undefined {
    const schedule = this.#turns.state.schedules.byName.get(name);
    if (schedule === undefined) return undefined;
    const { library, outside, clock } = this.#options;
    const { rule, paused, nextAt } = schedule;
    return heatOf(question, {
      ...{ zone: rule.zone, now: clock.now() },
      ticks: (page) => library.ticks(name, page),
      next: (count, after) => (paused || nextAt === 0 ? [] : nextTicks(outside.calendar, rule, after, count)),
    });
  }

  history(name: string, options: { limit?: number; cursor?: string }): Page<TickView> {
    this.#named(this.#turns.state, name);
    return this.#options.library.ticks(name, options);
  }

  // --- of registered workflows ---

  namesOf(workflow: string): string[] {
    const names = [...this.#turns.state.schedules.byName.keys()];
    return names.filter((name) => this.ticks.kept(name)?.of === workflow).sort();
  }

  /**
   * What makes these the schedules of the workflow, and no others. Checked before anything is changed; one that somebody has
   * paused stays so.
   */
  async ofWorkflow(workflow: string, specs: readonly ScheduleSpec[], by: PolicyCaller): Promise<Command[]> {
    for (const { target } of specs) await this.#checkTarget(target, by);
    const before = this.namesOf(workflow);
    for (const { name } of specs) {
      if (this.#turns.state.schedules.byName.has(name) && !before.includes(name)) throw scheduleTaken(name, workflow);
    }
    const now = this.#options.clock.now();
    const set = specs.map((spec) => {
      const paused = spec.paused || (before.includes(spec.name) && this.#kept(spec.name).spec.paused);
      return this.#setCommand({ ...spec, paused }, now, workflow);
    });
    const wanted = new Set(specs.map(({ name }) => name));
    const gone = before.filter((name) => !wanted.has(name));
    return [...set, ...gone.map((schedule): Command => ({ type: "RemoveSchedule", schedule }))];
  }

  // --- calendars ---

  async setCalendar(name: string, days: string[]): Promise<CalendarView> {
    this.#checkDays(days);
    const users = this.#usersOf(name);
    await this.#ask(() => ({ type: "SetCalendar", calendar: name, days }));
    const calendar = { name, days };
    await Promise.all(
      users.map((user) => this.#ask((_state, now) => this.#withDays(user, calendar, now), true).catch(unlessGone)),
    );
    return { name, days, usedBy: this.#usersOf(name) };
  }

  async removeCalendar(name: string): Promise<void> {
    await this.#ask(() => {
      if (!this.#options.library.calendars().some((calendar) => calendar.name === name))
        throw new OctopusError("not_found", `there is no calendar ${name}`);
      const users = this.#usersOf(name);
      if (users.length > 0) {
        const some = users.slice(0, 5).join(", ") + (users.length > 5 ? ", …" : "");
        throw new OctopusError("conflict", `the calendar ${name} is used by ${some}; change or remove these first`);
      }
      return { type: "SetCalendar", calendar: name, days: undefined };
    }, true);
  }

  calendars(): CalendarView[] {
    return this.#options.library.calendars().map(({ name, days }) => ({ name, days, usedBy: this.#usersOf(name) }));
  }

  #usersOf(calendar: string): string[] {
    const names = [...this.#turns.state.schedules.byName.keys()];
    return names.filter((name) => this.ticks.kept(name)?.spec.calendars?.includes(calendar)).sort();
  }

  #withDays(name: string, calendar: { name: string; days: string[] }, now: number): Command {
    const kept = this.#kept(name);
    return this.#command(kept, this.#rule(kept.spec, now, calendar));
  }

  #checkDays(days: string[]): void {
    const rule = { at: [this.#options.clock.now() + 1], zone: "UTC", excludeDays: days, seed: "" };
    try {
      this.#options.outside.checkSchedule({ jitterMs: 0 } as ScheduleSpec, rule);
    } catch (error) {
      if (!(error instanceof OctopusError)) throw error;
      const issues = error.issues.map(({ path, message }) => ({ path: path.replace(/^exclude/, "days"), message }));
      throw new OctopusError("invalid", issues.map(({ path, message }) => `${path} ${message}`).join("; "), { issues });
    }
  }

  // --- shared ---

  #checkTarget(target: ScheduleSpec["target"], by: PolicyCaller): Promise<void> {
    const { outside, library, preparation, clock } = this.#options;
    return checkTarget(target, outside, { state: this.#turns.state, library, preparation, now: clock.now(), by });
  }

  #setCommand(spec: ScheduleSpec, now: number, of?: string): Command {
    const rule = this.#rule(spec, now);
    const warnings = this.#options.outside.checkSchedule(spec, rule);
    return this.#command({ spec, warnings, ...(of !== undefined && { of }) }, rule);
  }

  #command(kept: KeptSchedule, rule: Schedule["rule"]): Command {
    return { type: "SetSchedule", target: JSON.stringify(kept), ...definitionOf(kept.spec, rule) };
  }

  /**
   * When it is due, with the days of its calendars; `changed` is one that is being set. `now` is not later than the turn
   * that sets it: an interval counted from later would be due at its beginning, which is at once.
   */
  #rule(spec: ScheduleSpec, now: number, changed?: { name: string; days: string[] }): Schedule["rule"] {
    const { library, outside } = this.#options;
    const known = spec.calendars === undefined ? [] : library.calendars();
    const days = (spec.calendars ?? []).flatMap((name, index) => {
      const calendar = changed?.name === name ? changed : known.find((one) => one.name === name);
      if (calendar === undefined) throw invalid(`calendars[${index}]`, `names no calendar: ${name}; set it first`);
      return calendar.days;
    });
    return ruleOf(spec, outside.zone, days, this.#anchor(spec, now));
  }

  /** Where an interval is counted from: what it was before, when the interval has not changed. */
  #anchor(spec: ScheduleSpec, now: number): number {
    if (spec.startAt !== undefined) return spec.startAt;
    const before = this.#turns.state.schedules.byName.get(spec.name)?.rule;
    const isSame = before !== undefined && isInterval(spec) && before.everyMs === spec.everyMs;
    const isSameCron = JSON.stringify(before?.crons) === JSON.stringify(spec.cron);
    return isSame && isSameCron && before.anchor !== undefined ? before.anchor : now;
  }

  #named(state: State, name: string): Schedule {
    const schedule = state.schedules.byName.get(name);
    if (schedule === undefined) throw rejected({ type: "ScheduleNotFound", schedule: name });
    return schedule;
  }

  #kept(name: string): KeptSchedule {
    const stored = this.#options.library.schedule(name);
    if (stored === undefined) throw rejected({ type: "ScheduleNotFound", schedule: name });
    return parseKept(stored.target);
  }

  async #ask(command: Item["command"], alone = false): Promise<Extract<Reply, { ok: true }>> {
    const reply = await (alone ? this.#turns.askAlone(command) : this.#turns.ask(command));
    if (!reply.ok) throw rejected(reply.rejection);
    return reply;
  }
}

/** A schedule that was removed meanwhile needs no change. */
function unlessGone(error: unknown): void {
  if (!(error instanceof OctopusError && error.code === "not_found")) throw error;
}

function invalid(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
