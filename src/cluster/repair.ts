/**
 * Brings a replica that cannot simply follow back to where it can, and a log whose end went back to where it was.
 *
 * RE1  Tables that the log has no place for are never dropped without a copy beside them (`keepAside`), and never without a
 *      word: their newest turns may be acknowledged ones that the log has lost.
 * RE2  A log whose end went back is repaired by the replica that has applied the most of those that are known, before
 *      anything else is written: its tables become a snapshot, and a `base` record that points to it goes to the log. While
 *      the most advanced one is away, nobody writes; a person may say that it is not coming back.
 *      A base goes to the very end that was found to lack something: where another server was faster, what that one has
 *      written stays.
 * RE3  Positions of one epoch can be compared by their numbers; each base begins a new one. So what an old server says of
 *      itself does not look like a loss once its epoch was settled.
 * RE4  The snapshot of a base is read back before the base is written. Where it is damaged later, a newer snapshot does as
 *      well, and where there is none the leader is asked for one.
 */
import { OctopusError } from "../base/errors.ts";
import type { Clock, Log } from "../engine/ports.ts";
import { appendFenced, type Outcome } from "./append.ts";
import { LogGapError, type ReplicatedLog } from "./ports.ts";
import { type BaseRecord, chainOf, decode, encode } from "./record.ts";
import type { Replica, Standing } from "./replica.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";
import {
  findSnapshot,
  listSnapshots,
  makeSnapshot,
  type Manifest,
  proveSnapshot,
  type SnapshotOptions,
  takeSnapshot,
} from "./snapshot.ts";

export interface RepairOptions extends SnapshotOptions {
  log: ReplicatedLog;
  tables: ReplicaTables;
  replica: Replica;
  clock: Clock;
  words: Log;
  nonce(): string;
  /** The tables were replaced: memory has to be read anew. */
  reload(): void;
  /** Something that a person has to hear of. */
  loud(what: Trouble): void;
  /** No snapshot can be used: whoever leads should make one. */
  wantSnapshot?(): void;
  /** Files that the tables name are here when it resolves. */
  fetchAll?(): Promise<void>;
  /** For so long a log may look shorter than it is: a leader of the backend that has just begun. */
  confirmMs: number;
  unknownMs: number;
}

/** What happened to a replica or its log that nobody should overlook. */
export interface Trouble {
  type: "diverged" | "went-back" | "repaired" | "bootstrap" | "bad-snapshot" | "waits";
  words: string;
  detail: Record<string, unknown>;
}

const TRIES_MAX = 5;
const LOOK_MS = 300;

