/** The parts of the engine's offer that are about workers, and about who may do what. */
import type { WorkerState } from "../base/words.ts";
import type { Token } from "../core/access/access.ts";
import type { LabelTerm } from "../core/asks.ts";
import type { TokenDefinition } from "../core/access/events.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { PoolView, UsageHistory, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";

export type { Token, TokenDefinition };

export interface WorkerFilter {
  state?: readonly WorkerState[] | undefined;
  labels?: readonly LabelTerm[] | undefined;
}

export interface FleetApi {
  /** Those in one of these states whose labels are as asked; without a filter, every worker that was ever here. */
  workers(filter?: WorkerFilter): WorkerView[];
  /** One worker, with what runs there. */
  worker(name: string): WorkerDetail | undefined;
  usage(worker: string, span: "hour" | "day"): UsageHistory | undefined;
  /** Of these workers (all), in at most `points` points each; those of which nothing is known are left out. */
  usages(span: "hour" | "day", points: number, workers?: readonly string[]): UsageHistory[];
  /** Lets it end what it runs and gives it nothing new, until it is resumed; also one that is away. */
  drain(worker: string): Promise<WorkerView>;
  resume(worker: string): Promise<WorkerView>;
  /** Takes a worker that is gone off the list, with its keys. */
  forget(worker: string): Promise<void>;
  pools(): PoolView[];
}

export interface AccessApi {
  /** Tells this data directory from others; made at its first start. */
  cluster(): string;
  /** Keeps a token. The secret never comes here: only its hash. */
  createToken(token: TokenDefinition): Promise<void>;
  revokeToken(id: string): Promise<void>;
  token(id: string): Token | undefined;
  tokens(): Token[];
  /** Lets whoever holds the key be a worker of this name. */
  trustKey(worker: string, key: string, by: string): Promise<void>;
  /** Without a key: all of them. */
  untrustKey(worker: string, key?: string): Promise<void>;
  /** The arm that a task would go to now, for tokens that are bound to arms; throws `invalid` for one that is not there. */
  armOf(spec: Pick<TaskSpec, "arm" | "type">): string;
  /** Keys that this worker may have, with the time since when (epoch milliseconds). */
  keys(worker: string): ReadonlyMap<string, number>;
}
