/**
 * The engine's journal in a cluster: a turn is a record of the shard's log, and then rows of this server's tables.
 *
 * CJ1  One append at a time, each fenced by the number and the hash of the record before it. So a deposed leader's next
 *      append is refused, and with that it is over: the journal takes nothing more until it is made to lead again.
 * CJ2  An append resolves when its record is in the log and in the tables. When it rejects with `not_leader`, nothing of
 *      the turn happened or ever will. Where that is not known (AP1) it rejects with another code, and the journal stops:
 *      memory that rests on the turn must not go on. Taking the lead anew settles it: the log is read to its end, and the
 *      record that begins the term refuses whatever was still on its way.
 * CJ3  A turn is written to the tables first, and committed there once its record is in the log: what tables do not take
 *      never gets into the log, where every replica would stumble over it. A turn whose record is in the log counts, even
 *      when it cannot be committed here: this server then follows again, and whoever leads has it.
 * CJ4  Files that a turn names are where all servers can read them before its record is appended.
 * CJ5  What is appended while there is a newer leader is not acknowledged: it counts where the log holds it; but a log that
 *      takes it may have lost the beginning of that leader's term, and will be repaired from what others have. Whoever could not
 *      hear of one finds out first (SE1), and where that cannot be found out the outcome is not known either.
 */
import { assert } from "../base/assert.ts";
import { OctopusError } from "../base/errors.ts";
import type { Batch } from "../core/event.ts";
import type { StoredState } from "../core/load.ts";
import type { Clock, Journal, Log, Summary } from "../engine/ports.ts";
import { appendFenced, type Outcome } from "./append.ts";
import { ArmChanges } from "./arm-changes.ts";
import type { ReplicatedLog } from "./ports.ts";
import { chainOf, encode, partsOf, type RecordSummary, type TurnRecord } from "./record.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";

export interface ClusterJournalOptions {
  tables: ReplicaTables;
  clock: Clock;
  log: Log;
  /** Texts that are never drawn twice, by any server. */
  nonce(): string;
  /** Puts the files that a turn names where all servers can read them; undefined when it names none. */
  share?(batch: Batch): Promise<void> | undefined;
}

/** The log that a leader writes, from its position on. */
interface Lead {
  readonly log: ReplicatedLog;
  readonly term: number;
  readonly unknownMs: number;
  /** Another server has taken the seat; rejects where nobody knows. */
  isPast?(): boolean | Promise<boolean>;
  /** A turn is in the log and in the tables. */
  applied(position: Applied): void;
  /** Called once, when it is over without anybody here having asked for it. */
  deposed(error: OctopusError): void;
}

/** What an operator sees of the appends of this server. */
export interface AppendCounts {
  appended: number;
  refused: number;
  unknown: number;
  /** Seconds that all appends took together. */
  seconds: number;
  bytes: number;
}

export class ClusterJournal implements Journal {
  readonly counts: AppendCounts = { appended: 0, refused: 0, unknown: 0, seconds: 0, bytes: 0 };
  readonly #options: ClusterJournalOptions;
  readonly #arms = new ArmChanges();
  #lead: Lead | undefined;
  #position: Applied;
  #appending = false;
  #looksFirst = false;
  #settling: (() => void)[] = [];

  constructor(options: ClusterJournalOptions) {
    this.#options = options;
    // What a process that ended had begun.
    options.tables.rollback();
    this.#position = options.tables.applied();
  }

  load(): StoredState {
    return this.#options.tables.load();
  }

  probe(): boolean {
    return this.#lead !== undefined && this.#options.tables.probe();
  }

  get isLeading(): boolean {
    return this.#lead !== undefined;
  }

  /** Position of the newest turn that was appended and applied; of interest while leading. */
  get position(): Applied {
    return this.#position;
  }

