/** Servers of a cluster in one process that hold many shards: the production host, engines and stores, over ports that the test names. */
import { randomUUID } from "node:crypto";
import { ShardHost } from "../../src/cluster/host.ts";
import type { HostSettings } from "../../src/cluster/host-options.ts";
import type { ClusterBackend } from "../../src/cluster/ports.ts";
import type { ShardSettings } from "../../src/cluster/shard.ts";
import type { Log } from "../../src/engine/ports.ts";
import { openReplicaOf, startProcess, type TestProcess, type TestReplica } from "./servers.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

const QUICK_HOST: Partial<HostSettings> = {
  graceMs: 1500,
  quietMs: 300,
  fitMs: 300,
  lookMs: 50,
  handOverMs: 100,
  againMs: 200,
};

export interface TestHost {
  name: string;
  host: ShardHost;
  process: TestProcess;
  /** By name of the shard what is open here. */
  replicas: Map<string, TestReplica>;
  /** Names of shards whose replicas were dropped. */
  dropped: string[];
  stop(): Promise<void>;
  kill(): void;
}

export async function startHost(
  backend: ClusterBackend,
  options: {
    copies?: number;
    keepDeletedMs?: number;
    log?: Log;
    host?: Partial<HostSettings>;
    settings?: Partial<ShardSettings>;
    times?: { everyMs?: number; pulseMs?: number };
  } = {},
): Promise<TestHost> {
  const { copies = 2, log = SILENT, settings = {} } = options;
  const process = startProcess(backend, log, options.times);
  const replicas = new Map<string, TestReplica>();
  const dropped: string[] = [];
  const host = new ShardHost({
    ...{ backend: process.wire, members: process.members, clock: process.clock, words: log, copies },
    ...(options.keepDeletedMs !== undefined && { keepDeletedMs: options.keepDeletedMs }),
    nonce: () => randomUUID(),
    async open({ shard }) {
      const replica = await openReplicaOf(process, shard, { log, settings });
      replicas.set(shard, replica);
      const close = async (): Promise<void> => {
        await replica.close();
        replicas.delete(shard);
      };
      return {
        shard: replica.shard,
        close,
        async drop() {
          await close();
          dropped.push(shard);
        },
      };
    },
    settings: { ...QUICK_HOST, ...options.host },
  });
  await host.start();
  return {
    ...{ name: backend.server, host, process, replicas, dropped },
    async stop() {
      await host.close();
      await process.members.close();
    },
    kill: () => process.die(),
  };
}
