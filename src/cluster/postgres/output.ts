/** Output of attempts as rows, of which the oldest go by age and size. A row is written until it is there. */
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { OctopusError } from "../../base/errors.ts";
import type { LogChunk } from "../../protocol/link.ts";
import { OutputQueue } from "../output-queue.ts";
import type { OutputStream } from "../ports.ts";
import type { Database } from "./database.ts";
import { Lookout } from "./lookout.ts";
import type { Words } from "./words-line.ts";

const PAGE = 32;
const AGAIN_MS = 500;
const PRUNE_MS = 60_000;

export interface OutputOptions {
  database: Database;
  words: Words;
  schema: string;
  shard: string;
  bytesMax: number;
  ageMsMax: number;
  say: (words: string) => void;
}

export class PostgresOutput implements OutputStream {
  readonly #options: OutputOptions;
  readonly #queue: OutputQueue;
  #prunedAt = 0;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#queue = new OutputQueue({
      send: (message) => this.#send(message),
      isClosed: () => options.database.isClosed,
      lost: (pieces) => options.say(`${pieces} pieces of output were lost while PostgreSQL took none`),
      drained: () => void this.#prune(),
    });
  }

  publish(chunks: readonly LogChunk[]): void {
    this.#queue.publish(chunks);
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  follow(position: string | undefined, listener: (chunks: readonly LogChunk[], position: string) => void): () => void {
    const stopping = new AbortController();
    void this.#follow(Number(position ?? 0) || 0, stopping.signal, listener);
    return () => stopping.abort();
  }

  async #send(text: string): Promise<void> {
    const { database, words, schema, shard, say } = this.#options;
    const query = {
      text: `INSERT INTO ${schema}.output (shard, bytes) VALUES ($1, $2)`,
      values: [shard, zstdCompressSync(text)],
    };
    while (!database.isClosed) {
      try {
        await database.query(query, "keep output");
        return words.say(this.#topic, null);
      } catch (error) {
        if (!(error instanceof OctopusError) || !error.retryable) return say(`output is lost: ${String(error)}`);
        await delay(AGAIN_MS);
      }
    }
  }

  async #follow(
    from: number,
    signal: AbortSignal,
    listener: (chunks: readonly LogChunk[], position: string) => void,
  ): Promise<void> {
    const { database, words, schema, shard } = this.#options;
    const lookout = new Lookout(words, this.#topic, signal);
    for (let position = from; !signal.aborted && !database.isClosed;) {
      lookout.look();
      const rows = await database
        .query<{ n: number; bytes: Buffer }>(
          {
            text: `SELECT n, bytes FROM ${schema}.output WHERE shard = $1 AND n > $2 ORDER BY n LIMIT ${PAGE}`,
            values: [shard, position],
          },
          "read output",
        )
        .catch(() => []);
      for (const { n, bytes } of rows) {
        if (signal.aborted) break;
        position = n;
        listener(chunksOf(bytes), String(n));
      }
      if (rows.length > 0) lookout.found();
      else if (!signal.aborted) await lookout.idle();
    }
    lookout.close();
  }

  /** Lets go of what is too old, and of the oldest of what is too much. */
  async #prune(): Promise<void> {
    const { database, schema, shard, bytesMax, ageMsMax } = this.#options;
    const now = performance.now();
    if (this.#prunedAt !== 0 && now - this.#prunedAt < PRUNE_MS) return;
    this.#prunedAt = now;
    const text = `DELETE FROM ${schema}.output WHERE shard = $1 AND (at < now() - $2 * interval '1 millisecond' OR n <= coalesce((
        SELECT n FROM (SELECT n, sum(octet_length(bytes)) OVER (ORDER BY n DESC) AS above FROM ${schema}.output WHERE shard = $1) AS sums
        WHERE above > $3 ORDER BY n DESC LIMIT 1), -1))`;
    await database.query({ text, values: [shard, ageMsMax, bytesMax] }, "prune output").catch(() => {});
  }

  get #topic(): string {
    return `output/${this.#options.shard}`;
  }
}

/** What is no output is passed over. */
function chunksOf(bytes: Buffer): LogChunk[] {
  try {
    return JSON.parse(zstdDecompressSync(bytes).toString()) as LogChunk[];
  } catch {
    return [];
  }
}
