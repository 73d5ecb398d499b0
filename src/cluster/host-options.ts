/** What the host of the shards is given, and what it tells of them. */
import type { Clock, Log } from "../engine/ports.ts";
import type { Members } from "./members.ts";
import type { Namespace } from "./namespaces.ts";
import type { ClusterBackend } from "./ports.ts";
import type { Shard } from "./shard.ts";

/** A namespace that this server has a replica of. */
export interface HostedShard {
  readonly shard: Shard;
  /** Hands over the lead, and ends everything of it on this server. */
  close(): Promise<void>;
  /** The same, and its folder goes. */
  drop(): Promise<void>;
}

export interface HostSettings {
  /** Replicas of a server that is gone are made anew elsewhere after so long. */
  graceMs: number;
  /** All have seen the same lists for so long before anything is moved. */
  quietMs: number;
  /** A replica has followed without trouble for so long before anything rests on it. */
  fitMs: number;
  /** Between two looks at what there is to do. */
  lookMs: number;
  /** Between two leads that are given away. */
  handOverMs: number;
  /** So many replicas are begun at once. */
  openAtOnce: number;
  /** A replica that could not be begun is tried again after so long. */
  againMs: number;
  /** Between two looks for what is kept of deleted namespaces for too long. */
  sweepMs: number;
}

export const HOST_SETTINGS: HostSettings = {
  ...{ graceMs: 30_000, quietMs: 3000, fitMs: 3000, lookMs: 1000, handOverMs: 1000, openAtOnce: 3, againMs: 5000 },
  sweepMs: 600_000,
};

export interface ShardHostOptions {
  backend: ClusterBackend;
  members: Members;
  clock: Clock;
  words: Log;
  /** Servers that hold a replica of each shard but `default`. */
  copies: number;
  /** How long the last snapshot and the files of a namespace that was deleted are kept; without it 30 days. */
  keepDeletedMs?: number;
  nonce(): string;
  open(namespace: Namespace): Promise<HostedShard>;
  /** Names of the namespaces of which something lies here when the server begins. */
  kept?(): readonly string[];
  /** What lies here of this namespace is of none that there is. */
  discard?(name: string): Promise<void> | void;
  /** Nothing of this shard of a deleted namespace is kept any more. */
  forget?(shard: string): Promise<void>;
  settings?: Partial<HostSettings>;
}

export interface HostView {
  readonly server: string;
  readonly role: "leader" | "follower" | "starting" | "gone";
  readonly seq: number;
  readonly lag: number;
}

export interface HostedView {
  readonly name: string;
  readonly shard: string;
  /** When the namespace was made; 0 = with the cluster. */
  readonly at: number;
  readonly leader?: string;
  readonly term?: number;
  /** `moving`: a copy or the lead goes to another server. `nobody`: nobody leads. */
  readonly state: "ok" | "moving" | "starting" | "nobody" | "removing";
  readonly reason?: string;
  /** Newest record of its log, as the leader said. */
  readonly last?: number;
  readonly hosts: readonly HostView[];
}
