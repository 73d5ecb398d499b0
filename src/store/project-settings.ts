/** Rows of what people set: arms, quotas; and of their actions on many tasks. */
import { unreachable } from "../base/assert.ts";
import type { Event } from "../core/event.ts";
import type { Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;
export type SettingsEvent = EventOf<"ArmConfigured" | "ArmRemoved" | "QuotaSet" | "BulkStarted" | "BulkProgressed">;

/** Bulk actions that have ended, kept for people to look at. */
const BULKS_KEPT = 100;

export function projectSettings(statements: Statements, event: SettingsEvent, at: number): void {
  switch (event.type) {
    case "ArmConfigured": {
      const { type: _, arm, ...settings } = event;
      const text = JSON.stringify(settings);
      statements.run("INSERT OR REPLACE INTO arm (name, settings) VALUES (?, ?)", arm, text);
      statements.audit(at, "configure arm", arm, text);
      return;
    }
    case "ArmRemoved":
      statements.run("DELETE FROM arm WHERE name = ?", event.arm);
      statements.audit(at, "remove arm", event.arm);
      return;
    case "QuotaSet": {
      const { owner, quota } = event;
      if (quota === undefined) statements.run("DELETE FROM quota WHERE owner = ?", owner);
      else statements.run("INSERT OR REPLACE INTO quota (owner, quota) VALUES (?, ?)", owner, JSON.stringify(quota));
      const detail = quota === undefined ? undefined : JSON.stringify(quota);
      statements.audit(at, quota === undefined ? "remove quota" : "set quota", owner, detail);
      return;
    }
    case "BulkStarted":
      return bulkStarted(statements, event, at);
    case "BulkProgressed": {
      const { bulk, done, failed, cursor, ended } = event;
      statements.run(
        "UPDATE bulk SET done = ?, failed = ?, cursor = ?, state = ?, ended_at = ? WHERE bulk = ?",
        done,
        failed,
        cursor,
        ended ?? "running",
        ended === undefined ? null : at,
        bulk,
      );
      return;
    }
    default:
      unreachable(event);
  }
}

function bulkStarted(statements: Statements, event: EventOf<"BulkStarted">, at: number): void {
  const { bulk, action, filter, total } = event;
  statements.run(
    `INSERT INTO bulk (bulk, action, filter, total, done, failed, cursor, state, created_at)
     VALUES (?, ?, ?, ?, 0, 0, 0, 'running', ?)`,
    bulk,
    action,
    filter,
    total,
    at,
  );
  statements.run("UPDATE meta SET last_bulk = max(last_bulk, ?)", bulk);
  statements.audit(at, `bulk ${action}`, `b${bulk}`, filter);
  statements.run(
    `DELETE FROM bulk WHERE ended_at IS NOT NULL
     AND bulk <= (SELECT bulk FROM bulk WHERE ended_at IS NOT NULL ORDER BY bulk DESC LIMIT 1 OFFSET ?)`,
    BULKS_KEPT,
  );
}
