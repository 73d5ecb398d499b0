/**
 * One process for one data directory. The lock is an exclusive lock that SQLite itself holds on a small file, so the
 * operating system lets it go with the process, however that ends; the pid stands in a file beside it for the message.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import { storageError } from "./database.ts";

const SQLITE_BUSY = 5;

/** Takes the lock of `dir`, or throws `storage_locked` with the pid of its holder. The answer releases it. */
export function lockDirectory(dir: string): () => void {
  const pidFile = join(dir, "octopus.pid");
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(join(dir, "octopus.lock"), { timeout: 0 });
    // No journal file beside it, and the lock is kept from the first write on.
    db.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;");
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (cause) {
    db?.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY)
      throw storageError(cause, `write in the data directory ${dir}`);
    const holder = readPid(pidFile);
    throw new OctopusError(
      "storage_locked",
      `the data directory ${dir} is in use by ${holder === undefined ? "another process" : `process ${holder}`}; ` +
        `stop that one, or name another directory with --data`,
      { cause },
    );
  }
  const held = db;
  return () => held.close();
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    return undefined;
  }
}
