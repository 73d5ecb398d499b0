/** Looks a database over without changing it; for `octopus doctor`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FORMAT } from "./database.ts";

/** Problems of one sort that are named one by one; more are counted. */
const NAMED_MAX = 5;

/** What is wrong with the database in `dir`, in words; undefined when there is none. */
export function checkDatabase(dir: string): string[] | undefined {
  const file = join(dir, "octopus.db");
  if (!existsSync(file)) return undefined;
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const problems = (db.prepare("PRAGMA quick_check(10)").all() as { quick_check: string }[])
        .map((row) => row.quick_check)
        .filter((problem) => problem !== "ok");
      const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
      if (version > FORMAT)
        problems.push(`format ${version} was made by a newer Octopus; this one knows up to ${FORMAT}`);
      // An older one is brought to the present format by the next start, and is looked at after that.
      if (version === FORMAT && problems.length === 0) problems.push(...strayRows(db), ...missingFiles(db, dir));
      return problems;
    } finally {
      db.close();
    }
  } catch (error) {
    return [`cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Of which cluster the database in `dir` is a replica, and how far; undefined: of none, or nothing can be read there. */
export function replicaIn(dir: string): { cluster: string; shard: string; record: number } | undefined {
  const file = join(dir, "octopus.db");
  if (!existsSync(file)) return undefined;
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const row = db.prepare("SELECT cluster, shard, seq FROM replica").get();
    const { cluster, shard, seq } = (row ?? {}) as { cluster?: string; shard?: string; seq?: number };
    return cluster === undefined ? undefined : { cluster, shard: shard!, record: seq! };
  } catch {
    // An older format has no such table; what cannot be read is told by the check.
    return undefined;
  } finally {
    db.close();
  }
}

/** Rows that speak of a task, schedule or run that is not there. */
function strayRows(db: DatabaseSync): string[] {
  const tables = ["attempt", "running", "ask", "node", "artifact", "cache", "unique_key", "due"];
  const strays = tables.map((table) => [table, `task NOT IN (SELECT seq FROM task)`]);
  strays.push(["tick", "schedule NOT IN (SELECT name FROM schedule)"]);
  strays.push(["task", "run IS NOT NULL AND run NOT IN (SELECT seq FROM run)"]);
  strays.push(["run", "definition_hash IS NOT NULL AND definition_hash NOT IN (SELECT hash FROM definition)"]);
  strays.push(["workflow", "hash NOT IN (SELECT hash FROM definition)"]);
  strays.push(["workflow_version", "hash NOT IN (SELECT hash FROM definition)"]);
  return strays.flatMap(([table, condition]) => {
    const { count } = db.prepare(`SELECT count(*) AS count FROM ${table} WHERE ${condition}`).get() as {
      count: number;
    };
    return count === 0 ? [] : [`${count} rows of ${table} belong to nothing that is there`];
  });
}

/** Files that rows refer to and that are not in `artifacts/`. */
function missingFiles(db: DatabaseSync, dir: string): string[] {
  const rows = db
    .prepare(
      `SELECT result_ref AS hash, seq AS task FROM task WHERE result_ref IS NOT NULL
       UNION SELECT result_ref, task FROM attempt WHERE result_ref IS NOT NULL
       UNION SELECT hash, task FROM artifact`,
    )
    .iterate() as IterableIterator<unknown>;
  const missing: string[] = [];
  let count = 0;
  for (const row of rows) {
    const { hash, task } = row as { hash: string; task: number };
    if (existsSync(join(dir, "artifacts", hash.slice(0, 2), hash))) continue;
    if (++count <= NAMED_MAX) missing.push(`the file ${hash} of t${task} is not in artifacts/`);
  }
  if (count > NAMED_MAX) missing.push(`and ${count - NAMED_MAX} more files are missing`);
  return missing;
}
