/** Servers of a cluster in one process: the production engine, store and shard, over ports that the test names. */
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { createClock } from "../../src/root/clock.ts";
import { Members } from "../../src/cluster/members.ts";
import type { ClusterBackend } from "../../src/cluster/ports.ts";
import type { Trouble } from "../../src/cluster/repair.ts";
import { shardParts } from "../../src/cluster/shard-parts.ts";
import { type Shard, type ShardSettings, startShard } from "../../src/cluster/shard.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Clock, Log } from "../../src/engine/ports.ts";
import { openReplica, type ReplicaStore } from "../../src/store/store.ts";
import { shell } from "../sim/engine-harness.ts";
import { outside } from "../sim/outside.ts";

/** Short ones: tests wait for fail-overs. */
export const QUICK: Partial<ShardSettings> = {
  ...{ silenceMs: 800, rankMs: 100, handoverMs: 30, aloneMs: 5000 },
  ...{ unknownMs: 1500, askMs: 100, confirmMs: 200, standBackMs: 300 },
};

export interface TestServer {
  name: string;
  store: ReplicaStore;
  engine: Engine;
  shard: Shard;
  members: Members;
  troubles: Trouble[];
  /** In order: hands over and leaves. */
  stop(): Promise<void>;
  /** As a process that is killed: nothing is said to anybody. */
  kill(): void;
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

interface Options {
  dir?: string;
  settings?: Partial<ShardSettings>;
  log?: Log;
  shareMs?: number;
}

/** What one process has, whatever shards it holds. */
export interface TestProcess {
  wire: ClusterBackend;
  clock: Clock;
  members: Members;
  /** Nothing is said any more, and nobody wakes. */
  die(): void;
}

export function startProcess(
  backend: ClusterBackend,
  log = SILENT,
  times: { everyMs?: number; pulseMs?: number } = { everyMs: 100, pulseMs: 40 },
): TestProcess {
  const clock = stoppable(createClock());
  let isDead = false;
  const wire = mortal(backend, () => isDead);
  const members = new Members({ backend: wire, clock, log, version: "test", ...times });
  const die = (): void => {
    isDead = true;
    clock.stop();
  };
  return { wire, clock, members, die };
}

/** One shard of it: its tables, its engine, its replica. */
export interface TestReplica {
  store: ReplicaStore;
  engine: Engine;
  shard: Shard;
  troubles: Trouble[];
  /** In order: hands over. */
  close(): Promise<void>;
}

export async function openReplicaOf(
  { wire, clock, members }: TestProcess,
  name: string,
  { dir = ":memory:", settings = {}, log = SILENT, shareMs = 10_000 }: Options = {},
): Promise<TestReplica> {
  const store = openReplica(dir, { cluster: "test", shard: name });
  const { tables, library } = store;
  const nonce = (): string => randomUUID();
  const parts = await shardParts({ shard: name, backend: wire, store, clock, log, nonce, shareMs });
  const { journal } = parts;
  const logs = parts.output.logs;
  const { artifacts } = parts.files;
  const engine = new Engine({
    ...{ journal, library, logs, artifacts, outside, clock, log, version: "test", dataDir: dir, boot: randomUUID() },
    ...{ leaseMs: 30_000, heartbeatMs: 5000, resultBytesMax: 1000, follower: true },
    defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
    retention: { keepCount: 1_000_000, keepMs: 1e12, logKeepMs: 1e12, logBytesMax: 1e9 },
  });
  const troubles: Trouble[] = [];
  const shard = startShard({
    ...{ ...parts, shard: name, backend: wire, engine, tables, members, clock, log, nonce, version: "test" },
    settings: { ...QUICK, ...settings },
    onTrouble: (trouble) => troubles.push(trouble),
  });
  const close = async (): Promise<void> => {
    await shard.close();
    await engine.close();
    store.close();
  };
  return { store, engine, shard, troubles, close };
}

export async function startServer(backend: ClusterBackend, options: Options = {}): Promise<TestServer> {
  const own = startProcess(backend, options.log);
  const { store, engine, shard, troubles } = await openReplicaOf(own, "default", options);
  const { members } = own;
  return {
    ...{ name: backend.server, store, engine, shard, members, troubles },
    async stop() {
      await shard.close();
      await members.close();
      await engine.close();
      store.close();
    },
    kill: () => own.die(),
  };
}

/** A clock that wakes nobody any more once it was stopped. */
function stoppable(clock: Clock): Clock & { stop(): void } {
  const cancels = new Set<() => void>();
  let isStopped = false;
  return {
    ...{ now: () => clock.now(), elapsed: () => clock.elapsed() },
    wakeAt(at, callback) {
      if (isStopped) return () => {};
      const end = (): void => {
        cancel();
        cancels.delete(end);
      };
      const cancel = clock.wakeAt(at, () => {
        cancels.delete(end);
        callback();
      });
      cancels.add(end);
      return end;
    },
    soon: (callback) => clock.soon(() => isStopped || callback()),
    stop() {
      isStopped = true;
      for (const cancel of cancels) cancel();
    },
  };
}

/** The same ports, until the process that they belong to is dead: then nothing gets out, and nothing comes back. */
function mortal(backend: ClusterBackend, isDead: () => boolean): ClusterBackend {
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, key) {
        const value: unknown = Reflect.get(object, key);
        if (typeof value === "object" && value !== null) return wrap(value);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (isDead()) return NEVER;
          const alive = args.map((arg) =>
            typeof arg === "function" ? (...words: unknown[]) => (isDead() ? undefined : arg(...words)) : arg,
          );
          const answer: unknown = Reflect.apply(value, object, alive);
          if (key === "shard") return (answer as Promise<object>).then(wrap);
          return answer instanceof Promise ? answer.then((result) => (isDead() ? NEVER : result)) : answer;
        };
      },
    });
  return wrap(backend);
}

