/**
 * The log of a shard on a JetStream stream: the numbers of the stream are those of the records.
 *
 * NL-1  A record is published with the number that must be the newest (`Nats-Expected-Last-Sequence`), one at a time. JetStream
 *       compares when it applies the message, in the order that its consensus gave: of two writers with the same number one is
 *       refused. Two in flight from one writer would break this: a stranger's record between them makes the number of the
 *       second one true again.
 * NL-2  When nobody was there to take a record, it is published again: nothing has happened. A refusal after such a try is
 *       looked at, because it may be the record itself that is there.
 * NL-3  A stream with one copy counts wrong after its account was full (seen with 2.10.27, until that server is started again):
 *       it compares with a number ahead of the one that it holds. So the newest number of the subject is compared as well, which
 *       it takes from what it holds; where both cannot be true and the stream says that the number given is its newest, that
 *       one alone. It is exact with one copy only: with more, a leader that has just begun may not hold all of it, and compares
 *       by subject before the consensus and not again after it.
 * NL-4  Ends and single records are asked of the leader of the stream, never of a replica that may lag.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import { assert } from "../../base/assert.ts";
import { LogBehindError, LogGapError, type LogRange, type LogRecord, type ReplicatedLog } from "../ports.ts";
import type { NatsLink } from "./link.ts";
import { type Pulled, pull } from "./pull.ts";
import { type StreamInfo, streamInfo } from "./streams.ts";
import { JS, isNobody, natsError, refusalOf } from "./words.ts";

const EXPECTED_LAST = "Nats-Expected-Last-Sequence";
const EXPECTED_OF_SUBJECT = "Nats-Expected-Last-Subject-Sequence";
/** Headers of a record, and of what NATS adds. */
const HEADER_BYTES_MAX = 1024;
/** A record is sent whole, and kept whole by every reader: larger turns go in parts. */
const RECORD_BYTES_MAX = 8 * 1024 * 1024;
/** How long a log without a leader is waited for before the caller hears of it. */
const NOBODY_MS_MAX = 4000;
const NOBODY_AGAIN_MS = 100;
/** So few are asked for one by one: a consumer costs more. */
const SINGLE_MAX = 16;
/** A new leader of the stream may take so long to know all of it. */
const BEHIND_MS = 3000;
const BEHIND_AGAIN_MS = 200;

export class NatsLog implements ReplicatedLog {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #subject: string;
  readonly #bytesMax: number;
  readonly #hasOneCopy: boolean;
  #isAppending = false;

  constructor(link: NatsLink, { config }: StreamInfo) {
    this.#link = link;
    this.#stream = config.name;
    this.#subject = config.subjects[0]!;
    this.#hasOneCopy = config.num_replicas === 1;
    this.#bytesMax = config.max_msg_size > 0 ? config.max_msg_size : Infinity;
  }

