/**
 * What a server of a cluster is given beside its engine: who leads, the way there, how far this replica is. Absent in
 * `ServerOptions`: the server stands alone, and pays nothing for any of it.
 */
import type { Duplex } from "node:stream";
import type { ClusterView, SnapshotView } from "../protocol/cluster-view.ts";

/**
 * How far a replica is. Numbers of one epoch can be compared; a log that was repaired or restored begins a new one, which
 * settles what became of the one before.
 */
export interface Position {
  readonly seq: number;
  /** Undefined, in what is asked for: whoever asks does not know of epochs. */
  readonly epoch?: number | undefined;
}

/** Who leads now. */
export interface Leader {
  /** Name of the server. */
  readonly server: string;
  readonly term: number;
  readonly isHere: boolean;
}

export interface ClusterDoor {
  /** Name of this server in the cluster. */
  readonly server: string;
  /** Name of the cluster. */
  readonly name: string;
  readonly shard: string;
  /** Undefined: nobody leads, or nobody is heard. */
  leader(): Leader | undefined;
  /** So long nobody is known to lead, milliseconds; Infinity: since this server began. */
  ledMs(): number;
  /** Calls at each change, until stopped. */
  onLeader(listener: (leader: Leader | undefined) => void): () => void;
  /** A stream of bytes to that server; errors come as its `error`. */
  connect(server: string): Duplex;
  /** Streams that other servers open to this one. Nobody else can: the way between servers asks for their credentials. */
  accept(listener: (stream: Duplex) => void): () => void;
  /** The last record that is applied here. */
  position(): Position;
  /** True when this record is applied here, or its epoch is over; false when neither was so within the time. */
  waitFor(position: Position, ms: number): Promise<boolean>;
  /** Undefined: it can be read here. Otherwise why not, for a person. */
  notReady(): string | undefined;
  /** Names of the other servers that have replicas, those among them that do not answer now. */
  others(): Promise<readonly string[]>;
  /** Where the servers of the cluster are reached. */
  urls(): readonly string[];
  view(): Promise<ClusterView>;
  /** Lets another server lead; resolves when this one does not lead any more. */
  stepDown(): Promise<void>;
  snapshot(): Promise<SnapshotView>;
  /** A person says that servers which had applied more than the log holds are not coming back. */
  repair(): void;
  /** Prometheus text. */
  metrics(): string;
}
