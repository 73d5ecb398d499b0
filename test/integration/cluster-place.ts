/** A cluster for a test with real processes: what it shares, servers of Octopus by name, and what is asked of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import { NatsServer, withoutNats } from "../nats/server.ts";
import { PostgresServer, withoutPostgres } from "../postgres/server.ts";
import { freePort, ready } from "../server-process.ts";
import { endProcess, Place, type Started, until } from "./place.ts";

export interface Member {
  readonly name: string;
  readonly url: string;
  readonly data: string;
  started: Started;
}

/** What servers can share their log in, each with a reason where it is not tried here. */
export const SHARED: readonly { kind: "NATS" | "PostgreSQL"; skip: string | false }[] = [
  { kind: "NATS", skip: withoutNats() ?? false },
  { kind: "PostgreSQL", skip: withoutPostgres() ?? false },
];

export class ClusterPlace {
  readonly place: Place;
  readonly members = new Map<string, Member>();
  readonly #shared: NatsServer | PostgresServer;

  private constructor(place: Place, shared: NatsServer | PostgresServer) {
    this.place = place;
    this.#shared = shared;
  }

  static async open(kind: "NATS" | "PostgreSQL" = "NATS", env: Record<string, string> = {}): Promise<ClusterPlace> {
    if (kind === "NATS") {
      const nats = await NatsServer.start();
      return new ClusterPlace(new Place({ OCTOPUS_CLUSTER_NATS: nats.address, ...env }), nats);
    }
    const database = await PostgresServer.start();
    return new ClusterPlace(new Place({ OCTOPUS_CLUSTER_JOURNAL: database.url, ...env }), database);
  }

