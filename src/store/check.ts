/** Looks a database over without changing it; for `octopus doctor`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FORMAT } from "./database.ts";

/** What is wrong with the database in `dir`, in words; undefined when there is none. */
export function checkDatabase(dir: string): string[] | undefined {
  const file = join(dir, "octopus.db");
  if (!existsSync(file)) return undefined;
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const problems = (db.prepare("PRAGMA quick_check(10)").all() as { quick_check: string }[]).map(
        (row) => row.quick_check,
      );
      const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
      if (version > FORMAT)
        problems.push(`format ${version} was made by a newer Octopus; this one knows up to ${FORMAT}`);
      return problems.filter((problem) => problem !== "ok");
    } finally {
      db.close();
    }
  } catch (error) {
    return [`cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
}
