/**
 * The loop at the heart: collect commands, decide them together, append once, then carry out the effects.
 *
 * T1  One turn at a time. What arrives while a turn is being appended waits for the next one and shares its append.
 * T2  Nobody outside is told anything of a turn before its append has succeeded.
 * T3  When an append fails, its callers get the error, the state is rebuilt from the journal, and until the journal can
 *     write again every command is refused with the same error.
 * T4  A turn stops taking commands after TURN_MS or EVENTS_MAX, so that no burst holds the loop.
 * T5  Under load a turn waits for more to decide, at most as long as the last append took: an append for three results
 *     costs as much as one for fifty. An idle engine, or a caller that everybody waits for, is never kept waiting.
 * T6  A command that changes what has ended takes that from the store. It has a turn of its own, because the store does not
 *     show what the same turn decided before it, nor would it show this command to the next.
 */
import { OctopusError } from "../base/errors.ts";
import type { Placement } from "../base/words.ts";
import type { Calendar } from "../core/schedules/calendar.ts";
import { decide } from "../core/decide.ts";
import type { Command } from "../core/command.ts";
import { EVENT_VERSION } from "../core/event.ts";
import { loadState } from "../core/load.ts";
import { place } from "../core/fleet/place.ts";
import type { Reply } from "../core/reply.ts";
import { createState, forgetEnded, type State } from "../core/state.ts";
import { Turn } from "../core/turn.ts";
import type { Clock, Journal, Log } from "./ports.ts";

const TURN_MS = 8;
/** Events after which a turn takes no further command: one command may hold hundreds of tasks. */
const EVENTS_MAX = 500;
/** Commands decided between two looks at the clock. */
const COMMANDS_PER_LOOK = 16;
/** Attempts started in one turn. */
const PLACED_MAX = 2000;
const PROBE_MS = 1000;
/** Longest wait for more to decide. */
const GATHER_MS_MAX = 1;

/** A command that waits for its turn. */
export interface Item {
  /** Makes the command when its turn has come; throws to refuse it. Undefined = there is nothing to decide. */
  command(state: State): Command | undefined;
  /** After the append. */
  done?(reply: Reply, turn: Turn): void;
  failed?(error: unknown): void;
  /** It has a turn of its own (T6). */
  alone?: boolean;
}

/** What happens around a turn; the engine's other parts hook in here. */
export interface TurnHooks {
  /** After the append, before the callers are answered: effects are queued here. `decided` were the turn's commands. */
  appended(turn: Turn): void;
  /** A write of the journal took so many milliseconds. */
  wrote?(ms: number): void;
  /** After the callers were answered: everything queued is sent. */
  flush(): void;
  /** Memory was dropped: forget everything that was derived from it, cut the workers off. */
  reset(error: unknown): void;
  /** The journal can be written again, and memory is as it says: what stands open there is to be taken up. */
  recovered?(): void;
}

export interface TurnOptions {
  clock: Clock;
  journal: Journal;
  log: Log;
  leaseMs: number;
  calendar: Calendar;
  /** How a worker is chosen where the task does not say; absent = `spread`. */
  placement?: Placement | undefined;
  /** Called after every turn, for tests and the simulator. */
  inspect?: ((state: State, turn: Turn) => void) | undefined;
}

export class Turns {
  state: State;
  readonly #options: TurnOptions;
  readonly #hooks: TurnHooks;
  #inbox: Item[] = [];
  #scheduled = false;
  #appending = false;
  #stopped = false;
  /** Why nothing can be written, while that is so. */
  #failure: OctopusError | undefined;
  /** The state holds what was not written. */
  #stale = false;
  /** How long the newest append took, in milliseconds; and when the present inbox began to fill. */
  #appendMs = 0;
  #gatheringSince = 0;
  #wakeAt = Infinity;
  #cancelWake: (() => void) | undefined;
  #idle: (() => void)[] = [];

  constructor(options: TurnOptions, hooks: TurnHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.state = this.#load();
    this.#setTimer();
  }

  get ready(): boolean {
    return this.#failure === undefined && !this.#stopped;
  }

  get failure(): OctopusError | undefined {
    return this.#failure;
  }

  /** The state holds nothing that is not durable. */
  get isSettled(): boolean {
    return !this.#appending && !this.#stale;
  }

  /** Puts an item in the inbox; its turn comes soon. */
  push(item: Item): void {
    const refusal = this.#stopped ? STOPPED : this.#failure;
    if (refusal !== undefined) {
      item.failed?.(refusal);
      return;
    }
    this.#inbox.push(item);
    this.schedule();
  }

