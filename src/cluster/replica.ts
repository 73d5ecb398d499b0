/**
 * Applies the log of a shard to this server's tables and memory, in order, from where the tables stand.
 *
 * RP1  Tables first, in one transaction with their position; then memory, which tells feeds and waits. After a crash between
 *      the two, memory is read from the tables.
 * RP2  A turn is applied only when the files that it names are here: what is applied is whole.
 * RP3  What was applied and is not what the log says now is never followed quietly: `Standing` names it, and whoever runs
 *      the replica mends it (repair.ts) before anything else is applied.
 * RP4  One of `catchUp` and `follow` runs at a time, and none while this server leads.
 */
import { assert } from "../base/assert.ts";
import type { Batch } from "../core/event.ts";
import type { Clock, Log } from "../engine/ports.ts";
import { Assembler, type Step } from "./assembler.ts";
import { LogBehindError, LogGapError, type LogRecord, type ReplicatedLog } from "./ports.ts";
import { type BaseRecord, chainOf, decode } from "./record.ts";
import type { Applied, AppliedTurn, ReplicaTables } from "./replica-tables.ts";

/** What the replica needs of the engine. */
export interface Following {
  /** These are in the tables now. */
  follow(batches: readonly Batch[]): void;
}

export interface ReplicaOptions {
  tables: ReplicaTables;
  engine: Following;
  clock: Clock;
  words: Log;
  /** Resolves when the files that these turns name are here; undefined when they are. */
  fetch?(batches: readonly Batch[]): Promise<void> | undefined;
}

/** How the tables stand to the log. `gap`: what comes next was trimmed. `ahead`: the log's end went back. */
export type Standing = "fits" | "gap" | "ahead" | "diverged";

/** Why applying stopped. */
export type Stopped = { why: "end" | "gap" | "ahead" | "diverged" } | { why: "base"; record: BaseRecord; at: Applied };

/** Events in one transaction, about: enough to make its cost small, few enough to hold nobody up. */
const EVENTS_MAX = 2000;

