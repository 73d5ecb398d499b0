/** The embedded store: everything under one data directory, opened and closed together. */
import { mkdirSync, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { backup as backupDatabase, type DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import type { FollowingLogs } from "../cluster/output.ts";
import type { ReplicaTables } from "../cluster/replica-tables.ts";
import type { Artifacts, Journal, Library, LogStore } from "../engine/ports.ts";
import { memoryArtifacts, openArtifacts } from "./artifacts.ts";
import { closeSoon, copyDatabase, openDatabase, SPARING, storageError } from "./database.ts";
import { createJournal } from "./journal.ts";
import { createLibrary } from "./library.ts";
import { lazyLogs } from "./lazy.ts";
import { lockDirectory } from "./lock.ts";
import { openLogs } from "./logs.ts";
import { createReplicaTables, makeReplica, type ReplicaOf, replicaOf } from "./replica.ts";
import { type DataSizes, sizesOf } from "./sizes.ts";

export interface Store {
  /** The data directory, or `:memory:`. */
  readonly dir: string;
  /** True when the directory held no database before. */
  readonly fresh: boolean;
  readonly journal: Journal;
  readonly library: Library;
  readonly logs: LogStore;
  readonly artifacts: Artifacts;
  /** Writes a consistent copy of the database while work goes on. */
  backup(path: string): Promise<{ path: string; bytes: number }>;
  /** Undefined where all is in memory. */
  sizes(): DataSizes | undefined;
  close(): void;
}

/** The store of a replica: its tables follow a log, and there is no journal of its own. */
export interface ReplicaStore extends Omit<Store, "journal" | "logs"> {
  readonly tables: ReplicaTables;
  readonly logs: FollowingLogs;
}

export interface StoreSettings {
  /** It is one of many in its process: it takes little, and opens what it may never need when it needs it. */
  isSparing?: boolean;
}

/** Opens the store in `dir` (made when missing), or one that lives in memory for `:memory:`. */
export function openStore(dir: string, settings: StoreSettings = {}): Store {
  const parts = openParts(dir, settings, (db, file) => refuseReplica(db, file));
  return { ...assemble(parts), journal: createJournal(parts.db, parts.file) };
}

/** The same for a replica of this shard in this cluster; a directory of something else is refused. */
export function openReplica(dir: string, of: ReplicaOf, settings: StoreSettings = {}): ReplicaStore {
  const parts = openParts(dir, settings, (db, file, fresh) => {
    if (fresh) makeReplica(db, of);
    else refuseOther(db, file, of);
    // What is lost with the power is read from the log again.
    db.exec("PRAGMA synchronous = NORMAL");
  });
  return { ...assemble(parts), logs: parts.logs, tables: createReplicaTables(parts.db, parts.file) };
}

/** `check` throws for a database that is not to be used. */
function openParts(
  dir: string,
  { isSparing = false }: StoreSettings,
  check: (db: DatabaseSync, file: string, fresh: boolean) => void,
): Parts {
  if (dir === ":memory:") {
    const db = openDatabase(dir);
    check(db, dir, true);
    return {
      dir,
      file: undefined,
      fresh: true,
      db,
      isSparing,
      logs: openLogs(dir),
      artifacts: memoryArtifacts(),
      unlock: () => {},
    };
  }
  try {
    makeDirectory(dir);
  } catch (error) {
    throw storageError(error, `make the data directory ${dir}`);
  }
  const file = join(dir, "octopus.db");
  const unlock = lockDirectory(dir);
  try {
    const fresh = !existsSync(file);
    const db = openDatabase(file, isSparing ? SPARING : undefined);
    try {
      // A start that was cut short left an empty database, which nobody has used.
      check(db, file, fresh || isUnused(db));
    } catch (error) {
      db.close();
      throw error;
    }
    const logs = (isSparing ? lazyLogs : openLogs)(join(dir, "logs.db"));
    return { dir, file, fresh, db, isSparing, logs, artifacts: openArtifacts(join(dir, "artifacts")), unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** No server has ever founded a cluster in it, nor put a task into it. */
function isUnused(db: DatabaseSync): boolean {
  const sql = "SELECT 1 FROM meta WHERE last_task = 0 AND cluster = '' AND NOT EXISTS (SELECT 1 FROM replica)";
  return db.prepare(sql).get() !== undefined;
}

function refuseReplica(db: DatabaseSync, file: string): void {
  const of = replicaOf(db);
  if (of === undefined) return;
  throw new OctopusError(
    "conflict",
    `${file} is a replica of shard ${of.shard} in cluster ${of.cluster}, and says nothing without it. Start the server with ` +
      "the settings of that cluster, or take the tasks out of it with `octopus migrate --to embedded`",
  );
}

function refuseOther(db: DatabaseSync, file: string, { cluster, shard }: ReplicaOf): void {
  const of = replicaOf(db);
  if (of?.cluster === cluster && of.shard === shard) return;
  throw new OctopusError(
    "conflict",
    of === undefined
      ? `${file} holds the tasks of a server without a cluster, which cluster ${cluster} would not see. Move them there with ` +
          "`octopus migrate`, or name another directory with --data"
      : `${file} is a replica of shard ${of.shard} in cluster ${of.cluster}, not of ${shard} in ${cluster}. Name another ` +
          "directory with --data",
  );
}

/** Folder by folder: where a file system makes no folders (/proc), Node's own recursive way never comes back. */
function makeDirectory(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  makeDirectory(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

interface Parts {
  dir: string;
  /** Path of the database; undefined in memory. */
  file: string | undefined;
  fresh: boolean;
  db: DatabaseSync;
  isSparing: boolean;
  logs: FollowingLogs & { close(): void };
  artifacts: Artifacts;
  unlock: () => void;
}

function assemble({ dir, file, fresh, db, isSparing, logs, artifacts, unlock }: Parts): Omit<Store, "journal"> {
  return {
    dir,
    fresh,
    library: createLibrary(db, artifacts),
    logs,
    artifacts,
    async backup(path) {
      if (existsSync(path))
        throw new OctopusError("conflict", `${path} exists already; a backup never overwrites a file`);
      try {
        // What is in it is for nobody but who runs the server, as its directory is.
        writeFileSync(path, "", { mode: 0o600, flag: "wx" });
        if (file === undefined) await backupDatabase(db, path);
        else await copyDatabase(file, path);
      } catch (error) {
        // What is there of it is no backup, and would be in the way of the next one.
        rmSync(path, { force: true });
        throw storageError(error, `write the backup ${path}`);
      }
      return { path, bytes: statSync(path).size };
    },
    sizes: () => (dir === ":memory:" ? undefined : sizesOf(dir)),
    close() {
      logs.close();
      if (isSparing && file !== undefined) closeSoon(file, () => db.close());
      else db.close();
      unlock();
    },
  };
}
