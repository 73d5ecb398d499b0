/**
 * One server of a simulated cluster: the production engine, store, journal and shard in a simulated process. It crashes at
 * any point, with or without its tables, and comes back.
 */
import type { State } from "../../../src/core/state.ts";
import type { Turn } from "../../../src/core/turn.ts";
import { Members } from "../../../src/cluster/members.ts";
import { shardParts } from "../../../src/cluster/shard-parts.ts";
import type { Applied } from "../../../src/cluster/replica-tables.ts";
import { type Shard, startShard } from "../../../src/cluster/shard.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type { Log } from "../../../src/engine/ports.ts";
import { openReplica, type ReplicaStore } from "../../../src/store/store.ts";
import type { Connection } from "../network.ts";
import { outsideOfFiles } from "../outside.ts";
import { SimProcess } from "../process.ts";
import type { World } from "../world.ts";
import { SimBackend } from "./backend.ts";
import { onFullDisk } from "./full-disk.ts";
import type { Service } from "./service.ts";

export const SHARD = "default";

/** So few, that logs are trimmed and servers begin from snapshots. */
const SNAPSHOT_RECORDS = 60;
/** Share of the writes to a full disk that fail: a small one may find room. */
const FULL = 0.8;

export interface NodeHooks {
  /** The server decides from now on, or no more. */
  led(node: ClusterNode): void;
  /** A turn of its own is over. */
  turned(node: ClusterNode, state: State, turn: Turn): void;
}

export class ClusterNode {
  readonly name: string;
  process: SimProcess;
  engine: Engine | undefined;
  shard: Shard | undefined;
  store: ReplicaStore;
  isFull = false;
  readonly connections = new Set<Connection>();
  readonly #world: World;
  readonly #service: Service;
  readonly #hooks: NodeHooks;
  #starts = 0;
  #drawn = 0;

  constructor(world: World, service: Service, name: string, hooks: NodeHooks) {
    this.#world = world;
    this.#service = service;
    this.#hooks = hooks;
    this.name = name;
    this.process = new SimProcess(world);
    this.store = openReplica(":memory:", { cluster: "sim", shard: SHARD });
    this.start();
  }

  get leads(): boolean {
    return this.shard?.role === "leader";
  }

  /** What is committed in its tables. */
  position(): Applied {
    return this.shard?.position() ?? this.store.tables.applied();
  }

  start(): void {
    if (this.engine !== undefined) return;
    const { skewMs } = this.process;
    this.process = new SimProcess(this.#world);
    this.process.skewMs = skewMs;
    this.#starts++;
    this.#world.tell(() => `${this.name} starts (${this.#starts})`);
    const backend = new SimBackend(this.#service, this.name, this.process);
    const { process, store } = this;
    const clock = process.clock();
    const log = this.#log();
    const nonce = (): string => `${this.name}-${++this.#drawn}`;
    const { prng } = this.#world;
    const isFull = (): boolean => this.isFull && !this.#world.healed && prng.chance(FULL);
    const tables = onFullDisk(store.tables, isFull);
    const { artifacts, logs } = store;
    const { leaseMs, heartbeatMs, keepCount, stretch, placement } = this.#world.options;
    void shardParts({ shard: SHARD, backend, store: { tables, artifacts, logs }, clock, log, nonce }).then((parts) => {
      if (!process.alive) return;
      const { shared, journal, files, output } = parts;
      const engine = new Engine({
        ...{ clock, journal, library: store.library, logs: output.logs, artifacts: files.artifacts, log },
        ...{ outside: outsideOfFiles, leaseMs, heartbeatMs, stretch, placement },
        version: "sim",
        dataDir: ":memory:",
        boot: `${this.name}.${this.#starts}`,
        follower: true,
        resultBytesMax: 300,
        defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
        retention: { keepCount, keepMs: 86_400_000, logKeepMs: 86_400_000, logBytesMax: 1_000_000 },
        inspect: (state, turn) => this.#hooks.turned(this, state, turn),
      });
      const members = new Members({ backend, clock, log, version: "sim" });
      this.engine = engine;
      this.shard = startShard({
        ...{
          shard: SHARD,
          backend,
          shared,
          journal,
          tables,
          files,
          output,
          members,
          clock,
          log,
          nonce,
          version: "sim",
        },
        settings: { snapshotRecords: SNAPSHOT_RECORDS },
        engine: {
          follow: (batches) => engine.follow(batches),
          followOutput: (chunks) => engine.followOutput(chunks),
          lead: () => {
            this.#hooks.led(this);
            engine.lead();
          },
          stepDown: (error) => engine.stepDown(error),
          reload: () => engine.reload(),
        },
      });
      this.#close = async () => {
        await this.shard?.close();
        // It says so among the values, which may not be reached.
        await members.close().catch(() => {});
        await engine.close();
      };
    });
  }

  #close = async (): Promise<void> => {};

  /** The process is gone, as by kill -9; what was not committed is gone too, and all of its tables where the disk is. */
  crash(why: string, downMs: number, losesTables = false): void {
    if (!this.process.alive) return;
    this.#world.tell(() => `${this.name} crashes: ${why}${losesTables ? ", and its tables are gone" : ""}`);
    this.process.kill();
    this.engine = undefined;
    this.shard = undefined;
    for (const connection of this.connections) connection.cut();
    this.connections.clear();
    this.store.tables.rollback();
    if (losesTables) {
      this.store.close();
      this.store = openReplica(":memory:", { cluster: "sim", shard: SHARD });
    }
    this.#world.time.after(downMs, () => this.start());
  }

  /** The process ends as it does on SIGTERM, and comes back. */
  async stop(downMs: number): Promise<void> {
    const { process } = this;
    this.#world.tell(() => `${this.name} stops`);
    await this.#close();
    if (process.alive) this.crash("it was stopped", downMs);
  }

  close(): void {
    this.process.kill();
    this.store.close();
  }

  #log(): Log {
    const tell = (fields: Record<string, unknown>, message: string): void =>
      this.#world.tell(() => `  ${this.name}: ${message} ${JSON.stringify(fields)}`);
    const error = (fields: Record<string, unknown>, message: string): void => {
      tell(fields, message);
      this.#world.count(`times "${message.slice(0, 60)}"`);
      if (message.includes("does not fit")) this.#world.demand(false, () => `${this.name}: ${String(fields["cause"])}`);
    };
    return { debug: tell, info: tell, warn: tell, error };
  }
}
