/** Reads of schedules, ticks, calendars and bulk actions. */
import type { DatabaseSync } from "node:sqlite";
import type { BulkActionName, Json, TickAction } from "../../base/words.ts";
import type { StoredBulk, StoredSchedule } from "../../engine/stored.ts";
import type { BulkView, Page } from "../../protocol/views.ts";
import type { TickView } from "../../protocol/schedule-views.ts";
import { runStateOfCode, stateOfCode } from "../codes.ts";
import { compact, iso } from "../views.ts";
import { PAGE_MAX } from "./task-scan.ts";

interface TickRow {
  schedule: string;
  tick: number;
  action: string;
  at: number;
  manual: string | null;
  made: string | null;
  reason: string | null;
  count: number | null;
  task_state: number | null;
  run_state: number | null;
}

/** What a tick has made is named in words: `t12`, `r3`. */
const madeState = (table: "task" | "run"): string =>
  `CASE WHEN made LIKE '${table[0]}%' THEN ` +
  `(SELECT ${table}.state FROM ${table} WHERE ${table}.seq = CAST(substr(tick.made, 2) AS INTEGER)) END`;
const TICK_COLUMNS =
  "schedule, tick, action, at, manual, made, reason, count, " +
  `${madeState("task")} AS task_state, ${madeState("run")} AS run_state`;

function tickView(row: TickRow): TickView {
  return compact<TickView>({
    schedule: row.schedule,
    tick: iso(row.tick),
    action: row.action as TickAction,
    at: iso(row.at),
    manual: (row.manual as TickView["manual"] | null) ?? undefined,
    made: row.made ?? undefined,
    state:
      row.task_state !== null
        ? stateOfCode(row.task_state)
        : row.run_state !== null
          ? runStateOfCode(row.run_state)
          : undefined,
    reason: row.reason ?? undefined,
    count: row.count ?? undefined,
  });
}

/** `name` undefined = all of them. The last tick is the newest one that has a row. */
export function schedulesOf(db: DatabaseSync, name?: string): StoredSchedule[] {
  const where = name === undefined ? "" : "WHERE name = ?";
  const rows = db
    .prepare(`SELECT name, target, created_at FROM schedule ${where} ORDER BY name`)
    .all(...(name === undefined ? [] : [name])) as { name: string; target: string; created_at: number }[];
  const last = db.prepare(`SELECT ${TICK_COLUMNS} FROM tick WHERE schedule = ? ORDER BY tick DESC LIMIT 1`);
  return rows.map((row) => {
    const tick = last.get(row.name) as unknown as TickRow | undefined;
    const schedule = { name: row.name, target: row.target, createdAt: row.created_at };
    return tick === undefined ? schedule : { ...schedule, lastTick: tickView(tick) };
  });
}

/** Newest first; the cursor is the time of the last one shown. */
export function listTicks(
  db: DatabaseSync,
  schedule: string,
  filter: { limit?: number; cursor?: string },
): Page<TickView> {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), PAGE_MAX);
  const before = filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(filter.cursor);
  const sql = `SELECT ${TICK_COLUMNS} FROM tick WHERE schedule = ? AND tick < ? ORDER BY tick DESC LIMIT ?`;
  const rows = db.prepare(sql).all(schedule, before, limit + 1) as unknown as TickRow[];
  const more = rows.length > limit;
  if (more) rows.pop();
  const items = rows.map(tickView);
  return more ? { items, next: String(rows.at(-1)!.tick) } : { items };
}

export function tickOf(db: DatabaseSync, schedule: string, tick: number): TickView | undefined {
  const sql = `SELECT ${TICK_COLUMNS} FROM tick WHERE schedule = ? AND tick = ?`;
  const row = db.prepare(sql).get(schedule, tick) as unknown as TickRow | undefined;
  return row && tickView(row);
}

/**
 * Those that made nothing so far. What the history no longer holds counts as fired: a tick may be left out then, and is
 * never fired twice.
 */
export function unfiredTicks(db: DatabaseSync, schedule: string, ticks: readonly number[]): number[] {
  const row = db.prepare("SELECT pruned_to, created_at FROM schedule WHERE name = ?").get(schedule) as
    | { pruned_to: number; created_at: number }
    | undefined;
  const forgotten = (tick: number): boolean => row !== undefined && tick <= row.pruned_to && tick >= row.created_at;
  const found = db.prepare("SELECT action FROM tick WHERE schedule = ? AND tick = ?");
  return ticks.filter((tick) => {
    const known = found.get(schedule, tick) as { action: TickAction } | undefined;
    return known === undefined ? !forgotten(tick) : known.action !== "fired" && known.action !== "queued";
  });
}

export function calendarsOf(db: DatabaseSync): { name: string; days: string[] }[] {
  const rows = db.prepare("SELECT name, days FROM calendar ORDER BY name").all() as { name: string; days: string }[];
  return rows.map(({ name, days }) => ({ name, days: JSON.parse(days) as string[] }));
}

interface BulkRow {
  bulk: number;
  action: string;
  filter: string;
  total: number;
  done: number;
  failed: number;
  cursor: number;
  state: string;
  created_at: number;
  ended_at: number | null;
}

/** `bulk` undefined = all that are kept, newest first. */
export function bulksOf(db: DatabaseSync, bulk?: number): StoredBulk[] {
  const where = bulk === undefined ? "" : "WHERE bulk = ?";
  const rows = db
    .prepare(`SELECT * FROM bulk ${where} ORDER BY bulk DESC`)
    .all(...(bulk === undefined ? [] : [bulk])) as unknown as BulkRow[];
  return rows.map((row) =>
    compact<StoredBulk>({
      number: row.bulk,
      id: `b${row.bulk}`,
      action: row.action as BulkActionName,
      filter: JSON.parse(row.filter) as Json,
      total: row.total,
      done: row.done,
      failed: row.failed,
      cursor: row.cursor,
      state: row.state as BulkView["state"],
      createdAt: iso(row.created_at),
      endedAt: row.ended_at === null ? undefined : iso(row.ended_at),
    }),
  );
}
