/**
 * The tables of a replica: the records of its shard's log, applied in their order, with their position in the same
 * transaction. The log is the truth; what a power cut takes of the newest transactions is read from there again, so that
 * `synchronous=NORMAL` is enough.
 */
import { createReadStream, createWriteStream, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream";
import * as streams from "node:stream/promises";
import { createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { OctopusError } from "../base/errors.ts";
import type { Applied, AppliedTurn, ReplicaTables, TablesCopy } from "../cluster/replica-tables.ts";
import { copyDatabase, FORMAT, openDatabase, storageError } from "./database.ts";
import { probe, rollback } from "./journal.ts";
import { type ArmTotals, loadStored } from "./load-stored.ts";
import { Projection } from "./project.ts";

/** Of what a data directory is a replica. */
export interface ReplicaOf {
  cluster: string;
  shard: string;
}

/** Copies that are kept beside the database for a person. */
const ASIDE_MAX = 2;
/** A whole database in one step: the copy is made by a thread, and nobody else writes meanwhile. */
const ALL_PAGES = 2 ** 30;
const READ_BYTES = 1024 * 1024;

/** What the directory is a replica of; undefined for an embedded one. */
export function replicaOf(db: DatabaseSync): ReplicaOf | undefined {
  const row = db.prepare("SELECT cluster, shard FROM replica").get() as unknown as ReplicaOf | undefined;
  return row && { cluster: row.cluster, shard: row.shard };
}

/** Makes an embedded directory a replica of a log that holds nothing yet. */
export function makeReplica(db: DatabaseSync, { cluster, shard }: ReplicaOf): void {
  const sql = "INSERT INTO replica (id, cluster, shard, seq, term, epoch, chain) VALUES (1, ?, ?, 0, 0, 0, '')";
  db.prepare(sql).run(cluster, shard);
}

/** Makes a replica an embedded directory, with all that it has applied. */
export function makeEmbedded(db: DatabaseSync): void {
  db.exec("DELETE FROM replica");
}

/** `file`: path of the database, undefined in memory. */
export function createReplicaTables(db: DatabaseSync, file: string | undefined): ReplicaTables {
  return new Tables(db, file);
}

class Tables implements ReplicaTables {
  readonly #db: DatabaseSync;
  readonly #file: string | undefined;
  readonly #projection: Projection;
  readonly #run: Record<"begin" | "commit" | "totals" | "position", ReturnType<DatabaseSync["prepare"]>>;
  /** Totals of all arms, as the newest transaction left them. */
  #arms: Record<string, ArmTotals> | undefined;

  constructor(db: DatabaseSync, file: string | undefined) {
    this.#db = db;
    this.#file = file;
    this.#projection = new Projection(db);
    this.#run = {
      begin: db.prepare("BEGIN IMMEDIATE"),
      commit: db.prepare("COMMIT"),
      totals: db.prepare(
        "UPDATE meta SET last_task = ?, last_run = ?, counts = ?, run_counts = ?, arms = ? WHERE id = 1",
      ),
      position: db.prepare("UPDATE replica SET seq = ?, term = ?, epoch = ?, chain = ?"),
    };
  }

  applied(): Applied {
    return positionOf(this.#db);
  }

  load() {
    try {
      return loadStored(this.#db);
    } catch (error) {
      throw storageError(error, "read the database");
    }
  }

  apply(turns: readonly AppliedTurn[], position: Applied): void {
    this.begin(turns, position);
    this.commit();
  }

  begin(turns: readonly AppliedTurn[], { seq, term, epoch, chain }: Applied): void {
    const { begin, totals, position } = this.#run;
    this.#guard(() => {
      begin.run();
      if (turns.length > 1) this.#projection.beginMany();
      for (const turn of turns) this.#turn(turn);
      if (turns.length > 1) this.#projection.finishMany();
      const newest = turns.at(-1)?.summary;
      if (newest !== undefined) {
        const { lastTask, lastRun, counts, runCounts } = newest;
        const arms = JSON.stringify(this.#arms);
        totals.run(lastTask, lastRun, JSON.stringify(counts), JSON.stringify(runCounts), arms);
      }
      position.run(seq, term, epoch, chain);
    });
  }

  commit(): void {
    this.#guard(() => this.#run.commit.run());
  }

  rollback(): void {
    rollback(this.#db);
    this.#forget();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.rollback();
      throw storageError(error, "write the database");
    }
  }

  #turn({ batch, summary }: AppliedTurn): void {
    const projection = this.#projection;
    for (const event of batch.events) projection.apply(event, batch.at);
    projection.finish(batch.at);
    projection.saveMeters(summary.meters);
    if (summary.all === true) this.#arms = { ...summary.arms };
    else Object.assign((this.#arms ??= this.#readArms()), summary.arms);
    for (const arm of summary.gone ?? []) delete this.#arms[arm];
  }

  #readArms(): Record<string, ArmTotals> {
    const { arms } = this.#db.prepare("SELECT arms FROM meta").get() as { arms: string };
    return JSON.parse(arms) as Record<string, ArmTotals>;
  }

  /** What was derived from tables that are not there any more. */
  #forget(): void {
    this.#arms = undefined;
    this.#projection.forget();
  }

  probe(): boolean {
    // A turn that is being written is itself the best proof.
    return this.#db.isTransaction || probe(this.#db);
  }

  async copy(): Promise<TablesCopy> {
    if (this.#file === undefined) {
      const packed = zstdCompressSync(this.#db.serialize());
      return {
        position: this.applied(),
        format: FORMAT,
        async *chunks() {
          yield packed;
        },
        dispose() {},
      };
    }
    const path = `${this.#file}.copy`;
    rmSync(path, { force: true });
    await this.#copyTo(path);
    const copy = new DatabaseSync(path, { readOnly: true });
    try {
      const chunks = () => packed(path);
      return { position: positionOf(copy), format: FORMAT, chunks, dispose: () => rmSync(path, { force: true }) };
    } finally {
      copy.close();
    }
  }

  async #copyTo(path: string): Promise<void> {
    try {
      await copyDatabase(this.#file!, path);
    } catch (error) {
      rmSync(path, { force: true });
      throw storageError(error, `write the copy ${path}`);
    }
  }

  async replaceBy(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let copy: DatabaseSync | undefined;
    const file = this.#file === undefined ? undefined : `${this.#file}.incoming`;
    try {
      copy = file === undefined ? await openBytes(chunks) : await openIncoming(chunks, file);
      checkCopy(copy);
      // The copy may come from elsewhere: what this directory is stays as it is.
      const own = replicaOf(this.#db)!;
      copy.prepare("UPDATE replica SET cluster = ?, shard = ?").run(own.cluster, own.shard);
      if (this.#file === undefined) takeOver(this.#db, copy);
      else await backup(copy, this.#file, { rate: ALL_PAGES });
    } catch (error) {
      throw error instanceof OctopusError ? error : storageError(error, "take over a copy of the tables");
    } finally {
      copy?.close();
      if (file !== undefined) removeDatabase(file);
      this.#forget();
    }
  }

  clear(): void {
    const own = replicaOf(this.#db)!;
    const empty = openDatabase(":memory:");
    try {
      makeReplica(empty, own);
      transaction(this.#db, () => {
        for (const table of tablesOf(this.#db)) this.#db.exec(`DELETE FROM ${table}`);
        for (const table of tablesOf(empty)) copyRows(empty, this.#db, table);
      });
    } catch (error) {
      throw storageError(error, "empty the database");
    } finally {
      empty.close();
      this.#forget();
    }
  }

  async keepAside(why: string): Promise<string | undefined> {
    if (this.#file === undefined) return undefined;
    const folder = join(this.#file, "..");
    const old = readdirSync(folder).filter((name) => /^octopus\.aside-\d+-.*\.db$/.test(name));
    old.sort((a, b) => numberOf(b) - numberOf(a));
    for (const name of old.slice(ASIDE_MAX - 1)) rmSync(join(folder, name), { force: true });
    const path = join(folder, `octopus.aside-${(old[0] === undefined ? 0 : numberOf(old[0])) + 1}-${why}.db`);
    await this.#copyTo(path);
    return path;
  }

  *artifacts(): Iterable<string> {
    const sql = `SELECT result_ref AS hash FROM task WHERE result_ref IS NOT NULL
      UNION SELECT result_ref FROM attempt WHERE result_ref IS NOT NULL
      UNION SELECT hash FROM artifact UNION SELECT sha256 FROM plugin_file`;
    for (const row of this.#db.prepare(sql).iterate()) yield (row as { hash: string }).hash;
  }

  artifactUsed(hash: string): boolean {
    const sql = `SELECT 1 FROM attempt WHERE result_ref = ?1 UNION ALL SELECT 1 FROM task WHERE result_ref = ?1
      UNION ALL SELECT 1 FROM artifact WHERE hash = ?1 UNION ALL SELECT 1 FROM plugin_file WHERE sha256 = ?1 LIMIT 1`;
    return this.#db.prepare(sql).get(hash) !== undefined;
  }
}

function numberOf(name: string): number {
  return Number(name.split("-")[1]);
}

function positionOf(db: DatabaseSync): Applied {
  const row = db.prepare("SELECT seq, term, epoch, chain FROM replica").get() as unknown as Applied;
  return { seq: row.seq, term: row.term, epoch: row.epoch, chain: row.chain };
}

function tablesOf(db: DatabaseSync): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'probe'";
  return (db.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
}

async function* packed(path: string): AsyncGenerator<Uint8Array> {
  const pack = createZstdCompress();
  // An error of the one is an error of the other.
  pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), pack, () => {});
  yield* pack as AsyncIterable<Uint8Array>;
}

async function openIncoming(chunks: AsyncIterable<Uint8Array>, file: string): Promise<DatabaseSync> {
  removeDatabase(file);
  await streams.pipeline(chunks, createZstdDecompress(), createWriteStream(file, { mode: 0o600 }));
  return openDatabase(file);
}

async function openBytes(chunks: AsyncIterable<Uint8Array>): Promise<DatabaseSync> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  const bytes = zstdDecompressSync(Buffer.concat(all));
  // A copy of a file says that it has a write-ahead log, which one in memory cannot have.
  bytes.fill(1, 18, 20);
  const db = new DatabaseSync(":memory:");
  db.deserialize(bytes);
  return db;
}

function checkCopy(copy: DatabaseSync): void {
  const [first] = copy.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
  if (first?.quick_check !== "ok") throw new Error(`it is damaged: ${String(first?.quick_check)}`);
  if (replicaOf(copy) === undefined) throw new Error("it is no copy of a replica");
}

function removeDatabase(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(file + end, { force: true });
}

/** Row by row, for a database in memory, which has no file that pages could be copied to. */
function takeOver(db: DatabaseSync, copy: DatabaseSync): void {
  const { user_version: format } = copy.prepare("PRAGMA user_version").get() as { user_version: number };
  if (format !== FORMAT) throw new Error(`it has format ${format}, not ${FORMAT}`);
  transaction(db, () => {
    for (const table of tablesOf(db)) db.exec(`DELETE FROM ${table}`);
    for (const table of tablesOf(copy)) copyRows(copy, db, table);
  });
}

/** The columns of a database that was migrated may stand in another order. */
function copyRows(from: DatabaseSync, to: DatabaseSync, table: string): void {
  const columns = (from.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[])
    .map(({ name }) => `"${name}"`)
    .join(", ");
  const marks = columns.replaceAll(/"[^"]*"/g, "?");
  const insert = to.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`);
  const select = from.prepare(`SELECT ${columns} FROM ${table}`);
  select.setReturnArrays(true);
  for (const row of select.iterate() as unknown as Iterable<(string | number | null)[]>) insert.run(...row);
}

function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    rollback(db);
    throw error;
  }
}
