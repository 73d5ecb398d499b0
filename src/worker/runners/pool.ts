/**
 * The runners of a worker: for each plugin in each way of running it a group of processes that stay for the next call. A call
 * goes to one without work; behind short ones it may wait in the process itself; else another process is started for it.
 *
 * PO1  There are at most `max` runners.
 * PO2  Each call settles exactly once.
 * PO3  A runner that had nothing to do for `idleMs` ends, and so does the one that had nothing to do for longest when another
 *      plugin needs its place.
 */
import { availableParallelism } from "node:os";
import type { Call, CallEnd, CallRequest, CallSink } from "./call.ts";
import { LOOK_MS } from "./messages.ts";
import { Runner, type RunnerOwner } from "./runner.ts";
import type { ProcessEnd, RunnerCommand } from "./runner-process.ts";

/** Work that is sent ahead to one process, in time. */
const AHEAD_MS = 5;
const AHEAD_CALLS = 64;
/** What begins sooner than that has not waited. */
const AT_ONCE_MS = 1;
/** Time that a process takes to start, until one has. What others come to sooner is worth no further process. */
const START_MS = 25;
/** Share of the newest call in the time that a call is expected to take. */
const NEWEST = 0.2;

/** How a group's processes are started. */
export interface RunnerKind {
  /** Calls with the same key run in the same processes. */
  readonly key: string;
  /** Makes all ready that a process needs; rejects with what is to be told to a call. */
  prepare(signal: AbortSignal): Promise<PreparedRunner>;
}

export interface PreparedRunner extends RunnerCommand {
  /** Called when its process is gone, or was never started. */
  release(): void;
}

export interface PoolOptions {
  max: number;
  idleMs: number;
}

export interface CallHandle {
  readonly end: Promise<CallEnd>;
  /** Told to stop now, and killed after the grace. */
  stop(reason: string, graceMs: number): void;
}

interface Group {
  readonly kind: RunnerKind;
  readonly queue: Call[];
  readonly runners: Set<Runner>;
  starting: number;
  /** Time that a call takes, as far as is known. */
  meanMs: number | undefined;
  /** Time that one of its processes took to start, on a machine as busy as it was. */
  startMs: number;
}

export class RunnerPool implements RunnerOwner {
  readonly #options: PoolOptions;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Runner, Group>();
  readonly #releases = new Map<Runner, () => void>();
  /** Those that wait for a place. */
  readonly #waiting = new Set<Group>();
  readonly #ticking = new Set<Runner>();
  readonly #closing = new AbortController();
  /** Told to end, and not gone yet. */
  readonly #leaving = new Map<Runner, Group>();
  /** Those whose calls may wait for a process that is there, unless it takes longer than it seemed. */
  readonly #deferred = new Set<Group>();
  #starting = 0;
  /** Of these, those without a process yet. */
  #preparing = 0;
  #last = 0;
  #ticks: NodeJS.Timeout | undefined;
  #sweeps: NodeJS.Timeout | undefined;
  #quiet: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  call(kind: RunnerKind, request: CallRequest, sink: CallSink): CallHandle {
    const { promise: end, resolve } = Promise.withResolvers<CallEnd>();
    const n = ++this.#last;
    const call: Call = { n, request, sink, settle: resolve, killAt: undefined, stopReason: "", isTold: false };
    let group = this.#groups.get(kind.key);
    if (group === undefined) {
      group = { kind, queue: [], runners: new Set(), starting: 0, meanMs: undefined, startMs: START_MS };
      this.#groups.set(kind.key, group);
    }
    group.queue.push(call);
    this.#feed(group);
    return { end, stop: (reason, graceMs) => this.#stop(group, call, reason, graceMs) };
  }

