/**
 * Words between servers by LISTEN and NOTIFY, on one connection that hears and says them. They may be lost; whoever rests on one
 * looks by himself from time to time.
 *
 * PW1  A word that is too long for a notification is written to a table that is not logged, and read by whoever hears of it.
 * PW2  Nothing is kept for a connection that is away: what would be said later is not true any more then.
 */
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { Json } from "../../base/words.ts";
import type { Database } from "./database.ts";
import { postgresError } from "./words.ts";

/** PostgreSQL takes 7999 bytes. */
const PLAIN_BYTES_MAX = 7900;
const AGAIN_MS = 500;
/** The connection is asked so often whether it lives: a silent break would be taken for silence of the others. */
const PULSE_MS = 1000;
const PULSES_MAX = 3;
const WORD_AGE = "1 minute";
/** Words that wait for the connection; beyond it the oldest goes. */
const UNSAID_MAX = 1000;
/** Words in one notice to the database. */
const TOGETHER_MAX = 100;

type Listener = (message: Json) => void;

export class Words {
  readonly #database: Database;
  readonly #schema: string;
  readonly #channel: string;
  readonly #say: (level: "warn", words: string) => void;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #watchers = new Set<(isConnected: boolean) => void>();
  #client: pg.Client | undefined;
  #unanswered = 0;
  #unsaid: string[] = [];
  #isSaying = false;
  #isPulseDue = false;
  #isClosed = false;
  readonly #pulse: NodeJS.Timeout;

  constructor(options: { database: Database; schema: string; say: (level: "warn", words: string) => void }) {
    this.#database = options.database;
    this.#schema = options.schema;
    this.#channel = options.schema.replaceAll('"', "");
    this.#say = options.say;
    this.#pulse = setInterval(() => this.#beat(), PULSE_MS);
  }

  /** Resolves when words are heard for the first time; goes on for ever. */
  async open(): Promise<void> {
    await this.#connect();
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  onConnected(listener: (isConnected: boolean) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  hear(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    const own: Listener = (message) => listener(message);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  say(topic: string, message: Json): void {
    if (this.#client === undefined) return;
    this.#unsaid.push(JSON.stringify([topic, message]));
    if (this.#unsaid.length > UNSAID_MAX) this.#unsaid.shift();
    if (!this.#isSaying) void this.#sayAll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#pulse);
    const client = this.#client;
    this.#client = undefined;
    // Whoever says goodbye is still heard.
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = this.#database.client();
    let isOver = false;
    const over = (error?: Error): void => {
      if (isOver) return;
      isOver = true;
      void client.end().catch(() => {});
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#tell();
      if (this.#isClosed) return;
      if (error !== undefined) this.#say("warn", postgresError(error, "hear the other servers").message);
      void this.#again();
    };
    client.on("error", over);
    client.on("end", () => over());
    client.on("notification", ({ payload = "" }) => void this.#heard(payload));
    await client.connect();
    // Words are not worth a write to disk.
    await client.query("SET synchronous_commit = off");
    await client.query(`LISTEN "${this.#channel}"`);
    if (this.#isClosed) return void client.end().catch(() => {});
    this.#client = client;
    this.#unanswered = 0;
    this.#tell();
  }

  async #again(): Promise<void> {
    while (!this.#isClosed) {
      await delay(AGAIN_MS, undefined, { ref: false });
      try {
        if (!this.#isClosed) await this.#connect();
        return;
      } catch {
        // The next try may do.
      }
    }
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher(this.isConnected);
  }

  async #heard(payload: string): Promise<void> {
    let text = payload;
    if (/^\d+$/.test(payload)) {
      const query = { text: `SELECT word FROM ${this.#schema}.word WHERE id = $1`, values: [payload] };
      const [row] = await this.#database.query<{ word: string }>(query, "read a word").catch(() => []);
      if (row === undefined) return;
      text = row.word;
    }
    let topic: string;
    let message: Json;
    try {
      [topic, message] = JSON.parse(text) as [string, Json];
    } catch {
      // What somebody else says on the channel is not for us.
      return;
    }
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(message);
  }

  /** One after the other, those that wait meanwhile together. */
  async #sayAll(): Promise<void> {
    this.#isSaying = true;
    while (this.#client !== undefined && (this.#unsaid.length > 0 || this.#isPulseDue)) {
      this.#isPulseDue = false;
      const words = this.#unsaid.splice(0, TOGETHER_MAX);
      const isPlain = (word: string): boolean => Buffer.byteLength(word) <= PLAIN_BYTES_MAX;
      const plain = words.filter((word) => isPlain(word));
      const long = words.filter((word) => !isPlain(word));
      await this.#tellDatabase(this.#client, plain, long);
    }
    this.#isSaying = false;
    if (this.#client === undefined) this.#unsaid = [];
  }

  async #tellDatabase(client: pg.Client, plain: readonly string[], long: readonly string[]): Promise<void> {
    const say = { name: "say", text: "SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word" };
    try {
      await client.query({ ...say, values: [this.#channel, plain] });
      for (const word of long) {
        const text = `WITH kept AS (INSERT INTO ${this.#schema}.word (word) VALUES ($2) RETURNING id),
            gone AS (DELETE FROM ${this.#schema}.word WHERE at < now() - interval '${WORD_AGE}')
          SELECT pg_notify($1, id::text) FROM kept`;
        await client.query({ text, values: [this.#channel, word] });
      }
      this.#unanswered = 0;
    } catch {
      // The connection tells of its end by itself; a word may be lost.
    }
  }

  #beat(): void {
    const client = this.#client;
    if (client === undefined) return;
    if (++this.#unanswered > PULSES_MAX) return void client.emit("error", new Error("the database does not answer"));
    this.#isPulseDue = true;
    if (!this.#isSaying) void this.#sayAll();
  }
}