  get recordBytesMax(): number {
    return Math.min(this.#link.payloadMax, this.#bytesMax, RECORD_BYTES_MAX) - HEADER_BYTES_MAX;
  }

  async range(): Promise<LogRange> {
    const info = await streamInfo(this.#link, this.#stream);
    if (info === undefined) throw this.#gone();
    return { first: info.state.first_seq || 1, last: info.state.last_seq };
  }

  async append(record: Uint8Array, after: number): Promise<"appended" | "refused"> {
    assert(!this.#isAppending, "two records of one writer are never on their way at once");
    if (record.length > this.recordBytesMax) {
      const sizes = `${record.length} bytes, and NATS takes ${this.recordBytesMax} (max_payload)`;
      throw new OctopusError("too_large", `a record of the log ${this.#stream} has ${sizes}`);
    }
    this.#isAppending = true;
    try {
      return await this.#append(record, after);
    } catch (error) {
      // Where nobody takes a record there is no leader, or no stream.
      const isGone = isNobody(error) && (await streamInfo(this.#link, this.#stream).catch(() => null)) === undefined;
      throw isGone ? this.#gone() : natsError(error, `append to the log ${this.#stream}`);
    } finally {
      this.#isAppending = false;
    }
  }

  async get(seq: number): Promise<LogRecord | undefined> {
    if (seq < 1) return undefined;
    try {
      type Stored = { message: { seq: number; data?: string } };
      const { message } = await this.#link.ask<Stored>(`STREAM.MSG.GET.${this.#stream}`, { seq });
      return { seq: message.seq, bytes: Buffer.from(message.data ?? "", "base64") };
    } catch (error) {
      if (refusalOf(error)?.code === JS.noMessage) return undefined;
      throw natsError(error, `read record ${seq} of the log ${this.#stream}`);
    }
  }

  async *read(from: number): AsyncIterable<readonly LogRecord[]> {
    const { last } = await this.#checked(from);
    if (last < from) return;
    if (last - from < SINGLE_MAX) return yield* this.#single(from, last);
    const ending = new AbortController();
    try {
      for await (const records of this.follow(from, ending.signal)) {
        const wanted = records.filter(({ seq }) => seq <= last);
        if (wanted.length > 0) yield wanted;
        if (records.at(-1)!.seq >= last) return;
      }
    } finally {
      ending.abort();
    }
  }

  async *follow(from: number, signal: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    let next = from;
    const check = async (): Promise<void> => void (await this.#checked(next, signal));
    for await (const some of pull(this.#link, { stream: this.#stream, from, signal, check })) {
      if (some[0]!.seq !== next) throw new LogGapError(some[0]!.seq);
      const records = some.map(toRecord);
      assert(records.at(-1)!.seq === next + records.length - 1, `the log ${this.#stream} has a gap`);
      next += records.length;
      yield records;
    }
  }

  async trim(first: number): Promise<void> {
    // A question waits for the connection, and by then what was looked at may be gone; one on its way ends with it.
    if (!this.#link.isConnected)
      throw natsError(new Error("the connection to NATS is lost"), `trim the log ${this.#stream}`);
    const { last } = await this.range();
    // Purges what is below; the newest one stays, and the numbers go on in any case.
    const seq = Math.min(first, last);
    if (seq <= 1) return;
    await this.#link
      .ask(`STREAM.PURGE.${this.#stream}`, { seq }, 30_000)
      .catch((error: unknown) => Promise.reject(natsError(error, `trim the log ${this.#stream}`)));
  }

  async #append(record: Uint8Array, after: number): Promise<"appended" | "refused"> {
    const deadline = performance.now() + NOBODY_MS_MAX;
    for (let isAgain = false; ; isAgain = true) {
      try {
        if (await this.#publish(record, after)) return "appended";
        return isAgain && (await this.#isThere(record, after + 1)) ? "appended" : "refused";
      } catch (error) {
        if (!isNobody(error) || performance.now() > deadline) throw error;
        await delay(NOBODY_AGAIN_MS);
      }
    }
  }

  /** False: `after` is not the newest. */
  async #publish(record: Uint8Array, after: number): Promise<boolean> {
    const both = this.#hasOneCopy ? [EXPECTED_LAST, EXPECTED_OF_SUBJECT] : [EXPECTED_LAST];
    if (await this.#store(record, after, both)) return true;
    if (!this.#hasOneCopy) return false;
    const info = await streamInfo(this.#link, this.#stream);
    if (info?.state.last_seq !== after || info.config.num_replicas !== 1) return false;
    return this.#store(record, after, [info.state.messages > 0 ? EXPECTED_OF_SUBJECT : EXPECTED_LAST]);
  }

  async #store(record: Uint8Array, after: number, conditions: readonly string[]): Promise<boolean> {
    try {
      const expected = Object.fromEntries(conditions.map((condition) => [condition, String(after)]));
      const seq = await this.#link.store(this.#subject, record, { "Nats-Expected-Stream": this.#stream, ...expected });
      // A server that does not compare would let every writer through.
      assert(seq === after + 1, `record ${after + 1} of the log ${this.#stream} became number ${seq}`);
      return true;
    } catch (error) {
      const code = refusalOf(error)?.code;
      if (code === JS.wrongLast || code === JS.wrongLastUnknown) return false;
      throw error;
    }
  }

  async #isThere(record: Uint8Array, seq: number): Promise<boolean> {
    const there = await this.get(seq);
    return there !== undefined && Buffer.compare(there.bytes, record) === 0;
  }

  async *#single(from: number, last: number): AsyncIterable<readonly LogRecord[]> {
    const seqs = Array.from({ length: last - from + 1 }, (_, index) => from + index);
    const records = await Promise.all(seqs.map((seq) => this.get(seq)));
    // Trimmed in between: those that are there begin later.
    if (records.includes(undefined)) throw new LogGapError((await this.range()).first);
    yield records as LogRecord[];
  }

  /** The range, when `from` is in it or next to it. */
  async #checked(from: number, signal?: AbortSignal): Promise<LogRange> {
    const deadline = performance.now() + BEHIND_MS;
    for (;;) {
      const range = await this.range();
      if (from < range.first) throw new LogGapError(range.first);
      if (range.last >= from - 1 || signal?.aborted === true) return range;
      if (performance.now() > deadline) throw new LogBehindError(range.last);
      await delay(BEHIND_AGAIN_MS);
    }
  }

  #gone(): OctopusError {
    return new OctopusError(
      "storage_failed",
      `the stream ${this.#stream} is not there any more: somebody has deleted it. A server that starts makes it anew, ` +
        `and the cluster restores it from what its servers hold`,
      { retryable: true },
    );
  }
}

function toRecord({ seq, data }: Pulled): LogRecord {
  return { seq, bytes: data };
}
