/**
 * What a task may ask for beyond its arm and its policy: rarely used, so all of it hangs on one optional object. Plain
 * data; it stands in events and on disk, hence fields are only ever added.
 */
import type { CallbackOn, UniquePolicy, UniqueScope } from "../base/words.ts";

/** Tokens: at most `burst` at once, refilled evenly at `limit` per `perMs`. */
export interface RateLimit {
  readonly limit: number;
  readonly perMs: number;
  readonly burst: number;
}

/** At most `limit` tasks with this key run at once; among the keys of an arm the slots go round. */
export interface ConcurrencyKey {
  readonly key: string;
  readonly limit: number;
}

/** Starts of tasks with this key are limited by a bucket of tokens. */
export interface RateKey extends RateLimit {
  readonly key: string;
}

/** At most one task with this key, in the given scope. */
export interface UniqueKey {
  readonly key: string;
  readonly scope: UniqueScope;
  /** For scope `period`: for so long after the submission. */
  readonly periodMs?: number | undefined;
  readonly policy: UniquePolicy;
}

/** The result may be taken from an earlier task of equal content. */
export interface CacheRule {
  /** Hash of what runs and its input. With `files`, the content of these is still to be added. */
  readonly hash: string;
  /** Absolute or relative to the working directory of the task. */
  readonly files?: readonly string[] | undefined;
  /** How long a result may be used; 0 = as long as it is kept. */
  readonly ttlMs: number;
  /** Do not look, but keep the result for others (`--no-cache`). */
  readonly refresh?: boolean | undefined;
}

/** Amounts by name, in thousandths, so that half a core is a whole number. Memory in thousandths of a byte. */
export type Resources = Readonly<Record<string, number>>;

/** Where a task came from when no person submitted it. */
export type Origin =
  /** It tells of what happened to `task`: the delivery of a callback. */
  | { readonly type: "callback"; readonly task: number; readonly on: CallbackOn }
  | { readonly type: "schedule"; readonly schedule: string; readonly tick: number };

export interface Asks {
  /** Whose quota it counts against. */
  readonly owner?: string | undefined;
  readonly concurrency?: ConcurrencyKey | undefined;
  /** Names; each is held by one running task at a time, whatever its type or arm. */
  readonly mutex?: readonly string[] | undefined;
  readonly rate?: RateKey | undefined;
  readonly unique?: UniqueKey | undefined;
  readonly cache?: CacheRule | undefined;
  readonly resources?: Resources | undefined;
  /** What somebody wants to be told of; the callbacks themselves stand in the store. */
  readonly on?: readonly CallbackOn[] | undefined;
  readonly origin?: Origin | undefined;
}

/** What an owner may use. Absent = no limit. */
export interface Quota {
  /** Most attempts at once. */
  readonly concurrent?: number | undefined;
  /** Starts per period, counted in windows that begin with the first start. */
  readonly tasks?: { readonly limit: number; readonly perMs: number } | undefined;
  /** CPU time in milliseconds per period. What runs when it is used up runs on; nothing new starts. */
  readonly cpu?: { readonly limitMs: number; readonly perMs: number } | undefined;
}

/** What an arm is set to; see `Arm` for what it does. */
export interface ArmSettings {
  /** False = paused: nothing starts, submissions wait. */
  readonly enabled: boolean;
  /** True = nothing new is accepted; what waits still runs. */
  readonly draining: boolean;
  /** Most attempts at once; absent = no limit. */
  readonly maxParallel?: number | undefined;
  /** Share of the slots when several arms have work: 1 to 1000. */
  readonly weight: number;
  /** Most tasks that wait (blocked, scheduled, queued); beyond it submissions are refused. Absent = no limit. */
  readonly maxQueued?: number | undefined;
  readonly rate?: RateLimit | undefined;
  /** A waiting task counts as one priority higher for each such time, up to 10; 0 = strict priorities. */
  readonly agingMs: number;
  /** For tasks that do not say. */
  readonly timeoutMs?: number | undefined;
  readonly retries?: number | undefined;
  /** Function that runs tasks of this arm that have only a type. */
  readonly handler?: string | undefined;
  /** Types whose tasks come to this arm when they name none. */
  readonly types: readonly string[];
}

export const DEFAULT_ARM: ArmSettings = Object.freeze({
  enabled: true,
  draining: false,
  weight: 1,
  agingMs: 0,
  types: Object.freeze([]),
});
