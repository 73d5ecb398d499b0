/** One server of many shards in a simulated process: the production host, shards and journals over tables that count. */
import { ClusterJournal } from "../../../../src/cluster/journal.ts";
import { ShardHost } from "../../../../src/cluster/host.ts";
import type { HostedShard } from "../../../../src/cluster/host-options.ts";
import { Members } from "../../../../src/cluster/members.ts";
import { type Namespace } from "../../../../src/cluster/namespaces.ts";
import { type Shard, startShard } from "../../../../src/cluster/shard.ts";
import type { Log } from "../../../../src/engine/ports.ts";
import { SimProcess } from "../../process.ts";
import type { World } from "../../world.ts";
import { SimBackend } from "../backend.ts";
import type { Service } from "../service.ts";
import { CountingEngine } from "./engine.ts";
import { CountingTables } from "./tables.ts";

/** So few that logs are trimmed, and replicas begin from snapshots. */
const SNAPSHOT_RECORDS = 20;

export interface Replica {
  readonly shard: Shard;
  readonly engine: CountingEngine;
  readonly tables: CountingTables;
}

export interface ServerHooks {
  copies: number;
  /** The server decides for the shard from now on. */
  led(server: ShardServer, shard: string, term: number): void;
  opened(shard: string): void;
}

export class ShardServer {
  readonly name: string;
  process: SimProcess;
  host: ShardHost | undefined;
  /** By name of the shard, those that are open. */
  readonly replicas = new Map<string, Replica>();
  /** It is not coming back. */
  isGone = false;
  /** By name of the namespace what lies on its disk. */
  #disk = new Map<string, { shard: string; tables: CountingTables }>();
  readonly #world: World;
  readonly #service: Service;
  readonly #hooks: ServerHooks;
  #drawn = 0;
  #starts = 0;
  #close: () => Promise<void> = async () => {};

  constructor(world: World, service: Service, name: string, hooks: ServerHooks) {
    this.#world = world;
    this.#service = service;
    this.#hooks = hooks;
    this.name = name;
    this.process = new SimProcess(world);
    this.start();
  }

  start(): void {
    if (this.host !== undefined || this.isGone) return;
    const { skewMs } = this.process;
    this.process = new SimProcess(this.#world);
    this.process.skewMs = skewMs;
    this.#starts++;
    this.#world.tell(() => `${this.name} starts (${this.#starts})`);
    const { process } = this;
    const clock = process.clock();
    const log = this.#log();
    const backend = new SimBackend(this.#service, this.name, process);
    const nonce = (): string => `${this.name}-${++this.#drawn}`;
    const members = new Members({ backend, clock, log, version: "sim" });
    const open = async (namespace: Namespace): Promise<HostedShard> => {
      const { shard } = namespace;
      const tables = this.#tablesOf(namespace);
      const shared = await backend.shard(shard);
      this.#hooks.opened(shard);
      const journal = new ClusterJournal({ tables, clock, log, nonce });
      const engine = new CountingEngine(journal, clock, () => {
        this.#hooks.led(this, shard, replica.shard.leader()?.term ?? 0);
      });
      const common = { backend, shared, members, clock, log, nonce, version: "sim" };
      const started = startShard({
        ...{ ...common, shard, engine, journal, tables },
        settings: { snapshotRecords: SNAPSHOT_RECORDS },
      });
      const replica: Replica = { shard: started, engine, tables };
      this.replicas.set(shard, replica);
      const close = async (): Promise<void> => {
        await started.close();
        this.replicas.delete(shard);
      };
      const drop = async (): Promise<void> => {
        await close();
        if (this.#disk.get(namespace.name)?.shard === shard) this.#disk.delete(namespace.name);
      };
      return { shard: started, close, drop };
    };
    const host = new ShardHost({
      ...{ backend, members, clock, words: log, nonce, open, copies: this.#hooks.copies },
      kept: () => [...this.#disk.keys()],
      discard: (name) => void this.#disk.delete(name),
    });
    this.host = host;
    host
      .start()
      .catch((error: unknown) =>
        process.enter(() => this.#world.demand(false, () => `${this.name}: ${String(error)}`)),
      );
    this.#close = async () => {
      await host.close();
      await members.close().catch(() => {});
    };
  }

  /** As kill -9 does; with its disk, where that is gone too. */
  crash(downMs: number, losesDisk = false): void {
    if (!this.process.alive) return;
    this.#world.tell(() => `${this.name} crashes${losesDisk ? ", and its disk is gone" : ""}`);
    this.#end(downMs);
    for (const { tables } of this.#disk.values()) tables.rollback();
    if (losesDisk) this.#disk.clear();
  }

  /** As SIGTERM does. */
  async stop(downMs: number): Promise<void> {
    const { process } = this;
    if (!process.alive) return;
    this.#world.tell(() => `${this.name} stops`);
    await this.#close();
    if (process.alive) this.#end(downMs);
  }

  kill(): void {
    this.process.kill();
  }

  #end(downMs: number): void {
    this.process.kill();
    this.host = undefined;
    this.replicas.clear();
    if (downMs < Infinity) this.#world.time.after(downMs, () => this.start());
    else this.isGone = true;
  }

  #tablesOf({ name, shard }: Namespace): CountingTables {
    const there = this.#disk.get(name);
    if (there?.shard === shard) return there.tables;
    const tables = new CountingTables();
    this.#disk.set(name, { shard, tables });
    return tables;
  }

  #log(): Log {
    const tell = (fields: Record<string, unknown>, message: string): void =>
      this.#world.tell(() => `  ${this.name}: ${message} ${JSON.stringify(fields)}`);
    const error = (fields: Record<string, unknown>, message: string): void => {
      tell(fields, message);
      this.#world.count(`times "${message.slice(0, 60)}"`);
    };
    return { debug: tell, info: tell, warn: tell, error };
  }
}
