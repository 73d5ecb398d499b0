/** Opens a database file: pragmas, integrity of the version, migrations. */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import { MIGRATIONS } from "./schema.ts";

/** Opens (and makes, and migrates) the main database. `:memory:` is allowed. */
export function openDatabase(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") prepareFile(path);
    const db = connect(path);
    if (path === ":memory:") migrate(db, path);
    return db;
  } catch (error) {
    throw error instanceof OctopusError ? error : storageError(error, `open ${path}`);
  }
}

function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -32768;
      PRAGMA wal_autocheckpoint = ${WAL_PAGES};
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY;
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Pages of 4 KiB in the write-ahead log before they are carried over into the database. */
const WAL_PAGES = 2000;
const WAL_BYTES = WAL_PAGES * 4120;

/**
 * Brings the file to the present format, and gives it a write-ahead log of full length. A commit that makes the log longer
 * has to write the file's size too, and takes twice as long as one that overwrites; SQLite reads a log of zeros as an
 * empty one. A log that is there already holds what was committed before a crash, and is left alone.
 */
function prepareFile(path: string): void {
  const db = connect(path);
  try {
    migrate(db, path);
  } finally {
    db.close();
  }
  const log = `${path}-wal`;
  if (!existsSync(log)) writeZeros(log, WAL_BYTES);
}

/** In pieces: one large buffer would stay in memory long after it is of use. */
function writeZeros(file: string, bytes: number): void {
  const fd = openSync(file, "w", 0o600);
  try {
    const piece = Buffer.alloc(64 * 1024);
    for (let at = 0; at < bytes;) at += writeSync(fd, piece, 0, Math.min(piece.length, bytes - at));
  } finally {
    closeSync(fd);
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
    return new OctopusError(
      "storage_full",
      `the disk is full: could not ${doing}; it goes on when there is space again`,
      {
        cause,
        retryable: true,
      },
    );
  }
  let advice = "";
  if (errcode === SQLITE_NOTADB || errcode === SQLITE_CORRUPT) {
    advice = "; put a backup in its place, or move the file away to begin with an empty one";
  } else if (errcode === SQLITE_CANTOPEN || ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) {
    advice = "; name a place that can be written";
  }
  return new OctopusError("storage_failed", `could not ${doing}: ${text}${advice}`, { cause, retryable: true });
}
