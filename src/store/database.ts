/** Opens a database file: pragmas, integrity of the version, migrations. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import { MIGRATIONS } from "./schema.ts";

/** How much of the machine a database may take for its speed. */
export interface DatabaseSettings {
  /** Most kilobytes of its pages in memory. */
  cacheKb: number;
  /** Its write-ahead log has its full length from the start. */
  isLogWhole: boolean;
}

/** For the one database of a process. */
const GENEROUS: DatabaseSettings = { cacheKb: 32_768, isLogWhole: true };
/** For one of many. */
export const SPARING: DatabaseSettings = { cacheKb: 8192, isLogWhole: false };

/** Opens (and makes, and migrates) the main database. `:memory:` is allowed. */
export function openDatabase(path: string, settings: DatabaseSettings = GENEROUS): DatabaseSync {
  try {
    // One of many has no log to be made ready, and is made of a copy: its tables take longer to make than all the rest.
    if (path !== ":memory:" && settings.isLogWhole) prepareFile(path, settings);
    else if (path !== ":memory:" && !existsSync(path)) writeWhole(path, emptyDatabase());
    const db = connect(path, settings);
    if (path === ":memory:" || !settings.isLogWhole) migrateOrClose(db, path);
    return db;
  } catch (error) {
    throw error instanceof OctopusError ? error : storageError(error, `open ${path}`);
  }
}

function connect(path: string, { cacheKb }: DatabaseSettings): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -${cacheKb};
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

function migrateOrClose(db: DatabaseSync, path: string): void {
  try {
    migrate(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

let empty: Uint8Array | undefined;

/** The bytes of a database of the present format that holds nothing. */
function emptyDatabase(): Uint8Array {
  if (empty !== undefined) return empty;
  const db = new DatabaseSync(":memory:");
  try {
    migrate(db, ":memory:");
    empty = db.serialize();
    return empty;
  } finally {
    db.close();
  }
}

/** A file that is there is whole, also after a crash. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const incoming = `${path}.new`;
  const fd = openSync(incoming, "w", 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(incoming, path);
}

/** Pages of 4 KiB in the write-ahead log before they are carried over into the database. */
const WAL_PAGES = 2000;
const WAL_BYTES = WAL_PAGES * 4120;

/**
 * Brings the file to the present format, and gives it a write-ahead log of full length. A commit that makes the log longer
 * has to write the file's size too, and takes twice as long as one that overwrites; SQLite reads a log of zeros as an
 * empty one. A log that is there already holds what was committed before a crash, and is left alone.
 */
function prepareFile(path: string, settings: DatabaseSettings): void {
  const db = connect(path, settings);
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

/**
 * Writes a copy of the database in `file` as it is now, while its owner goes on. By a connection of its own, which sees what
 * was committed and nothing else, and one state of it all the time.
 */
export async function copyDatabase(file: string, path: string): Promise<void> {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    db.exec("BEGIN; SELECT 1 FROM meta");
    await backup(db, path, { rate: COPY_PAGES });
  } finally {
    db.close();
  }
}

/** Pages that are copied in one step, by a thread. */
const COPY_PAGES = 5000;

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
  if (version === FORMAT) return;
  // All at once: each commit of its own would be a sync of its own.
  db.exec("BEGIN IMMEDIATE");
  try {
    for (let format = version; format < FORMAT; format++) db.exec(MIGRATIONS[format]!);
    db.exec(`PRAGMA user_version = ${FORMAT}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
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
      `the disk is full: could not ${doing}; ${doing.startsWith("open") ? "make room there, and start again" : "it goes on when there is space again"}`,
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

/**
 * Closes a database as the end of its process does, for many that end together: its write-ahead log stays, and whoever opens it
 * reads it from there. SQLite would write all of it back otherwise, and wait for the disk twice, one database after the other.
 */
export function closeSoon(file: string, close: () => void): void {
  let reader: DatabaseSync | undefined;
  try {
    // The last to close writes back, unless it may only read.
    reader = new DatabaseSync(file, { readOnly: true });
    reader.exec("SELECT count(*) FROM sqlite_schema");
  } catch {
    // It is closed the slow way.
  }
  try {
    close();
  } finally {
    reader?.close();
  }
}