  /** Ends all of them; what still runs is killed. Resolves when none is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#sweeps);
    this.#sweeps = undefined;
    for (const group of this.#groups.values())
      for (const call of group.queue.splice(0)) call.settle({ type: "stopped" });
    for (const runner of this.#groupOf.keys()) runner.close();
    const quiet = new Promise<void>((resolve) => this.#quiet.push(resolve));
    this.#checkQuiet();
    await quiet;
  }

  // --- what runners say ---

  ready(runner: Runner): void {
    const group = this.#groupOf.get(runner)!;
    group.startMs = Math.max(START_MS, performance.now() - runner.idleSince);
    this.#started(group);
    this.free(runner);
  }

  free(runner: Runner): void {
    const group = this.#groupOf.get(runner);
    if (group === undefined) return;
    if (group.queue.length > 0) this.#feed(group);
    if (this.#waiting.size > 0 && runner.isIdle) this.#makeRoom();
  }

  back(runner: Runner, calls: Call[]): void {
    const group = this.#groupOf.get(runner)!;
    const left = calls.filter((call) => {
      if (call.killAt !== undefined) call.settle({ type: "stopped" });
      return call.killAt === undefined;
    });
    group.queue.unshift(...left);
    // Not before it has said all that it has to say of its state.
    if (left.length > 0) queueMicrotask(() => this.#feed(group));
  }

  took(runner: Runner, ms: number): void {
    const group = this.#groupOf.get(runner)!;
    group.meanMs = group.meanMs === undefined ? ms : group.meanMs + NEWEST * (ms - group.meanMs);
  }

  gone(runner: Runner, end: ProcessEnd, wasReady: boolean): void {
    const group = this.#forget(runner);
    this.#leaving.delete(runner);
    this.#ticking.delete(runner);
    if (!wasReady) {
      // Another one would fare no better: a call hears of it, and so nobody waits without end.
      group.queue.shift()?.settle({ type: "refused", why: new Error(startFailure(end, runner.lastWords)) });
      this.#started(group);
    }
    this.#releases.get(runner)?.();
    this.#releases.delete(runner);
    this.#settleGroup(group);
    if (this.#waiting.size > 0) this.#makeRoom();
    this.#checkQuiet();
  }

  wantsTicks(runner: Runner): void {
    this.#ticking.add(runner);
    this.#startTicks();
  }

  // --- who runs what ---

  #feed(group: Group): void {
    const { queue } = group;
    while (queue.length > 0) {
      const runner = this.#choose(group);
      if (runner === undefined) break;
      runner.give(queue.shift()!);
    }
    if (queue.length > 0) this.#start(group);
    else this.#waiting.delete(group);
  }

  /**
   * The first that comes to it at once; else the one with the least before it. Filling one before the next keeps calls of
   * microseconds together, which then share their system calls, and lets the others end.
   */
  #choose({ runners, meanMs }: Group): Runner | undefined {
    const ahead = meanMs === undefined ? 1 : Math.min(AHEAD_CALLS, Math.floor(AHEAD_MS / Math.max(meanMs, 0.001)));
    let best: Runner | undefined;
    for (const runner of runners) {
      if (!runner.isOpen) continue;
      const { size } = runner;
      if (size === 0 || (size < ahead && size * meanMs! < AT_ONCE_MS)) return runner;
      if (size < ahead && size < (best?.size ?? Infinity)) best = runner;
    }
    return best;
  }

  #start(group: Group): void {
    const { queue, starting } = group;
    if (this.#closing.signal.aborted) {
      for (const call of queue.splice(0)) call.settle({ type: "stopped" });
      return;
    }
    if (starting >= queue.length || (starting > 0 && this.#starting >= availableParallelism())) return;
    if (this.#isSoonDone(group)) {
      this.#deferred.add(group);
      return this.#startTicks();
    }
    if (this.#preparing + this.#groupOf.size >= this.#options.max && !this.#evict(group)) {
      this.#waiting.add(group);
      return;
    }
    group.starting++;
    this.#starting++;
    this.#preparing++;
    void this.#prepare(group);
  }

  /** Those that are there come to what waits sooner than a new one would. */
  #isSoonDone({ queue, runners, meanMs, startMs }: Group): boolean {
    if (meanMs === undefined) return false;
    const since = performance.now() - startMs;
    let quick = 0;
    for (const runner of runners) if (runner.isQuickSince(since)) quick++;
    return queue.length * meanMs < startMs * quick;
  }

  async #prepare(group: Group): Promise<void> {
    let prepared: PreparedRunner;
    try {
      prepared = await group.kind.prepare(this.#closing.signal);
    } catch (why) {
      this.#preparing--;
      this.#started(group);
      group.queue.shift()?.settle({ type: "refused", why });
      this.#settleGroup(group);
      return this.#checkQuiet();
    }
    this.#preparing--;
    const runner = new Runner(prepared, this);
    group.runners.add(runner);
    this.#groupOf.set(runner, group);
    this.#releases.set(runner, () => prepared.release());
    if (this.#closing.signal.aborted) return runner.close();
    this.#sweeps ??= setInterval(() => this.#sweep(), Math.max(20, this.#options.idleMs / 4)).unref();
  }

  #started(group: Group): void {
    group.starting--;
    this.#starting--;
    // Others may have waited for their turn to start.
    for (const other of this.#groups.values()) if (other.queue.length > other.starting) this.#feed(other);
  }

  // --- how many there are ---

  /** Ends the one that had nothing to do for longest, and is of another group. */
  #evict(group: Group): boolean {
    let oldest: Runner | undefined;
    for (const [runner, its] of this.#groupOf)
      if (its !== group && runner.isIdle && runner.idleSince < (oldest?.idleSince ?? Infinity)) oldest = runner;
    if (oldest === undefined) return false;
    this.#drop(oldest);
    return true;
  }

  /** One of those that wait gets the place of one that has nothing to do. */
  #makeRoom(): void {
    for (const group of this.#waiting) {
      this.#waiting.delete(group);
      this.#feed(group);
      if (this.#waiting.has(group)) return;
    }
  }

  #sweep(): void {
    const until = performance.now() - this.#options.idleMs;
    for (const runner of this.#groupOf.keys()) if (runner.isIdle && runner.idleSince < until) this.#drop(runner);
    if (this.#groupOf.size > 0) return;
    clearInterval(this.#sweeps);
    this.#sweeps = undefined;
  }

  /** It counts no more from here on; its process ends by itself. */
  #drop(runner: Runner): void {
    runner.close();
    this.#leaving.set(runner, this.#groupOf.get(runner)!);
    this.#forget(runner);
  }

  #forget(runner: Runner): Group {
    const group = this.#groupOf.get(runner) ?? this.#leaving.get(runner)!;
    this.#groupOf.delete(runner);
    group.runners.delete(runner);
    return group;
  }

  #settleGroup(group: Group): void {
    if (group.queue.length > 0) return this.#feed(group);
    if (group.runners.size === 0 && group.starting === 0 && this.#groups.get(group.kind.key) === group)
      this.#groups.delete(group.kind.key);
  }

  #startTicks(): void {
    this.#ticks ??= setInterval(() => {
      const now = performance.now();
      for (const runner of this.#ticking) if (!runner.tick(now)) this.#ticking.delete(runner);
      // One that is put off again is looked at with the next tick, not with this one.
      const deferred = [...this.#deferred];
      this.#deferred.clear();
      for (const group of deferred) this.#feed(group);
      if (this.#ticking.size + this.#deferred.size > 0) return;
      clearInterval(this.#ticks);
      this.#ticks = undefined;
    }, LOOK_MS);
  }

  // --- stopping ---

  #stop(group: Group, call: Call, reason: string, graceMs: number): void {
    if (call.killAt !== undefined) return;
    call.killAt = performance.now() + graceMs;
    call.stopReason = reason;
    const at = group.queue.indexOf(call);
    if (at >= 0) {
      group.queue.splice(at, 1);
      call.settle({ type: "stopped" });
      return;
    }
    for (const runner of group.runners) runner.stop(call);
  }

  #checkQuiet(): void {
    if (this.#groupOf.size + this.#leaving.size + this.#preparing > 0) return;
    for (const resolve of this.#quiet.splice(0)) resolve();
  }
}

function startFailure({ code, signal, fault }: ProcessEnd, said: string): string {
  const how = fault ?? (signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
  const last = said.trim().split("\n").slice(-3).join("; ");
  return `the process that runs the plugin could not start: ${how}${last === "" ? "" : `; it said: ${last}`}`;
}