  /** Puts a command in the inbox and answers when it is durable. */
  ask(command: (state: State) => Command | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => this.push({ command, done: resolve, failed: reject }));
  }

  /** The same, in a turn of its own (T6). */
  askAlone(command: (state: State) => Command | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => this.push({ command, done: resolve, failed: reject, alone: true }));
  }

  /** Makes sure that a turn comes soon, even without a command. */
  schedule(): void {
    if (this.#scheduled || this.#appending || this.#stopped) return;
    this.#scheduled = true;
    this.#options.clock.soon(() => this.#run());
  }

  /** Stops taking commands and resolves when the turn under way is appended. */
  async stop(): Promise<void> {
    while (this.#inbox.length > 0 || this.#appending) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#stopped = true;
    this.#cancelWake?.();
  }

  #load(): State {
    const { journal, clock, leaseMs } = this.#options;
    return loadState(journal.load(), clock.now(), leaseMs);
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped || this.#failure !== undefined) return;
    if (this.#worthWaiting()) return this.schedule();
    const { clock, journal, leaseMs, calendar, placement } = this.#options;
    const turn = new Turn(this.state, clock.now(), leaseMs, calendar, placement);
    const decided: { item: Item; reply: Reply }[] = [];
    this.#decideAll(turn, decided);
    if (this.state.timers.next <= turn.now) decide(turn, { type: "Tick" });
    const placed = place(turn, PLACED_MAX);
    const isFull = placed >= PLACED_MAX;
    if (isFull || this.#inbox.length > 0) queueMicrotask(() => this.schedule());
    if (turn.events.length === 0) return this.#finish(turn, decided);
    let pending: void | Promise<void>;
    const startedAt = clock.elapsed();
    try {
      pending = journal.append({ version: EVENT_VERSION, at: turn.now, events: turn.events }, this.#summary());
    } catch (error) {
      return this.#fail(error, decided);
    }
    this.#appendMs = clock.elapsed() - startedAt;
    this.#hooks.wrote?.(this.#appendMs);
    if (pending === undefined) return this.#finish(turn, decided);
    this.#appending = true;
    pending.then(
      () => {
        this.#appending = false;
        this.#finish(turn, decided);
        if (isFull || this.#inbox.length > 0) this.schedule();
      },
      (error: unknown) => {
        this.#appending = false;
        this.#fail(error, decided);
      },
    );
  }

  /** True while a larger turn is likely and the wait is short (T5). */
  #worthWaiting(): boolean {
    const waiting = this.#inbox.length;
    if (waiting === 0 || waiting * 2 >= this.state.counts.running) {
      this.#gatheringSince = 0;
      return false;
    }
    const now = this.#options.clock.elapsed();
    if (this.#gatheringSince === 0) this.#gatheringSince = now;
    if (now - this.#gatheringSince < Math.min(this.#appendMs, GATHER_MS_MAX)) return true;
    this.#gatheringSince = 0;
    return false;
  }

  #decideAll(turn: Turn, decided: { item: Item; reply: Reply }[]): void {
    const { clock } = this.#options;
    const inbox = this.#inbox;
    const start = turn.now;
    let taken = 0;
    while (taken < inbox.length) {
      const item = inbox[taken]!;
      if (item.alone === true && decided.length > 0) break;
      taken++;
      let command: Command | undefined;
      try {
        command = item.command(this.state);
      } catch (error) {
        item.failed?.(error);
        continue;
      }
      if (command !== undefined) decided.push({ item, reply: decide(turn, command) });
      if (item.alone === true && command !== undefined) break;
      if (turn.events.length >= EVENTS_MAX) break;
      if (taken % COMMANDS_PER_LOOK === 0 && clock.now() - start > TURN_MS) break;
    }
    this.#inbox = taken === inbox.length ? [] : inbox.slice(taken);
  }

  #summary() {
    const { lastTask, lastRun, counts, runCounts, armOrder } = this.state;
    return { lastTask, lastRun, counts, runCounts, arms: armOrder, meters: this.state.limits.meters.changes() };
  }

  #finish(turn: Turn, decided: readonly { item: Item; reply: Reply }[]): void {
    this.#options.inspect?.(this.state, turn);
    this.#hooks.appended(turn);
    for (const { item, reply } of decided) item.done?.(reply, turn);
    forgetEnded(this.state);
    this.#hooks.flush();
    this.#setTimer();
    if (this.#inbox.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #setTimer(): void {
    const next = this.state.timers.next;
    if (next === this.#wakeAt) return;
    this.#cancelWake?.();
    this.#wakeAt = next;
    if (next === Infinity) return;
    this.#cancelWake = this.#options.clock.wakeAt(next, () => {
      this.#wakeAt = Infinity;
      this.schedule();
    });
  }

  #fail(cause: unknown, decided: readonly { item: Item }[]): void {
    const error =
      cause instanceof OctopusError
        ? cause
        : new OctopusError("storage_failed", `could not write: ${String(cause)}`, { cause, retryable: true });
    this.#failure = error;
    this.#options.log.error(
      { code: error.code, cause: error.cause instanceof Error ? error.cause.message : undefined },
      error.message,
    );
    this.#cancelWake?.();
    this.#wakeAt = Infinity;
    for (const { item } of decided) item.failed?.(error);
    for (const item of this.#inbox.splice(0)) item.failed?.(error);
    this.#stale = true;
    this.#reload();
    this.#hooks.reset(error);
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#options.clock.wakeAt(this.#options.clock.now() + PROBE_MS, () => this.#probe());
  }

  /** What was decided and not written never happened: nobody may read it. False while the journal cannot be read. */
  #reload(): boolean {
    if (!this.#stale) return true;
    try {
      this.state = this.#load();
      this.#stale = false;
    } catch (error) {
      const { clock, log } = this.#options;
      this.state = createState();
      log.error(
        { at: clock.now() },
        `the journal cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return !this.#stale;
  }

  /** Comes back to life when the journal can write again. */
  #probe(): void {
    if (this.#stopped) return;
    const { journal, clock, log } = this.#options;
    if (!journal.probe() || !this.#reload()) {
      clock.wakeAt(clock.now() + PROBE_MS, () => this.#probe());
      return;
    }
    this.#failure = undefined;
    log.info({}, "the journal can be written again; serving");
    this.#hooks.recovered?.();
    this.#setTimer();
    this.schedule();
  }
}

const STOPPED = new OctopusError("not_ready", "the engine is stopping", { retryable: true });
