/**
 * Rows of schedules, of what became of their ticks, and of calendars.
 *
 * H1  A tick that waits, or whose target was not made yet, is `open` and stays whatever its age.
 * H2  Of the ticks that are settled the newest TICKS_KEPT of each schedule stay; `pruned_to` says up to where they went.
 */
import { unreachable } from "../base/assert.ts";
import type { Event } from "../core/event.ts";
import type { Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;
export type ScheduleEvent = EventOf<
  "ScheduleSet" | "ScheduleRemoved" | "ScheduleTicked" | "ScheduleFired" | "CalendarSet"
>;

/** Settled ticks kept for each schedule. */
const TICKS_KEPT = 1000;
/** Ticks of a schedule between two looks at how many there are. */
const PRUNE_EVERY = 100;
/** Ticks that a person asked for may lie far in the past: they go by the time at which they were fired. */
const MANUAL_KEPT_MS = 30 * 86_400_000;

export class ScheduleRows {
  readonly #statements: Statements;
  /** Ticks of each schedule since the newest look. */
  readonly #counts = new Map<string, number>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  apply(event: ScheduleEvent, at: number): void {
    const statements = this.#statements;
    switch (event.type) {
      case "ScheduleSet":
        return this.#set(event, at);
      case "ScheduleRemoved":
        this.#counts.delete(event.schedule);
        statements.run("DELETE FROM schedule WHERE name = ?", event.schedule);
        statements.run("DELETE FROM tick WHERE schedule = ?", event.schedule);
        statements.audit(at, "remove schedule", event.schedule);
        return;
      case "ScheduleTicked":
        return this.#ticked(event, at);
      case "ScheduleFired":
        return this.#fired(event);
      case "CalendarSet":
        if (event.days === undefined) statements.run("DELETE FROM calendar WHERE name = ?", event.calendar);
        else {
          const sql = "INSERT OR REPLACE INTO calendar (name, days) VALUES (?, ?)";
          statements.run(sql, event.calendar, JSON.stringify(event.days));
        }
        statements.audit(at, event.days === undefined ? "remove calendar" : "set calendar", event.calendar);
        return;
      default:
        unreachable(event);
    }
  }

  #set(event: EventOf<"ScheduleSet">, at: number): void {
    const { schedule, rule, overlap, catchUp, jitterMs, paused, target, nextAt } = event;
    this.#statements.run(
      `INSERT INTO schedule (name, definition, target, next_at, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET definition = excluded.definition, target = excluded.target, next_at = excluded.next_at`,
      schedule,
      JSON.stringify({ rule, overlap, catchUp, jitterMs, paused }),
      target,
      nextAt ?? null,
      at,
    );
    this.#statements.audit(at, "set schedule", schedule, paused ? "paused" : undefined);
  }

  #ticked(event: EventOf<"ScheduleTicked">, at: number): void {
    const { schedule, tick, action, manual, reason, count, nextAt } = event;
    this.#statements.run(
      `INSERT INTO tick (schedule, tick, action, at, manual, reason, count, open) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET action = excluded.action, at = excluded.at, manual = coalesce(excluded.manual, manual),
         reason = excluded.reason, count = excluded.count, open = excluded.open`,
      schedule,
      tick,
      action,
      at,
      manual ?? null,
      reason ?? null,
      count ?? null,
      action === "fired" || action === "queued" ? 1 : null,
    );
    if (nextAt !== undefined) this.#statements.run("UPDATE schedule SET next_at = ? WHERE name = ?", nextAt, schedule);
    if (manual === undefined) {
      const sql = "UPDATE schedule SET last_tick = max(coalesce(last_tick, 0), ?) WHERE name = ?";
      this.#statements.run(sql, tick, schedule);
    } else if (manual === "trigger") this.#statements.audit(at, "trigger schedule", schedule);
    this.#prune(schedule, at);
  }

  #fired({ schedule, tick, made, reason }: EventOf<"ScheduleFired">): void {
    const id = made === undefined ? null : "task" in made ? `t${made.task}` : `r${made.run}`;
    this.#statements.run(
      `UPDATE tick SET open = NULL, made = ?1, reason = ?2, action = iif(?1 IS NULL, 'failed', action)
       WHERE schedule = ?3 AND tick = ?4`,
      id,
      reason ?? null,
      schedule,
      tick,
    );
  }

  #prune(schedule: string, at: number): void {
    // A schedule begins at a place of its own, so that a thousand of them do not look in the same turn.
    const count = (this.#counts.get(schedule) ?? this.#counts.size % PRUNE_EVERY) + 1;
    this.#counts.set(schedule, count % PRUNE_EVERY);
    if (count < PRUNE_EVERY) return;
    const statements = this.#statements;
    const manual = "DELETE FROM tick WHERE schedule = ? AND manual IS NOT NULL AND open IS NULL AND at < ?";
    statements.run(manual, schedule, at - MANUAL_KEPT_MS);
    const oldest = statements.get(
      "SELECT tick FROM tick WHERE schedule = ? AND manual IS NULL ORDER BY tick DESC LIMIT 1 OFFSET ?",
      schedule,
      TICKS_KEPT - 1,
    ) as { tick: number } | undefined;
    if (oldest === undefined) return;
    const old = "DELETE FROM tick WHERE schedule = ? AND tick < ? AND open IS NULL AND manual IS NULL";
    statements.run(old, schedule, oldest.tick);
    statements.run("UPDATE schedule SET pruned_to = max(pruned_to, ?) WHERE name = ?", oldest.tick - 1, schedule);
  }
}
