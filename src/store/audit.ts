/**
 * The audit log in its own database, so that a flood of refusals delays no turn: `synchronous=NORMAL`, written in batches,
 * pruned by age and by number. What a power cut can take is its newest second.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import type { Audit, AuditEntry, AuditFilter } from "../engine/ports.ts";
import type { AuditView } from "../protocol/access.ts";
import { storageError } from "./database.ts";
import { iso } from "./views.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -1024;
  PRAGMA auto_vacuum = INCREMENTAL;
  CREATE TABLE IF NOT EXISTS entry (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    subject TEXT,
    outcome TEXT NOT NULL,
    detail TEXT,
    times INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS entry_at ON entry (at);
  CREATE VIEW IF NOT EXISTS audit AS
  SELECT n, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, who, address, action, subject, outcome,
    detail, times
  FROM entry;
`;

/** Rows deleted in one go when pruning, so that it holds nobody up. */
const PRUNE_STEP = 20_000;
const PAGE = 100;
const PAGE_MAX = 1000;

interface Row extends Omit<AuditEntry, "address" | "subject" | "detail"> {
  n: number;
  address: string | null;
  subject: string | null;
  detail: string | null;
}

export function openAudit(path: string): Audit & { close(): void } {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(SCHEMA);
  } catch (error) {
    db.close();
    throw storageError(error, `open ${path}`);
  }
  const insert = db.prepare(
    "INSERT INTO entry (at, who, address, action, subject, outcome, detail, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  return {
    append(entries) {
      db.exec("BEGIN IMMEDIATE");
      try {
        for (const { at, who, address, action, subject, outcome, detail, times } of entries)
          insert.run(at, who, address ?? null, action, subject ?? null, outcome, detail ?? null, times);
        db.exec("COMMIT");
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw storageError(error, "write the audit log");
      }
    },
    read: (filter) => read(db, filter),
    prune(before, rowsMax) {
      const oldest = `SELECT n FROM entry WHERE at < ? OR n <= (SELECT max(n) FROM entry) - ? ORDER BY n LIMIT ${PRUNE_STEP}`;
      db.prepare(`DELETE FROM entry WHERE n IN (${oldest})`).run(before, rowsMax);
      db.exec("PRAGMA incremental_vacuum(2000)");
    },
    close: () => db.close(),
  };
}

/** Newest first; the cursor is the number of the last row that was seen. */
function read(db: DatabaseSync, filter: AuditFilter): { items: AuditView[]; next?: string } {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("who = ?", filter.who);
  // `token` means `token.create` and the like.
  if (filter.action !== undefined) {
    conditions.push("(action = ? OR substr(action, 1, ?) = ?)");
    values.push(filter.action, filter.action.length + 1, `${filter.action}.`);
  }
  add("outcome = ?", filter.outcome);
  add("at >= ?", filter.from);
  add("at < ?", filter.to);
  add("n < ?", filter.cursor === undefined ? undefined : numberOf(filter.cursor));
  const limit = Math.min(filter.limit ?? PAGE, PAGE_MAX);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const rows = db
    .prepare(`SELECT * FROM entry ${where} ORDER BY n DESC LIMIT ?`)
    .all(...values, limit + 1) as unknown as Row[];
  const items = rows.slice(0, limit).map(viewOf);
  return rows.length > limit ? { items, next: String(items.at(-1)!.id) } : { items };
}

function numberOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new OctopusError("invalid", `cursor must be what an earlier page gave as next, not ${JSON.stringify(cursor)}`, {
    issues: [{ path: "cursor", message: "must be what an earlier page gave as next" }],
  });
}

function viewOf({ n, at, who, address, action, subject, outcome, detail, times }: Row): AuditView {
  return {
    id: n,
    at: iso(at),
    who,
    ...(address !== null && { address }),
    action,
    ...(subject !== null && { subject }),
    outcome,
    ...(detail !== null && { detail }),
    times,
  };
}
