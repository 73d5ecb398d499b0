/** The embedded store: everything under one data directory, opened and closed together. */
import { mkdirSync, existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { backup as backupDatabase, type DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import type { Artifacts, Journal, Library, LogStore } from "../engine/ports.ts";
import { memoryArtifacts, openArtifacts } from "./artifacts.ts";
import { openDatabase, storageError } from "./database.ts";
import { createJournal } from "./journal.ts";
import { createLibrary } from "./library.ts";
import { lockDirectory } from "./lock.ts";
import { openLogs } from "./logs.ts";

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
  close(): void;
}

/** Opens the store in `dir` (made when missing), or one that lives in memory for `:memory:`. */
export function openStore(dir: string): Store {
  if (dir === ":memory:") {
    return assemble({
      dir,
      fresh: true,
      db: openDatabase(dir),
      logs: openLogs(dir),
      artifacts: memoryArtifacts(),
      unlock: () => {},
    });
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
    const db = openDatabase(file);
    const logs = openLogs(join(dir, "logs.db"));
    return assemble({ dir, fresh, db, logs, artifacts: openArtifacts(join(dir, "artifacts")), unlock });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Folder by folder: where a file system makes no folders (/proc), Node's own recursive way never comes back. */
function makeDirectory(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  makeDirectory(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

interface Parts {
  dir: string;
  fresh: boolean;
  db: DatabaseSync;
  logs: LogStore & { close(): void };
  artifacts: Artifacts;
  unlock: () => void;
}

function assemble({ dir, fresh, db, logs, artifacts, unlock }: Parts): Store {
  return {
    dir,
    fresh,
    journal: createJournal(db, dir === ":memory:" ? undefined : join(dir, "octopus.db")),
    library: createLibrary(db, artifacts),
    logs,
    artifacts,
    async backup(path) {
      if (existsSync(path))
        throw new OctopusError("conflict", `${path} exists already; a backup never overwrites a file`);
      try {
        await backupDatabase(db, path);
      } catch (error) {
        // What is there of it is no backup, and would be in the way of the next one.
        rmSync(path, { force: true });
        throw storageError(error, `write the backup ${path}`);
      }
      return { path, bytes: statSync(path).size };
    },
    close() {
      logs.close();
      db.close();
      unlock();
    },
  };
}
