/**
 * What holds for a cluster, beside what the witness demands of every server: the witness is told of each turn at the moment
 * at which it stands in the log.
 *
 * V33  Terms in the log never go back: nothing of a deposed leader is written once another has begun.
 * V35  Where the log's end went back, the next that counts is a base, and it holds every turn that stood in the log before.
 * V34  In the end all servers hold the same, in their tables and in memory, and it is what the log says.
 */
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { chainOf, decode, type TurnRecord } from "../../../src/cluster/record.ts";
import { loadState } from "../../../src/core/load.ts";
import type { ReplicaStore } from "../../../src/store/store.ts";
import { demandEqual } from "../agreement.ts";
import type { Witness } from "../witness.ts";
import type { World } from "../world.ts";
import type { ClusterNode } from "./node.ts";
import type { SimLog } from "./service.ts";

export class Judge {
  /** Hash of the record of the newest turn that the witness was told of. */
  newest = "";
  /** Hash of the newest record that counts, also where the log has lost it. */
  chain = "";
  /** The log has lost its end, and nobody has put it right yet. */
  isBack = false;
  /** That has happened once. */
  #wentBack = false;
  #term = 0;
  /** The newest that ever was in the log, also where the log has lost it. */
  #newestTerm = 0;
  /** What the log has lost and nobody has written over. */
  #lost: Uint8Array[] = [];
  #parts: Uint8Array[] = [];
  readonly #world: World;
  readonly #witness: Witness;

  constructor(world: World, witness: Witness, log: SimLog) {
    this.#world = world;
    this.#witness = witness;
    log.onAppend = (record, seq) => this.#world.guard(() => this.#appended(record, seq));
  }

  /** The log ends with this record now, and has lost those. */
  wentBack(last: Uint8Array, lost: readonly Uint8Array[]): void {
    const record = decode(last);
    this.#lost = [...lost];
    this.isBack = true;
    this.#wentBack = true;
    this.#parts = [];
    this.#term = record.kind === "foreign" ? 0 : record.term;
  }

  #appended(bytes: Uint8Array, seq: number): void {
    const record = decode(bytes);
    if (record.kind === "foreign") return this.#world.demand(false, () => `record ${seq} is none of ours`);
    const { term } = record;
    // Who had no answer sends the very same again: what was lost may come back so, a base as well.
    if (this.isBack && this.#lost[0] !== undefined && Buffer.compare(this.#lost[0], bytes) === 0) {
      this.#lost.shift();
      this.isBack = this.#lost.length > 0;
      this.#term = term;
      return;
    }
    // A base of a leader of before, which had been on its way: those who know of a newer term do not go by it.
    const isLate = this.#wentBack && term < this.#newestTerm;
    this.#newestTerm = Math.max(this.#newestTerm, term);
    if (record.kind === "base" && !isLate) {
      this.#world.demand(
        record.of.chain === this.chain,
        () => `V35: record ${seq} makes a state count that lacks turns`,
      );
      this.isBack = false;
    }
    if (this.isBack) this.#lost = [];
    // What was on its way when the log went back: it may come in, and counts for nothing.
    if (this.isBack || (this.#wentBack && term < this.#term)) return;
    this.#world.demand(term >= this.#term, () => `V33: record ${seq} is of term ${term}, after one of ${this.#term}`);
    this.#term = term;
    if (record.kind === "filler") return;
    const isPart = record.kind === "part" && record.part < record.parts - 1;
    if (!isPart) this.chain = chainOf(bytes);
    if (record.kind === "part") {
      if (record.part === 0) this.#parts = [];
      this.#parts.push(record.bytes);
      if (record.part < record.parts - 1) return;
      const whole = decode(Buffer.concat(this.#parts));
      this.#parts = [];
      return this.#turn(whole as TurnRecord);
    }
    this.#parts = [];
    if (record.kind === "turn") this.#turn(record);
  }

  #turn({ version, at, events }: TurnRecord): void {
    this.newest = this.chain;
    this.#witness.appended({ version, at, events });
  }

  async end(nodes: readonly ClusterNode[], log: SimLog): Promise<void> {
    this.#world.demand(!this.isBack, () => "V35: the log lacks what was acknowledged, and nobody has put it right");
    const [first, ...rest] = await Promise.all(
      nodes.map(async ({ name, store }) => ({ name, db: await copyOf(store) })),
    );
    for (const node of nodes) {
      const { seq } = node.store.tables.applied();
      this.#world.demand(seq === log.last, () => `V34: ${node.name} stands at ${seq}, the log at ${log.last}`);
      const now = Math.max(this.#witness.latest, ...nodes.map(({ process }) => process.now()));
      const state = node.engine!.state;
      this.#witness.compare(state, now);
      const loaded = loadState(node.store.tables.load(), now, this.#world.options.leaseMs);
      const names = { [`the memory of ${node.name}`]: state, "its tables": loaded };
      demandEqual(this.#world, names, { exact: false, now });
      this.#witness.end(node.store.library);
    }
    for (const { name, db } of rest) {
      const found = differing(first!.db, db);
      this.#world.demand(found === undefined, () => `V34: ${first!.name} and ${name} differ in ${found}`);
    }
  }
}

/** The tables as another server would take them over. */
async function copyOf({ tables }: ReplicaStore): Promise<DatabaseSync> {
  const copy = await tables.copy();
  const all: Uint8Array[] = [];
  for await (const chunk of copy.chunks()) all.push(chunk);
  const db = new DatabaseSync(":memory:");
  db.deserialize(zstdDecompressSync(Buffer.concat(all)));
  return db;
}

/** Says of a server what is its own. */
const OWN_TABLES = ["probe", "audit"];

/** The table, and the first row, in which two databases differ. */
function differing(a: DatabaseSync, b: DatabaseSync): string | undefined {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
  for (const { name } of a.prepare(sql).all() as { name: string }[]) {
    if (OWN_TABLES.includes(name)) continue;
    const rows = (db: DatabaseSync): string[] =>
      db
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .map((row) => JSON.stringify(row))
        .sort();
    const [inA, inB] = [rows(a), rows(b)];
    const at = inA.findIndex((row, index) => row !== inB[index]);
    if (at >= 0 || inA.length !== inB.length)
      return `${name}: ${inA.at(at) ?? "nothing"} and ${inB.at(at) ?? "nothing"}`;
  }
  return undefined;
}
