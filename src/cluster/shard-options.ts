/** What a shard is given, and what it tells of itself. */
import type { OctopusError } from "../base/errors.ts";
import type { Batch } from "../core/event.ts";
import type { Clock, Log } from "../engine/ports.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { ClusterFiles } from "./artifacts.ts";
import type { AppendCounts, ClusterJournal } from "./journal.ts";
import { LEADERSHIP_TIMES, type LeadershipTimes } from "./leadership.ts";
import type { KnownMember } from "./member.ts";
import type { Members } from "./members.ts";
import type { ClusterOutput } from "./output.ts";
import type { ClusterBackend, Leadership, LogRange, ShardBackend } from "./ports.ts";
import type { Trouble } from "./repair.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";
import type { Manifest } from "./snapshot.ts";

/** What the shard needs of the engine. */
export interface ShardEngine {
  follow(batches: readonly Batch[]): void;
  lead(): void;
  stepDown(error: OctopusError): Promise<void>;
  reload(): void;
  followOutput(chunks: readonly LogChunk[]): void;
}

export interface ShardSettings extends LeadershipTimes {
  /** How long the outcome of an append may stay in doubt. */
  unknownMs: number;
  /** How long other servers are waited for that do not say how far they have come. */
  askMs: number;
  /** A log that has lost its end is believed after so long. */
  confirmMs: number;
  /** One that could not lead leaves the seat to others for so long. */
  standBackMs: number;
  /** A snapshot is made after so many records, or so many bytes of them. */
  snapshotRecords: number;
  snapshotBytes: number;
}

export const SHARD_SETTINGS: ShardSettings = {
  ...LEADERSHIP_TIMES,
  ...{ unknownMs: 10_000, askMs: 400, confirmMs: 3000, standBackMs: 3000, snapshotRecords: 100_000 },
  snapshotBytes: 512 * 1024 * 1024,
};

export interface ShardOptions {
  shard: string;
  backend: ClusterBackend;
  /** `backend.shard(name)`. */
  shared: ShardBackend;
  engine: ShardEngine;
  journal: ClusterJournal;
  tables: ReplicaTables;
  files?: ClusterFiles | undefined;
  output?: ClusterOutput | undefined;
  members: Members;
  clock: Clock;
  log: Log;
  nonce(): string;
  version: string;
  settings?: Partial<ShardSettings>;
  /** Something happened that nobody should overlook: the audit log, metrics. */
  onTrouble?(trouble: Trouble): void;
}

export type ShardRole = "leader" | "follower";

export interface ShardView {
  shard: string;
  role: ShardRole;
  leader: Leadership | undefined;
  position: Applied;
  log: LogRange | undefined;
  ready: boolean;
  /** Why it is not ready, or does not follow. */
  trouble: string | undefined;
  members: KnownMember[];
  snapshot: Manifest | undefined;
  appends: AppendCounts;
  fences: { terms: number; deposed: number };
  troubles: readonly (Trouble & { at: number })[];
}