  /** That of a cluster on NATS. */
  get nats(): NatsServer {
    assert.ok(this.#shared instanceof NatsServer);
    return this.#shared;
  }

  /** Starts a server, and waits until it can be asked. `place`: one with another version of the program. */
  async start(name: string, args: readonly string[] = [], place = this.place): Promise<Member> {
    const member = await this.launch(name, args, place);
    try {
      await ready(member.url, member.started.child);
    } catch (error) {
      throw new Error(`${String(error)}\n${member.started.err()}`, { cause: error });
    }
    return member;
  }

  /** The same, without waiting. */
  async launch(name: string, args: readonly string[] = [], place = this.place): Promise<Member> {
    const before = this.members.get(name);
    const url = before?.url ?? `http://127.0.0.1:${await freePort()}`;
    const data = before?.data ?? join(this.place.dir, name);
    const words = ["server", "--server-name", name, "--data", data, "--port", new URL(url).port, ...args];
    const member: Member = { name, url, data, started: place.start(words) };
    this.members.set(name, member);
    return member;
  }

  worker(name: string, server: Member, args: readonly string[] = []): Started {
    const words = ["worker", "--server", server.url, "--name", name, "--dir", join(this.place.dir, `of-${name}`)];
    return this.place.start([...words, "--slots", "8", ...args]);
  }

  /** Whoever leads, as this server sees it. */
  async leader(asked: Member): Promise<Member> {
    return until("somebody leads", async () => {
      const view = await this.ask<ClusterView>(asked, "GET", "/cluster").catch(() => undefined);
      return view?.body.leader === undefined ? undefined : this.members.get(view.body.leader);
    });
  }

  // oxlint-disable-next-line no-unnecessary-type-parameters -- who calls knows what the body is
  async ask<T>(
    { url }: Member,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: T; sequence: string | undefined }> {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...init,
      signal: AbortSignal.timeout(60_000),
    });
    const sequence = response.headers.get("octopus-sequence") ?? undefined;
    return { status: response.status, body: (await response.json()) as T, sequence };
  }

  /** Submits until it is acknowledged; under their ids, tasks may be handed in again. Answers how often it took. */
  async submit(at: () => Member, tasks: readonly TaskSubmission[]): Promise<number> {
    let tries = 0;
    await until("tasks are taken", async () => {
      tries++;
      try {
        const { status, body } = await this.ask(at(), "POST", "/tasks", tasks);
        assert.ok(status < 300 || status >= 502, `${status} ${JSON.stringify(body)}`);
        return status < 300;
      } catch (error) {
        // The server that was asked is gone.
        if (error instanceof TypeError || error instanceof SyntaxError) return false;
        throw error;
      }
    });
    return tries;
  }

  /** Makes a namespace. */
  make(at: Member, name: string): Promise<void> {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ name }) };
    return this.#change(`${at.url}/api/v1/namespaces`, init, { done: 201, before: 409 });
  }

  /** Deletes a namespace, whatever is in it. */
  remove(at: Member, name: string): Promise<void> {
    const url = `${at.url}/api/v1/namespaces/${name}?force=true`;
    return this.#change(url, { method: "DELETE" }, { done: 204, before: 404 });
  }

  /** Asks until somebody leads who knows. `before`: the answer where it was done by a request of which nobody knew. */
  async #change(url: string, init: RequestInit, { done, before }: { done: number; before: number }): Promise<void> {
    let isUnknown = false;
    await until(`${init.method} ${url} is done`, async () => {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
      const { status } = answer;
      const text = await answer.text();
      if (status === done || (isUnknown && status === before)) return true;
      assert.ok(status >= 502, `${status} ${text}`);
      isUnknown ||= status !== 503;
      return false;
    });
  }

  /** Waits until every server has applied the same, and nothing comes any more. */
  async settled(namespace = "default"): Promise<void> {
    let before = "";
    await until(`all servers are at the same record of ${namespace}`, async () => {
      const asked = [...this.members.values()].map((one) =>
        this.ask<ClusterView>(within(one, namespace), "GET", "/cluster"),
      );
      const seen = (await Promise.all(asked)).map(({ body: { seq, last, term } }) => `${seq}/${last}/${term}`);
      const [first = ""] = seen;
      const isSame = seen.every((one) => one === first) && first === before;
      before = first;
      return isSame;
    });
  }

  async stop({ started }: Member): Promise<void> {
    endProcess(started.pid, "SIGTERM");
    let code: number | string | undefined;
    void started.end.then((ended) => (code = ended));
    await until("it has stopped", () => code !== undefined);
    assert.equal(code, 0, started.err());
  }

  async kill({ started }: Member): Promise<void> {
    endProcess(started.pid, "SIGKILL");
    await started.end;
  }

  async close(): Promise<void> {
    await this.place.close();
    await this.#shared.stop();
  }
}

/** A namespace of it. */
export function within(member: Member, namespace: string): Member {
  return namespace === "default" ? member : { ...member, url: `${member.url}/ns/${namespace}` };
}

/** What differs by the server that wrote it, and not by what happened. */
const OWN_TABLES: ReadonlySet<string> = new Set(["replica", "probe", "followed"]);

/** Every row of every table, by table. */
export function dump(dir: string, file = "octopus.db"): Record<string, string[]> {
  const db = new DatabaseSync(join(dir, file), { readOnly: true });
  try {
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    const names = (db.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
    const kept = names.filter((name) => !OWN_TABLES.has(name));
    return Object.fromEntries(kept.map((name) => [name, rowsOf(db, name)]));
  } finally {
    db.close();
  }
}

/** Names the first rows that differ: whole tables would fill the screen. */
export function sameTables(actual: Record<string, string[]>, expected: Record<string, string[]>): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [table, rows] of Object.entries(expected)) {
    const other = actual[table]!;
    const at = rows.findIndex((row, index) => row !== other[index]);
    assert.equal(other[at], rows[at], `table ${table}`);
    assert.equal(other.length, rows.length, `rows of table ${table}`);
  }
}

function rowsOf(db: DatabaseSync, table: string): string[] {
  const rows = db.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[];
  return rows
    .map((row) =>
      JSON.stringify(row, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
      ),
    )
    .toSorted();
}