export class Replica {
  /** Bytes of all records that were read. */
  bytes = 0;
  readonly #options: ReplicaOptions;
  #assembler: Assembler;
  #position: Applied;
  #isBusy = false;
  #waits: { seq: number; epoch: number; resolve: (isThere: boolean) => void }[] = [];

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#position = options.tables.applied();
    this.#assembler = new Assembler(this.#position);
  }

  /** What the tables hold. */
  get position(): Applied {
    return this.#position;
  }

  /** The end of the log, as far as it was read. */
  get end(): { seq: number; chain: string } {
    return this.#assembler.end;
  }

  /** The tables were changed by somebody else: the leader's journal, or a snapshot. */
  moved(): void {
    this.#position = this.#options.tables.applied();
    this.#assembler = new Assembler(this.#position);
    this.#wake();
  }

  /** The same, where the leader's journal says how far. */
  movedTo(position: Applied): void {
    this.#position = position;
    this.#wake();
  }

  /** Compares what was applied with what the log says. */
  async standing(log: ReplicatedLog): Promise<Standing> {
    const { seq, chain } = this.#position;
    const { first, last } = await log.range();
    if (seq > last) return "ahead";
    if (seq + 1 < first) return "gap";
    if (seq === 0) return "fits";
    if (seq + 1 === first) return (await this.#isNext(log, first)) ? "fits" : "diverged";
    const record = await log.get(seq);
    // Trimmed just now: the next record will tell. Else it is not to be seen now, and who takes that for his own forks the log.
    if (record === undefined) return (await log.range()).first > seq ? "fits" : "ahead";
    if (chainOf(record.bytes) === chain) return "fits";
    return (await this.#isStray(log)) ? "ahead" : "diverged";
  }

  /**
   * The log's newest record is of a term that was over when ours was written: it has lost ours, and what a leader of the past had
   * on its way has taken the number. Nobody who knew of our term has written since.
   */
  async #isStray(log: ReplicatedLog): Promise<boolean> {
    const { last } = await log.range();
    const newest = await log.get(last);
    // Not to be seen now: it is looked at again.
    if (newest === undefined) return true;
    const record = decode(newest.bytes);
    return record.kind !== "foreign" && record.term < this.#position.term;
  }

  /** The record that ours would be followed by, where ours was trimmed. What may be a stray (AS1) says nothing. */
  async #isNext(log: ReplicatedLog, first: number): Promise<boolean> {
    const found = await log.get(first);
    const next = found && decode(found.bytes);
    if (next === undefined || next.kind === "foreign" || next.term < this.#position.term) return true;
    return next.chain === this.#position.chain;
  }

  /** Applies what the log holds now. */
  catchUp(log: ReplicatedLog): Promise<Stopped> {
    return this.#apply(log, (from) => log.read(from));
  }

  /** Applies what comes, until the signal. */
  follow(log: ReplicatedLog, signal: AbortSignal): Promise<Stopped> {
    return this.#apply(log, (from) => log.follow(from, signal));
  }

  /** True when that number is applied within so many milliseconds, or its epoch is over. */
  waitFor(at: { seq: number; epoch?: number | undefined }, ms: number): Promise<boolean> {
    const { seq, epoch = this.#position.epoch } = at;
    if (this.#isAt({ seq, epoch })) return Promise.resolve(true);
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const wait = { seq, epoch, resolve };
      const cancel = clock.wakeAt(clock.now() + ms, () => {
        this.#waits.splice(this.#waits.indexOf(wait), 1);
        resolve(false);
      });
      wait.resolve = (isThere) => {
        cancel();
        resolve(isThere);
      };
      this.#waits.push(wait);
    });
  }

  #isAt({ seq, epoch }: { seq: number; epoch: number }): boolean {
    const own = this.#position;
    return own.epoch > epoch || (own.epoch === epoch && own.seq >= seq);
  }

  async #apply(log: ReplicatedLog, source: (from: number) => AsyncIterable<readonly LogRecord[]>): Promise<Stopped> {
    assert(!this.#isBusy, "one reader at a time");
    this.#isBusy = true;
    // What was read and did not count may be parts of a turn: they are read again.
    this.#assembler = new Assembler(this.#position);
    try {
      for await (const records of source(this.#assembler.next)) {
        const stopped = await this.#take(records, log);
        if (stopped !== undefined) return stopped;
      }
      return { why: "end" };
    } catch (error) {
      if (error instanceof LogGapError) return { why: "gap" };
      if (error instanceof LogBehindError) return { why: "ahead" };
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  async #take(records: readonly LogRecord[], log: ReplicatedLog): Promise<Stopped | undefined> {
    const load = new Load();
    for (const record of records) {
      this.bytes += record.bytes.length;
      const step = this.#assembler.read(record);
      if (step === undefined) continue;
      if (step.type === "diverged" && step.mayBeStray && (await this.#holdsWhatWasRead(log))) {
        this.#assembler.passOver(record);
        this.#options.words.warn(
          { record: record.seq },
          "a record that no leader of this time wrote counts for nothing",
        );
        continue;
      }
      if (step.type === "diverged" || step.type === "base") {
        await this.#commit(load);
        return step.type === "base" ? { why: "base", record: step.record, at: step.at } : { why: "diverged" };
      }
      this.#add(load, step);
      if (load.events >= EVENTS_MAX) await this.#commit(load);
    }
    await this.#commit(load);
    return undefined;
  }

  /** The log still holds what was read last, or has let go of it. */
  async #holdsWhatWasRead(log: ReplicatedLog): Promise<boolean> {
    const { seq, chain } = this.#assembler.end;
    const record = await log.get(seq);
    return record === undefined ? seq < (await log.range()).first : chainOf(record.bytes) === chain;
  }

  #add(load: Load, step: Exclude<Step, { type: "base" | "diverged" }>): void {
    const { words } = this.#options;
    if (step.type === "odd") {
      words.warn({ record: step.seq, why: step.why }, "a record of the log counts for nothing");
      return;
    }
    load.at = step.at;
    if (step.type === "turn") load.add({ batch: step.record, summary: step.record.summary });
    else words.info({ term: step.at.term, server: step.server }, "a term began");
  }

  /** One transaction; then whoever waits gets a turn, so that a long way to go holds nothing up. */
  async #commit(load: Load): Promise<void> {
    const { turns, at } = load;
    if (at === undefined) return;
    load.begin();
    const { tables, engine, clock, fetch } = this.#options;
    const batches = turns.map(({ batch }) => batch);
    const fetching = turns.length === 0 ? undefined : fetch?.(batches);
    if (fetching !== undefined) await fetching;
    tables.apply(turns, at);
    this.#position = at;
    if (turns.length > 0) engine.follow(batches);
    this.#wake();
    await new Promise<void>((resolve) => clock.soon(resolve));
  }

  #wake(): void {
    if (this.#waits.length === 0) return;
    const due = this.#waits.filter((wait) => this.#isAt(wait));
    this.#waits = this.#waits.filter((wait) => !this.#isAt(wait));
    for (const { resolve } of due) resolve(true);
  }
}

/** What goes into the next transaction. */
class Load {
  turns: AppliedTurn[] = [];
  events = 0;
  at: Applied | undefined;

  add(turn: AppliedTurn): void {
    this.turns.push(turn);
    this.events += turn.batch.events.length;
  }

  begin(): void {
    this.turns = [];
    this.events = 0;
    this.at = undefined;
  }
}
