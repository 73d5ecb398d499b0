/**
 * Connections to the database: one that appends, one that hears and says words, a few for the rest. Each is made anew when
 * it breaks.
 *
 * PD1  A query is answered, or fails within `QUERY_MS_MAX`: then its connection is ended, because what it does is not known.
 * PD2  Every connection commits with `synchronous_commit = on` at least, whatever the user's or the database's default is; what
 *      promises more (`remote_apply`) stays. The one for words is the exception: they may be lost.
 */
import { readFileSync } from "node:fs";
import pg from "pg";
import { OctopusError } from "../../base/errors.ts";
import type { PostgresClusterSettings } from "./settings.ts";
import { postgresError } from "./words.ts";

const QUERY_MS_MAX = 10_000;
const CONNECT_MS_MAX = 5000;
const POOL_MAX = 4;
const IDLE_MS = 30_000;

/** Counts are numbers: nothing here is beyond 2^53. */
const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(pg.types.builtins.INT8, Number);

export type Row = Record<string, unknown>;

export interface Query {
  /** Prepared under this name, once for each connection. */
  name?: string;
  text: string;
  values?: unknown[];
}

export class Database {
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  #isClosed = false;

  constructor(settings: PostgresClusterSettings) {
    this.#config = configOf(settings);
    const onConnect = (client: pg.ClientBase): unknown => durably(client);
    this.#pool = new pg.Pool({ ...this.#config, max: POOL_MAX, idleTimeoutMillis: IDLE_MS, onConnect });
    // A connection that breaks while nobody uses it: the next query has another one.
    this.#pool.on("error", () => {});
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A query of its own transaction, on any connection. */
  async query<T extends Row>(query: Query, doing: string): Promise<T[]> {
    try {
      return (await this.#pool.query<T>(query)).rows;
    } catch (error) {
      throw this.#isClosed ? closed() : postgresError(error, doing);
    }
  }

  /** One transaction. */
  async transaction<T>(doing: string, run: (ask: (query: Query) => Promise<Row[]>) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    let isWhole = false;
    try {
      const own = (client = await this.#pool.connect());
      await own.query("BEGIN");
      const done = await run(async (query) => (await own.query<Row>(query)).rows);
      await own.query("COMMIT");
      isWhole = true;
      return done;
    } catch (error) {
      throw this.#isClosed ? closed() : postgresError(error, doing);
    } finally {
      // Ending the connection rolls back.
      client?.release(!isWhole);
    }
  }

  /** A connection of its own, not connected yet. */
  client(): pg.Client {
    return new pg.Client(this.#config);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }
}

/** One connection that is made with the first query, and anew after one that failed. Its queries go one after the other. */
export class Line {
  readonly #database: Database;
  #client: Promise<pg.Client> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async query<T extends Row>(query: Query, doing: string): Promise<pg.QueryResult<T>> {
    if (this.#database.isClosed) throw closed();
    const client = (this.#client ??= this.#connect());
    try {
      return await (await client).query<T>(query);
    } catch (error) {
      // What came of it may not be known: nothing more is asked on this connection.
      if (this.#client === client) this.#client = undefined;
      void client.then((one) => one.end()).catch(() => {});
      throw postgresError(error, doing);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((one) => one.end()).catch(() => {});
  }

  async #connect(): Promise<pg.Client> {
    const client = this.#database.client();
    client.on("error", () => {
      this.#client = undefined;
    });
    await client.connect();
    await durably(client);
    return client;
  }
}

/** PD2. Before anything else on a connection. */
function durably(client: pg.ClientBase): Promise<unknown> {
  const text =
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')";
  return client.query(text).catch(() => {});
}

function configOf({ url, ca, cluster, server }: PostgresClusterSettings): pg.ClientConfig {
  return {
    connectionString: url,
    ...(ca !== undefined && { ssl: { ca: readFileSync(ca, "utf8") } }),
    types: TYPES,
    application_name: `octopus ${cluster} ${server}`,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: QUERY_MS_MAX,
    statement_timeout: QUERY_MS_MAX,
    keepAlive: true,
    options: "-c default_transaction_isolation=read\\ committed -c client_min_messages=warning",
  };
}

export function closed(): OctopusError {
  return new OctopusError("not_ready", "the server leaves its cluster", { retryable: true });
}
