/**
 * The log of a shard as rows.
 *
 * PL1  An append is one statement, which first changes the shard's row in `head` from `after` to the next number. A row has one
 *      writer at a time in PostgreSQL, and who waits for it looks again at what it has become: of two appends with the same
 *      number one finds the row changed, and adds nothing (LG1). What is committed was written to disk before the answer,
 *      as `synchronous_commit` says.
 * PL2  An answer that does not come says nothing (LG2): the connection is ended, and whoever asks again waits for the row until
 *      the statement of before is over.
 */
import { setTimeout as delay } from "node:timers/promises";
import { assert } from "../../base/assert.ts";
import { OctopusError } from "../../base/errors.ts";
import { LogBehindError, LogGapError, type LogRange, type LogRecord, type ReplicatedLog } from "../ports.ts";
import type { Database, Line } from "./database.ts";
import { Lookout } from "./lookout.ts";
import type { Words } from "./words-line.ts";

const RECORD_BYTES_MAX = 1024 * 1024;
/** Records that are read at once. */
const PAGE = 64;
const AGAIN_MS = 500;
/** The end of a log that went back is believed after so long: a standby that became the primary may have been behind. */
const BEHIND_MS = 3000;
const BEHIND_AGAIN_MS = 200;

export class PostgresLog implements ReplicatedLog {
  readonly recordBytesMax = RECORD_BYTES_MAX;
  readonly #database: Database;
  readonly #line: Line;
  readonly #words: Words;
  readonly #schema: string;
  readonly #shard: string;
  #isAppending = false;

  constructor(options: { database: Database; line: Line; words: Words; schema: string; shard: string }) {
    this.#database = options.database;
    this.#line = options.line;
    this.#words = options.words;
    this.#schema = options.schema;
    this.#shard = options.shard;
  }

  async range(): Promise<LogRange> {
    const text = `SELECT last, coalesce((SELECT min(seq) FROM ${this.#schema}.log WHERE shard = $1), last + 1) AS first
       FROM ${this.#schema}.head WHERE shard = $1`;
    const [row] = await this.#database.query<{ first: number; last: number }>(
      { text, values: [this.#shard] },
      `read the log of ${this.#shard}`,
    );
    return row ?? { first: 1, last: 0 };
  }

  async append(record: Uint8Array, after: number): Promise<"appended" | "refused"> {
    assert(!this.#isAppending, "two records of one writer are never on their way at once");
    if (record.length > RECORD_BYTES_MAX) {
      const message = `a record of the log of ${this.#shard} has ${record.length} bytes, at most ${RECORD_BYTES_MAX} are taken`;
      throw new OctopusError("too_large", message);
    }
    this.#isAppending = true;
    try {
      const { rowCount } = await this.#line.query(
        {
          name: "append",
          text: `WITH head AS (UPDATE ${this.#schema}.head SET last = last + 1 WHERE shard = $1 AND last = $2 RETURNING last)
            INSERT INTO ${this.#schema}.log (shard, seq, bytes) SELECT $1, last, $3 FROM head`,
          values: [this.#shard, after, Buffer.from(record.buffer, record.byteOffset, record.length)],
        },
        `append to the log of ${this.#shard}`,
      );
      if (rowCount === 1) this.#words.say(this.#topic, after + 1);
      return rowCount === 1 ? "appended" : "refused";
    } finally {
      this.#isAppending = false;
    }
  }

  async get(seq: number): Promise<LogRecord | undefined> {
    const [row] = await this.#page(seq, seq);
    return row;
  }

  async *read(from: number): AsyncIterable<readonly LogRecord[]> {
    const { last } = await this.#checked(from);
    for (let next = from; next <= last;) {
      const records = await this.#next(next, last);
      next += records.length;
      yield records;
    }
  }

  async *follow(from: number, signal: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    const lookout = new Lookout(this.#words, this.#topic, signal);
    try {
      for (let next = from; !signal.aborted;) {
        lookout.look();
        const records = await this.#following(next, signal);
        if (records.length > 0) {
          lookout.found();
          next += records.length;
          yield records;
        } else if (!signal.aborted) await lookout.idle();
      }
    } finally {
      lookout.close();
    }
  }

  async trim(first: number): Promise<void> {
    await this.#database.query(
      {
        text: `DELETE FROM ${this.#schema}.log WHERE shard = $1 AND seq < least($2::bigint, (SELECT last FROM ${this.#schema}.head WHERE shard = $1))`,
        values: [this.#shard, first],
      },
      `trim the log of ${this.#shard}`,
    );
  }

  /** Makes the row that appends change. */
  async found(): Promise<void> {
    await this.#database.query(
      {
        text: `INSERT INTO ${this.#schema}.head (shard, last) SELECT $1, coalesce(max(seq), 0) FROM ${this.#schema}.log WHERE shard = $1 ON CONFLICT DO NOTHING`,
        values: [this.#shard],
      },
      `make the log of ${this.#shard}`,
    );
  }

  get #topic(): string {
    return `log/${this.#shard}`;
  }

  /** What is there from `next` on; a database that is away is waited for. */
  async #following(next: number, signal: AbortSignal): Promise<LogRecord[]> {
    while (!signal.aborted && !this.#database.isClosed) {
      try {
        const records = await this.#page(next, Number.MAX_SAFE_INTEGER);
        if (records.length === 0) await this.#checked(next, signal);
        else if (records[0]!.seq !== next) throw new LogGapError(records[0]!.seq);
        return records;
      } catch (error) {
        if (!(error instanceof OctopusError) || !error.retryable) throw error;
        await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
      }
    }
    return [];
  }

  async #next(from: number, last: number): Promise<LogRecord[]> {
    const records = await this.#page(from, last);
    if (records[0]?.seq !== from) throw new LogGapError((await this.range()).first);
    return records;
  }

  async #page(from: number, last: number): Promise<LogRecord[]> {
    const records = await this.#database.query<{ seq: number; bytes: Buffer }>(
      {
        name: "page",
        text: `SELECT seq, bytes FROM ${this.#schema}.log WHERE shard = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq LIMIT ${PAGE}`,
        values: [this.#shard, from, last],
      },
      `read the log of ${this.#shard}`,
    );
    const first = records[0]?.seq ?? from;
    assert(
      records.every(({ seq }, index) => seq === first + index),
      `the log of ${this.#shard} has a gap after ${first}`,
    );
    return records;
  }

  /** The range, when `from` is in it or next to it. */
  async #checked(from: number, signal?: AbortSignal): Promise<LogRange> {
    const deadline = performance.now() + BEHIND_MS;
    for (;;) {
      const range = await this.range();
      if (from < range.first && range.last > 0) throw new LogGapError(range.first);
      if (range.last >= from - 1 || signal?.aborted === true) return range;
      if (performance.now() > deadline) throw new LogBehindError(range.last);
      await delay(BEHIND_AGAIN_MS);
    }
  }
}
