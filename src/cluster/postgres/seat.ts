/**
 * Who leads a shard: one row, whose term grows with each change. A row has one writer at a time: of several that take it with
 * the same term one finds it as it was (LS1). A number drawn for the taking tells a taker whose answer was lost whether it
 * was itself.
 */
import { randomUUID } from "node:crypto";
import type { Leadership, LeaderSeat } from "../ports.ts";
import type { Database } from "./database.ts";
import type { Words } from "./words-line.ts";

/** The shard whose seat has changed is said there. */
export const SEATS_TOPIC = "seats";

type SeatRow = { term: number; server: string; nonce: string };

export class PostgresSeat implements LeaderSeat {
  readonly #database: Database;
  readonly #words: Words;
  readonly #schema: string;
  readonly #shard: string;

  constructor(options: { database: Database; words: Words; schema: string; shard: string }) {
    this.#database = options.database;
    this.#words = options.words;
    this.#schema = options.schema;
    this.#shard = options.shard;
  }

  async read(): Promise<Leadership | undefined> {
    const row = await this.#read();
    return row && { term: row.term, server: row.server };
  }

  take(server: string, seen: number): Promise<number | undefined> {
    return this.#write(server, seen);
  }

  async release(term: number): Promise<void> {
    await this.#write("", term);
  }

  async #write(server: string, seen: number): Promise<number | undefined> {
    const nonce = randomUUID();
    const { text, values } =
      seen === 0
        ? {
            text: `INSERT INTO ${this.#schema}.seat VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING RETURNING term`,
            values: [this.#shard, server, nonce],
          }
        : {
            text: `UPDATE ${this.#schema}.seat SET term = term + 1, server = $2, nonce = $3 WHERE shard = $1 AND term = $4 RETURNING term`,
            values: [this.#shard, server, nonce, seen],
          };
    try {
      const [row] = await this.#database.query<{ term: number }>({ text, values }, `take the seat of ${this.#shard}`);
      if (row !== undefined) this.#words.say(SEATS_TOPIC, this.#shard);
      return row?.term;
    } catch (error) {
      // The answer may be what was lost.
      const now = await this.#read().catch(() => undefined);
      if (now?.nonce === nonce) return now.term;
      throw error;
    }
  }

  async #read(): Promise<SeatRow | undefined> {
    const [row] = await this.#database.query<SeatRow>(
      { text: `SELECT term, server, nonce FROM ${this.#schema}.seat WHERE shard = $1`, values: [this.#shard] },
      `read the seat of ${this.#shard}`,
    );
    return row;
  }
}
