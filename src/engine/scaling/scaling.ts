/**
 * Pools of workers: looks once a second what each needs, and has workers started and let go. What is needed is core's
 * business (`core/fleet/scaling.ts`), what follows from it `steer.ts`'s; starting and ending is done by a port, outside of
 * this process. Nothing of it is in the journal: after a restart the workers that are there speak for themselves.
 *
 * SC3  A worker is ended when it has nothing left to do: it is drained first, and the command follows when it is empty.
 */
import { type PoolNeed, poolNeeds } from "../../core/fleet/scaling.ts";
import type { Worker } from "../../core/fleet/worker.ts";
import type { Turn } from "../../core/turn.ts";
import type { PoolView } from "../../protocol/worker-views.ts";
import type { Clock, Log, Scaler } from "../ports.ts";
import type { Turns } from "../turns.ts";
import { Durations } from "./durations.ts";
import {
  createMemory,
  freeName,
  noteFailure,
  noteSuccess,
  type PoolMemory,
  type PoolSettings,
  reasonOf,
  steer,
} from "./steer.ts";

const LOOK_MS = 1000;

export interface ScalingOptions {
  clock: Clock;
  log: Log;
  heartbeatMs: number;
  pools?: readonly PoolSettings[] | undefined;
  scaler?: Scaler | undefined;
}

interface Pool {
  settings: PoolSettings;
  readonly memory: PoolMemory;
  desired: number;
}

export class Scaling {
  readonly #options: ScalingOptions;
  readonly #turns: Turns;
  /** Tells a worker to end once it has nothing left to do. */
  readonly #release: (worker: string) => void;
  readonly #durations = new Durations();
  readonly #pools: Pool[];
  #cancelLook: (() => void) | undefined;
  #stopped = false;

  constructor(options: ScalingOptions, turns: Turns, release: (worker: string) => void) {
    this.#options = options;
    this.#turns = turns;
    this.#release = release;
    this.#pools = (options.pools ?? []).map((settings) => ({
      settings,
      memory: createMemory(),
      desired: settings.min,
    }));
    // Workers that were there before a restart have the time of a heartbeat or two to come back.
    if (this.#pools.length > 0) this.#lookIn(Math.max(LOOK_MS, 2 * options.heartbeatMs));
  }

  /** After a turn. */
  appended(turn: Turn): void {
    if (this.#pools.length === 0) return;
    for (const event of turn.events) this.#durations.follow(event, turn.state, turn.now);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelLook?.();
  }

  views(): PoolView[] {
    const needs = this.#needs();
    return this.#pools.map(({ settings, memory, desired }, at) => {
      const need = needs[at]!;
      const { name, labels, min, max } = settings;
      return {
        ...{ name, labels: { ...labels }, min, max, desired },
        workers: need.members.length,
        ...{ starting: memory.starting.size, draining: need.draining.length, busy: need.busy },
        slots: need.members.reduce((sum, worker) => sum + worker.slots, 0),
        ...{ backlog: need.backlog, backlogSeconds: Math.round(need.backlogMs) / 1000 },
        reason: reasonOf(settings, need, desired),
        ...(memory.scaledAt > 0 && { lastScaledAt: new Date(memory.scaledAt).toISOString() }),
        ...(memory.lastError !== undefined && { lastError: memory.lastError }),
      };
    });
  }

  #needs(): PoolNeed[] {
    const rules = this.#pools.map(({ settings }) => settings);
    return poolNeeds(this.#turns.state, rules, (lane) => this.#durations.of(lane), this.#options.clock.now());
  }

  #lookIn(ms: number): void {
    const { clock } = this.#options;
    this.#cancelLook = clock.wakeAt(clock.now() + ms, () => {
      if (this.#stopped) return;
      this.#look();
      this.#lookIn(LOOK_MS);
    });
  }

  #look(): void {
    if (!this.#turns.ready || !this.#turns.leads) return;
    for (const [at, need] of this.#needs().entries()) this.#steer(this.#pools[at]!, need);
  }

  #steer(pool: Pool, need: PoolNeed): void {
    const { settings, memory } = pool;
    const now = this.#options.clock.now();
    this.#greet(pool, need, now);
    this.#end(pool, now);
    const { desired, start, release } = steer(settings, need, memory, now);
    pool.desired = desired;
    if (start > 0 || release.length > 0) {
      const { name } = settings;
      const workers = need.members.length;
      this.#options.log.info({ pool: name, workers, desired, backlog: need.backlog }, "pool changes its size");
    }
    for (let number = 0; number < start; number++) this.#start(pool, now);
    for (const worker of release) this.#let(pool, worker, now);
  }

  /** Takes note of who has come, and of who has not. */
  #greet({ settings, memory }: Pool, { members, draining }: PoolNeed, now: number): void {
    const like = members[0];
    // What its workers are like is worth knowing when none is left to ask.
    if (like !== undefined) this.#remember(settings.name, like);
    for (const { name } of [...members, ...draining]) if (memory.starting.delete(name)) noteSuccess(memory);
    for (const [name, since] of memory.starting) {
      if (now - since < settings.startMs) continue;
      memory.starting.delete(name);
      this.#failed(settings, memory, `worker ${name} did not connect within ${settings.startMs / 1000} s`);
      void this.#options.scaler?.stop(orderOf(settings, name)).catch(() => {});
    }
  }

  #remember(name: string, like: Worker): void {
    const pool = this.#pools.find(({ settings }) => settings.name === name)!;
    if (pool.settings.like !== like) pool.settings = { ...pool.settings, like };
  }

  #start({ settings, memory }: Pool, now: number): void {
    const { workers } = this.#turns.state;
    const name = freeName(settings.name, (one) => workers.has(one) || memory.starting.has(one));
    memory.starting.set(name, now);
    this.#options.scaler?.start(orderOf(settings, name)).catch((error: unknown) => {
      memory.starting.delete(name);
      this.#failed(settings, memory, messageOf(error));
    });
  }

  /** Lets a worker go: it takes nothing new from now on. */
  #let({ settings, memory }: Pool, name: string, now: number): void {
    memory.leaving.set(name, { since: now, ordered: false });
    this.#turns.push({
      command: () => ({ type: "DrainWorker", worker: name }),
      done: () => {
        if (!settings.canStop) this.#release(name);
      },
      failed: () => memory.leaving.delete(name),
    });
  }

  /** Ends those that have nothing left to do (SC3). */
  #end({ settings, memory }: Pool, now: number): void {
    const { workers } = this.#turns.state;
    for (const [name, leaving] of memory.leaving) {
      const worker = workers.get(name);
      // It is gone; or it came again as a new process, which knows nothing of this.
      if (worker === undefined || !worker.leaving) {
        memory.leaving.delete(name);
        if (worker === undefined) this.#options.scaler?.left?.(orderOf(settings, name));
      } else if (settings.canStop && !leaving.ordered && worker.attempts.size === 0 && now >= memory.retryAt) {
        leaving.ordered = true;
        this.#options.scaler?.stop(orderOf(settings, name)).catch((error: unknown) => {
          leaving.ordered = false;
          this.#failed(settings, memory, messageOf(error));
        });
      }
    }
  }

  #failed({ name, cooldownMs }: PoolSettings, memory: PoolMemory, error: string): void {
    noteFailure(memory, error, cooldownMs, this.#options.clock.now());
    this.#options.log.warn({ pool: name, failures: memory.failures }, `pool ${name}: ${error}`);
  }
}

function orderOf({ name, labels }: PoolSettings, worker: string) {
  return { pool: name, worker, labels };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