export class Repair {
  readonly #options: RepairOptions;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  /** Does what can be done without writing to the log. `ahead`: the log has less than these tables. */
  async mend(): Promise<"fits" | "ahead"> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const standing = await this.#confirmed();
      if (standing === "fits") return "fits";
      if (standing === "gap") await this.#bootstrap();
      else if (!(await this.#takeNewerEpoch())) {
        if (standing === "ahead") return "ahead";
        await this.#startOver();
      }
    }
    throw new Error("the log and its snapshots do not stay as they are long enough to take them over");
  }

  /** Goes on from a base that was read in the log. */
  async adopt(base: BaseRecord, at: Applied): Promise<void> {
    const { tables, replica, loud, fetchAll } = this.#options;
    const own = replica.position;
    if (base.of.chain !== own.chain || base.of.chain === "") {
      const manifest = await findSnapshot(this.#options.objects, base.snapshot);
      // A newer one holds what this one held.
      if (manifest === undefined || !(await this.#takes(manifest))) return this.#bootstrap(at);
      replica.moved();
      await fetchAll?.();
      tables.apply([], at);
      replica.moved();
      this.#options.reload();
    } else {
      tables.apply([], at);
      replica.moved();
    }
    const detail = { record: at.seq, snapshot: base.snapshot, reason: base.reason, server: base.server };
    loud({ type: "bootstrap", words: "goes on from a state that was put into the log", detail });
  }

  /** Writes a base with these tables to the end of the log. */
  async putBase(term: number, end: { seq: number; chain: string }, reason: string): Promise<Outcome> {
    const { log, clock, words, server, tables, replica, unknownMs, nonce } = this.#options;
    const manifest = await makeSnapshot(this.#options);
    await proveSnapshot(this.#options.objects, manifest);
    const { seq, chain } = manifest;
    const head = { kind: "base", term, nonce: nonce(), chain: end.chain } as const;
    const bytes = encode({ ...head, at: clock.now(), server, snapshot: manifest.name, of: { seq, chain }, reason });
    const outcome = await appendFenced({ log, clock, words, giveUpMs: unknownMs }, bytes, end.seq);
    if (outcome !== "appended") return outcome;
    tables.apply([], { seq: end.seq + 1, chain: chainOf(bytes), term, epoch: term });
    replica.moved();
    return outcome;
  }

  /** The end of the log as it is, whatever was applied here. */
  async end(): Promise<{ seq: number; chain: string }> {
    const { log } = this.#options;
    const { last } = await log.range();
    if (last === 0) return { seq: 0, chain: "" };
    const record = await log.get(last);
    if (record === undefined) throw new Error(`record ${last}, the newest of the log, cannot be read`);
    return { seq: last, chain: chainOf(record.bytes) };
  }

  /**
   * Where a base has to come so that the log holds what these tables hold: its end, as long as it lacks that and nobody has
   * settled what becomes of it. Undefined: somebody has. What is written after the look makes the base be refused.
   */
  async endToMend(): Promise<{ seq: number; chain: string } | undefined> {
    const end = await this.end();
    const isAhead = (await this.#options.replica.standing(this.#options.log)) === "ahead";
    return isAhead && (await this.#newerEpoch()) === undefined ? end : undefined;
  }

  /** Uses up the numbers to this one, so that nobody who has applied them takes what comes for his own (BT3). */
  async passBy(seq: number): Promise<Outcome> {
    const { log, clock, words, unknownMs, nonce, replica } = this.#options;
    const { seq: end, term, ...position } = replica.position;
    let { chain } = position;
    for (let after = end; after < seq; after++) {
      const bytes = encode({ kind: "filler", term, nonce: nonce(), chain });
      const outcome = await appendFenced({ log, clock, words, giveUpMs: unknownMs }, bytes, after);
      if (outcome !== "appended") return outcome;
      chain = chainOf(bytes);
    }
    return "appended";
  }

  /** A log that looks shorter than these tables is looked at for a while before it is believed. */
  async #confirmed(): Promise<Standing> {
    const { log, replica, clock, confirmMs } = this.#options;
    const until = clock.elapsed() + confirmMs;
    for (;;) {
      const standing = await replica.standing(log);
      if (standing !== "ahead" || clock.elapsed() >= until) return standing;
      await new Promise<void>((resolve) => void clock.wakeAt(clock.now() + LOOK_MS, resolve));
    }
  }

  /** A base or a snapshot of a newer epoch settles what became of ours. */
  async #newerEpoch(): Promise<{ record: BaseRecord; at: Applied } | "snapshot" | undefined> {
    const { log, replica, objects, shard } = this.#options;
    const found = await this.#newestBase();
    if (found !== undefined) return found;
    const { first, last } = await log.range();
    const [newest] = await listSnapshots(objects, shard);
    const isNewer = newest !== undefined && newest.epoch > replica.position.epoch;
    return isNewer && newest.seq + 1 >= first && newest.seq <= last ? "snapshot" : undefined;
  }

  async #takeNewerEpoch(): Promise<boolean> {
    const { replica, loud } = this.#options;
    const { position } = replica;
    const found = await this.#newerEpoch();
    if (found === undefined) return false;
    if (found !== "snapshot") {
      if (found.record.of.chain !== position.chain) {
        const aside = await this.#options.tables.keepAside("other-epoch");
        const words = "this server had applied what the log has lost; it goes on from the state that was agreed on";
        loud({ type: "diverged", words, detail: { ...position, base: found.at.seq, aside } });
      }
      await this.adopt(found.record, found.at);
      return true;
    }
    const aside = await this.#options.tables.keepAside("other-epoch");
    loud({ type: "diverged", words: "this server had applied what the log has lost", detail: { ...position, aside } });
    await this.#bootstrap();
    return true;
  }

  async #newestBase(): Promise<{ record: BaseRecord; at: Applied } | undefined> {
    const { log, replica } = this.#options;
    let found: { record: BaseRecord; at: Applied } | undefined;
    try {
      for await (const records of log.read((await log.range()).first)) {
        for (const { seq, bytes } of records) {
          const record = decode(bytes);
          if (record.kind !== "base" || record.term <= replica.position.epoch) continue;
          const { term } = record;
          found = { record, at: { seq, chain: chainOf(bytes), term, epoch: term } };
        }
      }
    } catch (error) {
      if (!(error instanceof LogGapError)) throw error;
    }
    return found;
  }

  /** The log goes on with other records than these tables were made from. */
  async #startOver(): Promise<void> {
    const { tables, replica, log, loud, reload } = this.#options;
    const { position } = replica;
    const aside = await tables.keepAside("diverged");
    const words = "this server has applied records that the log does not hold; it begins anew from what the log says";
    loud({ type: "diverged", words, detail: { ...position, aside } });
    if ((await log.range()).first > 1) return this.#bootstrap();
    tables.clear();
    replica.moved();
    reload();
  }

  /** False: it is not whole, and nothing has changed. */
  async #takes(manifest: Manifest): Promise<boolean> {
    try {
      await takeSnapshot(this.#options, manifest);
      return true;
    } catch (error) {
      // None would fit, and no other server need make a newer one.
      if (error instanceof OctopusError && error.code === "storage_full") throw error;
      const words = "a snapshot cannot be used; another one is tried";
      const detail = { snapshot: manifest.name, cause: String(error) };
      this.#options.loud({ type: "bad-snapshot", words, detail });
      return false;
    }
  }

  /** From the newest snapshot that is whole and that the log goes on from; none that is older than `from`. */
  async #bootstrap(from?: Applied): Promise<void> {
    const { objects, shard, replica, reload, loud, fetchAll, wantSnapshot } = this.#options;
    for (const manifest of await listSnapshots(objects, shard)) {
      if (from !== undefined && (manifest.epoch < from.epoch || manifest.seq < from.seq)) continue;
      if (!(await this.#fits(manifest)) || !(await this.#takes(manifest))) continue;
      replica.moved();
      await fetchAll?.();
      reload();
      const { name: snapshot, seq } = manifest;
      loud({ type: "bootstrap", words: "began from a snapshot", detail: { snapshot, seq } });
      return;
    }
    wantSnapshot?.();
    throw new Error(
      from === undefined
        ? "what comes next in the log was trimmed, and no snapshot that could be used leads up to it"
        : `the snapshot that record ${from.seq} goes on from cannot be used, and there is no newer one yet`,
    );
  }

  async #fits({ seq, chain }: Manifest): Promise<boolean> {
    const { log } = this.#options;
    const { first, last } = await log.range();
    if (seq + 1 < first || seq > last) return false;
    if (seq < first) return true;
    const record = await log.get(seq);
    return record !== undefined && chainOf(record.bytes) === chain;
  }
}
