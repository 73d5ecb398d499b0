/**
 * A data directory on its way into a cluster, or out of one. What is moved is the database as it is; nothing of it is read
 * or written row by row.
 *
 * MV1  A directory changes what it is in one transaction, after everything else of the move is done: until then the move
 *      can be begun again.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import type { Applied, ReplicaTables } from "../cluster/replica-tables.ts";
import { openDatabase } from "./database.ts";
import { lockDirectory } from "./lock.ts";
import { createReplicaTables, makeEmbedded, makeReplica, type ReplicaOf } from "./replica.ts";

/** A copy of a database as tables from which a shard begins; the file itself is changed by it. */
export function openBase(file: string, of: ReplicaOf): { tables: ReplicaTables; close(): void } {
  if (!existsSync(file)) throw new OctopusError("not_found", `there is no database ${file}`);
  return newBase(file, of);
}

/** The same of an empty one. */
export function newBase(file: string, of: ReplicaOf): { tables: ReplicaTables; close(): void } {
  const db = openDatabase(file);
  try {
    // Wherever it comes from, it is part of no log here yet.
    makeEmbedded(db);
    makeReplica(db, of);
    return { tables: createReplicaTables(db, file), close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The directory follows the log from now on, from where its own tables became the base of it. */
export function enterCluster(dir: string, of: ReplicaOf, at: Applied): void {
  change(dir, (db) => {
    makeEmbedded(db);
    makeReplica(db, of);
    db.prepare("UPDATE replica SET seq = ?, term = ?, epoch = ?, chain = ?").run(at.seq, at.term, at.epoch, at.chain);
  });
}

/** The directory stands alone from now on, with all that it has applied. */
export function leaveCluster(dir: string): void {
  change(dir, makeEmbedded);
}

function change(dir: string, work: (db: DatabaseSync) => void): void {
  const unlock = lockDirectory(dir);
  try {
    const db = openDatabase(join(dir, "octopus.db"));
    try {
      db.exec("BEGIN IMMEDIATE");
      work(db);
      db.exec("COMMIT");
    } finally {
      db.close();
    }
  } finally {
    unlock();
  }
}
