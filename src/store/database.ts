/** Opens a database file: pragmas, integrity of the version, migrations. */
import { DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import { MIGRATIONS } from "./schema.ts";

/** Opens (and makes, and migrates) the main database. `:memory:` is allowed. */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -32768;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error instanceof OctopusError ? error : storageError(error, `open ${path}`);
  }
}

/** Number of the format that this program writes. */
export const FORMAT = MIGRATIONS.length;

function migrate(db: DatabaseSync, path: string): void {
  const version = (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
  if (version > FORMAT) {
    throw new OctopusError(
      "storage_newer",
      `${path} has format ${version}, made by a newer Octopus; this one knows formats up to ${FORMAT}. ` +
        "Start the newer version, or restore a backup made by this one",
    );
  }
  for (let format = version; format < FORMAT; format++) {
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(MIGRATIONS[format]!);
      db.exec(`PRAGMA user_version = ${format + 1}`);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}

const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** What SQLite or the file system said, as an error that a caller can act on. */
export function storageError(cause: unknown, doing: string): OctopusError {
  const { errcode, code = "" } = cause as { errcode?: number; code?: string };
  const text = cause instanceof Error ? cause.message : String(cause);
  if (errcode === SQLITE_FULL || code === "ENOSPC" || code === "EDQUOT") {
    return new OctopusError("storage_full", `the disk is full: could not ${doing}; it goes on when there is space again`, {
      cause,
      retryable: true,
    });
  }
  let advice = "";
  if (errcode === SQLITE_NOTADB || errcode === SQLITE_CORRUPT) {
    advice = "; put a backup in its place, or move the file away to begin with an empty one";
  } else if (errcode === SQLITE_CANTOPEN || ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) {
    advice = "; name a folder that can be written with --data";
  }
  return new OctopusError("storage_failed", `could not ${doing}: ${text}${advice}`, { cause, retryable: true });
}
