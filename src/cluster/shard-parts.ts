/** What an engine in a cluster is given in place of its store's own parts; `startShard` is given the same afterwards. */
import type { Artifacts, Clock, Log } from "../engine/ports.ts";
import { ClusterFiles } from "./artifacts.ts";
import { ClusterJournal } from "./journal.ts";
import { ClusterOutput, type FollowingLogs } from "./output.ts";
import type { ClusterBackend, ShardBackend } from "./ports.ts";
import type { ReplicaTables } from "./replica-tables.ts";

export interface ShardParts {
  shared: ShardBackend;
  /** For the engine: `journal`, `files.artifacts`, `output.logs`. */
  journal: ClusterJournal;
  files: ClusterFiles;
  output: ClusterOutput;
}

export async function shardParts(options: {
  shard: string;
  backend: ClusterBackend;
  store: { tables: ReplicaTables; artifacts: Artifacts; logs: FollowingLogs };
  clock: Clock;
  log: Log;
  nonce(): string;
  /** How long output is kept. */
  keepLogs?: { ageMs: number; bytesMax: number };
  /** How long a turn may wait for its files to be shared. */
  shareMs?: number;
}): Promise<ShardParts> {
  const { shard, backend, store, clock, log, nonce, keepLogs, shareMs } = options;
  const { tables, artifacts, logs } = store;
  const shared = await backend.shard(shard);
  const isLeading = (): boolean => journal.isLeading;
  const share = shareMs === undefined ? {} : { giveUpMs: shareMs };
  const files = new ClusterFiles({ shard, backend, artifacts, tables, clock, log, isLeading, ...share });
  const journal = new ClusterJournal({ tables, clock, log, nonce, share: (batch) => files.share(batch) });
  const keep = keepLogs === undefined ? {} : { keep: keepLogs };
  const output = new ClusterOutput({ logs, output: shared.output, clock, log, isLeading, ...keep });
  return { shared, journal, files, output };
}
