/** Everything that the servers of a cluster share, on PostgreSQL. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { BackendView, Bus, ClusterBackend, Leadership, ShardBackend } from "../ports.ts";
import { Database, Line } from "./database.ts";
import { durabilityWords, type Guarantees } from "./durability.ts";
import { PostgresLog } from "./log.ts";
import { PostgresObjects } from "./objects.ts";
import { PostgresOutput } from "./output.ts";
import { Peers } from "./peers.ts";
import { ensureSchema } from "./schema.ts";
import { PostgresSeat } from "./seat.ts";
import { watchSeats } from "./seats.ts";
import { addressOf, type PostgresClusterSettings, schemaOf } from "./settings.ts";
import { PostgresValues } from "./values.ts";
import { Words } from "./words-line.ts";

const CONNECT_MS_MAX = 30_000;
const AGAIN_MS = 500;
const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;
const OUTPUT_AGE_MS_MAX = 24 * 3_600_000;
const VERSION_MIN = 130_000;
const LINES_MAX = 6;

/** Connects, and makes what is not there yet. Throws an OctopusError that says what is missing or wrong. */
export async function connectPostgres(settings: PostgresClusterSettings): Promise<ClusterBackend> {
  const schema = schemaOf(settings.cluster);
  const database = new Database(settings);
  const words = new Words({ database, schema, say: (level, text) => settings.say?.(level, text) });
  let peers: Peers | undefined;
  try {
    await reach(database, settings.connectWithinMs ?? CONNECT_MS_MAX);
    await ensureSchema(database, schema);
    const values = new PostgresValues(database, schema);
    const secret = await values.createOnce("secret/peers", randomBytes(32).toString("hex"));
    peers = new Peers({ ...settings, database, schema, secret });
    await words.open();
    await peers.open();
    return new PostgresBackend({ settings, database, words, peers, values });
  } catch (error) {
    await peers?.close();
    await words.close();
    await database.close();
    throw error;
  }
}

/** A database server that starts is waited for; one that says no is not. */
async function reach(database: Database, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      const text = "SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby";
      const [row] = await database.query<{ version: number; standby: boolean }>({ text }, "connect");
      const { version, standby } = row!;
      if (version < VERSION_MIN) {
        const message = `PostgreSQL ${Math.floor(version / 10_000)} is too old for a cluster: 13 or newer is needed`;
        throw new OctopusError("invalid", message);
      }
      if (standby) {
        const message = "PostgreSQL: this server is a standby, and nothing can be written there: name the primary";
        throw new OctopusError("conflict", message, { retryable: true });
      }
      return;
    } catch (error) {
      const isFinal = !(error instanceof OctopusError) || !error.retryable;
      if (isFinal || performance.now() > deadline) throw error;
      await delay(AGAIN_MS);
    }
  }
}

interface Parts {
  settings: PostgresClusterSettings;
  database: Database;
  words: Words;
  peers: Peers;
  values: PostgresValues;
}

class PostgresBackend implements ClusterBackend {
  readonly server: string;
  readonly bus: Bus;
  readonly values: PostgresValues;
  readonly objects: PostgresObjects;
  readonly #parts: Parts;
  readonly #schema: string;
  readonly #shards = new Map<string, Promise<ShardBackend>>();
  readonly #lines: Line[] = [];
  #lineOf = 0;

  constructor(parts: Parts) {
    const { settings, database, words, peers, values } = parts;
    this.#parts = parts;
    this.#schema = schemaOf(settings.cluster);
    this.server = settings.server;
    this.values = values;
    this.objects = new PostgresObjects(database, this.#schema);
    this.bus = new PostgresBus(words, peers);
    this.objects.sweep().catch(() => {});
  }

  shard(name: string): Promise<ShardBackend> {
    let shard = this.#shards.get(name);
    if (shard === undefined) {
      shard = this.#open(name);
      this.#shards.set(name, shard);
      // Another call tries again.
      shard.catch(() => this.#shards.delete(name));
    }
    return shard;
  }

  watchSeats(listener: (shard: string, leadership: Leadership) => void): () => void {
    const { database, words } = this.#parts;
    return watchSeats({ database, words, schema: this.#schema }, listener);
  }

  /** In one transaction; an append that comes after it finds no row to change, and is refused. */
  async removeShard(name: string): Promise<void> {
    this.#shards.delete(name);
    const doing = `delete the shard ${name}`;
    await this.#parts.database.transaction(doing, async (ask) => {
      for (const table of ["head", "log", "output", "seat"])
        await ask({ text: `DELETE FROM ${this.#schema}.${table} WHERE shard = $1`, values: [name] });
    });
  }

  async view(): Promise<BackendView> {
    const text = `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
      current_setting('synchronous_standby_names') AS standbys`;
    const [row] = await this.#parts.database.query<Guarantees & { version: string }>({ text }, "ask for its settings");
    const { version, ...guarantees } = row!;
    return {
      kind: "postgres",
      address: addressOf(this.#parts.settings.url),
      version,
      ...durabilityWords(guarantees),
    };
  }

  async close(): Promise<void> {
    const { database, words, peers } = this.#parts;
    await peers.close();
    for (const line of this.#lines) await line.close();
    await words.close();
    await database.close();
  }

  /** Connections for appends: one for each of the first shards, which later ones share. A database allows few of them. */
  #line(): Line {
    const at = this.#lineOf++ % LINES_MAX;
    return (this.#lines[at] ??= new Line(this.#parts.database));
  }

  async #open(shard: string): Promise<ShardBackend> {
    const { database, words, settings } = this.#parts;
    const { outputBytesMax: bytesMax = OUTPUT_BYTES_MAX, outputAgeMsMax: ageMsMax = OUTPUT_AGE_MS_MAX } = settings;
    const place = { database, words, schema: this.#schema, shard };
    const log = new PostgresLog({ ...place, line: this.#line() });
    await log.found();
    const say = (text: string): void => settings.say?.("warn", text);
    return { log, seat: new PostgresSeat(place), output: new PostgresOutput({ ...place, bytesMax, ageMsMax, say }) };
  }
}

/** Words by the database, streams past it. */
class PostgresBus implements Bus {
  readonly #words: Words;
  readonly #peers: Peers;

  constructor(words: Words, peers: Peers) {
    this.#words = words;
    this.#peers = peers;
  }

  publish(topic: string, message: Json): void {
    this.#words.say(`bus/${topic}`, message);
  }

  subscribe(topic: string, listener: (message: Json) => void): () => void {
    return this.#words.hear(`bus/${topic}`, listener);
  }

  connect(server: string): Duplex {
    return this.#peers.connect(server);
  }

  accept(listener: (stream: Duplex) => void): () => void {
    return this.#peers.accept(listener);
  }

  get isConnected(): boolean {
    return this.#words.isConnected;
  }

  onConnected(listener: (isConnected: boolean) => void): () => void {
    return this.#words.onConnected(listener);
  }
}