  /** Appends are taken from now on, after this position, which is that of the tables and the end of the log. */
  lead(lead: Lead, position: Applied): void {
    assert(this.#lead === undefined && !this.#appending, "one leads once");
    this.#lead = lead;
    this.#position = position;
    this.#arms.forget();
  }

  /** Nothing more is appended. One that is under way goes on to its end. */
  rest(): void {
    this.#lead = undefined;
  }

  /** The log was out of reach: before the next append it is looked at (AP3). */
  lookFirst(): void {
    this.#looksFirst = true;
  }

  append(batch: Batch, summary: Summary): Promise<void> {
    const lead = this.#lead;
    if (lead === undefined) throw notLeader();
    assert(!this.#appending, "one append at a time");
    // Made at once: the summary is of this very moment.
    const { term } = lead;
    const head = { kind: "turn", term, nonce: this.#options.nonce(), chain: this.#position.chain } as const;
    const record: TurnRecord = { ...head, ...batch, summary: this.#summaryOf(summary) };
    const whole = encode(record);
    this.#appending = true;
    return this.#write(lead, record, whole).finally(() => {
      this.#appending = false;
      for (const resolve of this.#settling.splice(0)) resolve();
    });
  }

  /** Resolves when the tables hold nothing that is not in the log. */
  settled(): Promise<void> {
    return this.#appending ? new Promise((resolve) => this.#settling.push(resolve)) : Promise.resolve();
  }

  async #write(lead: Lead, record: TurnRecord, whole: Uint8Array): Promise<void> {
    const { clock, share, tables } = this.#options;
    const startedAt = clock.elapsed();
    const sharing = share?.(record);
    if (sharing !== undefined) await sharing;
    if (this.#lead !== lead) throw notLeader();
    const records = partsOf(whole, record, lead.log.recordBytesMax);
    const { seq: after, epoch } = this.#position;
    const { term } = lead;
    const position = { seq: after + records.length, term, epoch, chain: chainOf(records.at(-1)!) };
    tables.begin([{ batch: record, summary: record.summary }], position);
    const outcome = await this.#appendAll(lead.log, records, after, lead.unknownMs);
    this.counts[outcome]++;
    this.counts.seconds += (clock.elapsed() - startedAt) / 1000;
    this.counts.bytes += whole.length;
    if (outcome !== "appended") {
      tables.rollback();
      throw this.#over(lead, outcome === "refused" ? notLeader() : notKnown());
    }
    try {
      tables.commit();
    } catch (error) {
      throw this.#over(lead, notKnown(error));
    }
    this.#position = position;
    this.#arms.kept();
    lead.applied(position);
    if (await this.#isPast(lead)) throw notKnown();
  }

  /** CJ5. */
  async #isPast(lead: Lead): Promise<boolean> {
    try {
      const isPast = lead.isPast?.() ?? false;
      return typeof isPast === "boolean" ? isPast : await isPast;
    } catch (error) {
      throw this.#over(lead, notKnown(error));
    }
  }

  async #appendAll(
    log: ReplicatedLog,
    records: readonly Uint8Array[],
    after: number,
    giveUpMs: number,
  ): Promise<Outcome> {
    const { clock, log: words } = this.#options;
    for (const [index, bytes] of records.entries()) {
      const looksFirst = this.#looksFirst;
      this.#looksFirst = false;
      const outcome = await appendFenced({ log, clock, words, giveUpMs, looksFirst }, bytes, after + index);
      if (outcome !== "appended") return outcome;
    }
    return "appended";
  }

  #over(lead: Lead, error: OctopusError): OctopusError {
    // Somebody here may have ended it already.
    if (this.#lead === lead) {
      this.#lead = undefined;
      lead.deposed(error);
    }
    return error;
  }

  #summaryOf({ lastTask, lastRun, counts, runCounts, arms, meters }: Summary): RecordSummary {
    return {
      lastTask,
      lastRun,
      counts: { ...counts },
      runCounts: { ...runCounts },
      ...this.#arms.of(arms),
      meters: [...meters],
    };
  }
}

export function notLeader(): OctopusError {
  return new OctopusError("not_leader", "this server does not lead the shard any more; ask again", { retryable: true });
}

function notKnown(cause?: unknown): OctopusError {
  return new OctopusError(
    "outcome_unknown",
    "the log of the cluster did not answer in time, and whether this was done is not known yet; ask again: with a key it is " +
      "done once at most",
    { retryable: true, cause },
  );
}
