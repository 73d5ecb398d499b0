/**
 * What a task may ask for beyond its arm and its policy: rarely used, so all of it hangs on one optional object. Plain
 * data; it stands in events and on disk, hence fields are only ever added.
 */
import type { CallbackOn, LabelOp, Placement, UniquePolicy, UniqueScope } from "../base/words.ts";

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

/** By resource the units that it wants, by their places among those of the worker: `{gpu: [0, 2]}`. */
export type Units = Readonly<Record<string, readonly number[]>>;

/** What stands there under this name; names are people's own, and `constructor` is one like any other. */
export function named<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** One thing that is said of a label. `values` has one for `==` and `!=`, none for `exists` and `not exists`. */
export interface LabelTerm {
  readonly label: string;
  readonly op: LabelOp;
  readonly values: readonly string[];
}

/** Where a task may run, and where it would rather run. All of `labels` must hold. */
export interface Target {
  readonly labels?: readonly LabelTerm[] | undefined;
  /** Of the workers that fit, those with the greatest sum of weights (-100 to 100) are first. */
  readonly prefer?: readonly { readonly labels: readonly LabelTerm[]; readonly weight: number }[] | undefined;
  /** No two tasks with this key are on one worker at once. */
  readonly apart?: string | undefined;
  /** Tasks of its class are spread evenly over the values of this label, as far as there is room. `worker` = the name. */
  readonly spread?: string | undefined;
  /** Absent = what the server is set to. */
  readonly policy?: Placement | undefined;
  /** It would rather run where what it needs ran, as files of that are there already. */
  readonly near?: true | undefined;
}

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
  /** Certain units of its resources, where any will not do; as many as `resources` says. */
  readonly units?: Units | undefined;
  readonly target?: Target | undefined;
  /** What somebody wants to be told of; the callbacks themselves stand in the store. */
  readonly on?: readonly CallbackOn[] | undefined;
  readonly origin?: Origin | undefined;
  /** The plugin that it asks for by a version of it: `report@3`. */
  readonly plugin?: string | undefined;
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