const NEVER = new Promise<never>(() => {});

/** All rows of its tables, but for where it stands in which log: two that have applied the same have the same. */
export async function rowsOf({ store }: { store: ReplicaStore }): Promise<Record<string, unknown[]>> {
  const copy = await store.tables.copy();
  const chunks: Uint8Array[] = [];
  for await (const chunk of copy.chunks()) chunks.push(chunk);
  copy.dispose();
  const db = new DatabaseSync(":memory:");
  try {
    const bytes = zstdDecompressSync(Buffer.concat(chunks));
    // A copy of a file says that it has a write-ahead log, which one in memory cannot have.
    bytes.fill(1, 18, 20);
    db.deserialize(bytes);
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const rows = (name: string): unknown[] => db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all();
    return Object.fromEntries(
      (tables as { name: string }[])
        .filter(({ name }) => name !== "replica" && name !== "drained" && !name.startsWith("sqlite_"))
        .map(({ name }) => [name, rows(name)]),
    );
  } finally {
    db.close();
  }
}

/** Resolves when it is so; looks again every few milliseconds. */
export async function until<T>(what: string, find: () => T | undefined | false, ms = 20_000): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come to be within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const leaderOf = (servers: readonly TestServer[]): Promise<TestServer> =>
  until("a leader", () => servers.find(({ shard }) => shard.role === "leader"));

/** Tasks by whoever leads, as a client makes them: it asks again where nothing was done. */
export async function submit(servers: readonly TestServer[], count = 1): Promise<TestServer> {
  for (let done = 0; ;) {
    const leader = await leaderOf(servers);
    try {
      for (; done < count; done++) await leader.engine.submit([shell()], undefined);
      return leader;
    } catch (error) {
      if ((error as { code?: string }).code !== "not_leader") throw error;
    }
  }
}

export async function stopAll(servers: readonly TestServer[]): Promise<void> {
  for (const server of servers) await server.stop();
}

export const countOf = ({ engine }: TestServer): number => engine.tasks({ limit: 1000 }).items.length;
