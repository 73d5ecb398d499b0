/**
 * The loop at the heart: collect commands, decide them together, append once, then carry out the effects.
 *
 * T1  One turn at a time. What arrives while a turn is being appended waits for the next one and shares its append.
 * T2  Nobody outside is told anything of a turn before its append has succeeded.
 * T3  When an append fails, its callers get the error, the state is rebuilt from the journal, and until the journal can
 *     write again every command is refused with the same error.
 * T7  Who follows decides nothing: no turn, no timer. It begins with `stepDown`, or with an append that is refused because
 *     another server leads (`not_leader`) or of which nobody knows (`outcome_unknown`), and ends with `lead`. A turn whose
 *     append was under way then comes to its end first: when it succeeds its callers are answered, when it fails it never
 *     happened. After that memory is what the journal says, and `follow` may come.
 *
 * Which commands a turn decides, and how long it waits for them, is the business of `inbox.ts` (T4 to T6).
 */
import { assert } from "../base/assert.ts";
import { OctopusError } from "../base/errors.ts";
import type { Placement } from "../base/words.ts";
import type { Calendar } from "../core/schedules/calendar.ts";
import { decide } from "../core/decide.ts";
import { type Batch, EVENT_VERSION } from "../core/event.ts";
import { place } from "../core/fleet/place.ts";
import type { Reply } from "../core/reply.ts";
import { forgetEnded, type State } from "../core/state.ts";
import { type Placing, Turn } from "../core/turn.ts";
import { type Decided, Inbox, type Item } from "./inbox.ts";
import { Memory } from "./memory.ts";
import type { Clock, Journal, Log } from "./ports.ts";

/** Attempts started in one turn. */
const PLACED_MAX = 2000;
const PROBE_MS = 1000;

/** What happens around a turn; the engine's other parts hook in here. */
export interface TurnHooks {
  /** After the append, before the callers are answered: effects are queued here. */
  appended(turn: Turn): void;
  /** The same for a turn of another server, and for one that became durable after this server had ceased to lead. */
  followed(turn: Turn): void;
  /** A write of the journal took so many milliseconds. */
  wrote?(ms: number): void;
  /** After the callers were answered: everything queued is sent. */
  flush(): void;
  /** Memory was dropped: forget everything that was derived from it, cut the workers off. */
  reset(error: unknown): void;
  /** Commands are decided again, and memory is as the journal says: what stands open there is to be taken up. */
  recovered?(): void;
  /** Memory was read anew: nobody told of what had happened meanwhile. */
  reloaded?(): void;
}

export interface TurnOptions {
  clock: Clock;
  journal: Journal;
  log: Log;
  leaseMs: number;
  calendar: Calendar;
  /** How a worker is chosen where the task does not say; absent = `spread`. */
  placement?: Placement | undefined;
  /** How long a task with large needs waits until a worker is reserved for it; absent = 30 s, Infinity = none ever is. */
  reserveAfterMs?: number | undefined;
  /** Called after every turn, for tests and the simulator. */
  inspect?: ((state: State, turn: Turn) => void) | undefined;
  /** It begins as one that follows. */
  follower?: true | undefined;
}

export class Turns {
  readonly #options: TurnOptions;
  readonly #hooks: TurnHooks;
  readonly #memory: Memory;
  readonly #inbox: Inbox;
  readonly #placing: Placing;
  #scheduled = false;
  #appending = false;
  #stopped = false;
  /** Why nothing can be written, while that is so. */
  #failure: OctopusError | undefined;
  /** Why nothing is decided here, while another server leads. */
  #following: OctopusError | undefined;
  /** How long the newest append took, in milliseconds. */
  #appendMs = 0;
  #wakeAt = Infinity;
  #cancelWake: (() => void) | undefined;
  #cancelProbe: (() => void) | undefined;
  #idle: (() => void)[] = [];
  /** Those who wait until memory holds nothing that is not durable. */
  #settling: (() => void)[] = [];

  constructor(options: TurnOptions, hooks: TurnHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#memory = new Memory(options);
    this.#placing = { policy: options.placement, reserveAfterMs: options.reserveAfterMs };
    this.#inbox = new Inbox(options.clock);
    if (options.follower === true) this.#following = FOLLOWS;
    this.#setTimer();
  }

  get state(): State {
    return this.#memory.state;
  }

  get leads(): boolean {
    return this.#following === undefined;
  }

  get ready(): boolean {
    return this.#failure === undefined && !this.#stopped && (this.leads || this.isSettled);
  }

  /** Why no command is taken now, if so. */
  get refusal(): OctopusError | undefined {
    return this.#stopped ? STOPPED : (this.#following ?? this.#failure);
  }

  get failure(): OctopusError | undefined {
    return this.#failure;
  }

  /** The state holds nothing that is not durable. */
  get isSettled(): boolean {
    return !this.#appending && !this.#memory.isStale;
  }

  /** Resolves when the state holds nothing that is not durable; undefined: that is so now. */
  settled(): Promise<void> | undefined {
    const waits = this.#appending || (!this.leads && this.#memory.isStale);
    // Who has stopped reads nothing anew.
    return waits && !this.#stopped ? new Promise<void>((resolve) => this.#settling.push(resolve)) : undefined;
  }

  /** Lets others have their turn; what is read after that is durable, until this is asked for again. */
  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
    for (let wait = this.settled(); wait !== undefined; wait = this.settled()) await wait;
  }

  /** Puts an item in the inbox; its turn comes soon. */
  push(item: Item): void {
    const refusal = this.refusal;
    if (refusal !== undefined) {
      item.failed?.(refusal);
      return;
    }
    this.#inbox.push(item);
    this.schedule();
  }

  /** Puts a command in the inbox and answers when it is durable. */
  ask(command: Item["command"]): Promise<Reply> {
    return new Promise((resolve, reject) => this.push({ command, done: resolve, failed: reject }));
  }

  /** The same, in a turn of its own (T6). */
  askAlone(command: Item["command"]): Promise<Reply> {
    return new Promise((resolve, reject) => this.push({ command, done: resolve, failed: reject, alone: true }));
  }

  /** Makes sure that a turn comes soon, even without a command. */
  schedule(): void {
    if (this.#scheduled || this.#appending || this.#stopped || !this.leads) return;
    this.#scheduled = true;
    this.#options.clock.soon(() => this.#run());
  }

  /** Stops taking commands and resolves when the turn under way is appended. */
  async stop(): Promise<void> {
    while (this.#inbox.size > 0 || this.#appending) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelProbe?.();
    this.#settle();
  }

  /** Decides from now on. The tables are at the end of the log, and memory is what they say (T7). */
  lead(): void {
    assert(!this.leads && this.isSettled && !this.#stopped, "who follows, and has caught up, may lead");
    this.#memory.takeOver();
    this.#following = undefined;
    this.#hooks.recovered?.();
    this.#setTimer();
    this.schedule();
  }

  /** Decides nothing more; resolves when memory is what the journal says (T7). */
  async stepDown(error: OctopusError): Promise<void> {
    if (this.leads) {
      this.#following = error;
      this.#failure = undefined;
      this.#cancelProbe?.();
      this.#stopTimer();
      this.#inbox.refuse(error);
      this.#hooks.reset(error);
      if (!this.#appending) this.#standBack();
    }
    await this.settled();
  }

  /** What other servers decided, and what stands in the tables by now; all of one transaction of theirs. */
  follow(batches: readonly Batch[]): void {
    assert(!this.leads && !this.#appending, "who leads has nobody to follow");
    // What cannot be read holds these already, once it can.
    if (this.#memory.isStale) return this.reload();
    try {
      for (const batch of batches) {
        const turn = this.#turn(batch.at);
        this.#memory.follow(batch, () => {
          for (const event of batch.events) turn.events.push(event);
          this.#hooks.followed(turn);
        });
      }
    } catch (error) {
      const cause = error instanceof Error ? error.stack : String(error);
      this.#options.log.error(
        { cause },
        "what the leader decided does not fit what this server holds; memory is read anew",
      );
      return this.reload();
    }
    this.#hooks.flush();
  }

  /** The tables are others than before. */
  reload(): void {
    assert(!this.leads && !this.#appending, "who leads knows what it has decided");
    this.#memory.isStale = true;
    this.#standBack(true);
  }

  /** Memory becomes what the journal says, at once or as soon as that can be read. */
  #standBack(isReplaced = false): void {
    if (this.#stopped || this.#memory.reload()) {
      this.#memory.standBack();
      if (isReplaced) this.#hooks.reloaded?.();
      return this.#settle();
    }
    const { clock } = this.#options;
    this.#cancelProbe?.();
    this.#cancelProbe = clock.wakeAt(clock.now() + PROBE_MS, () => this.#standBack(isReplaced));
    this.#wakeIdle();
  }

  #turn(now: number): Turn {
    const { leaseMs, calendar } = this.#options;
    return new Turn(this.state, now, leaseMs, calendar, this.#placing);
  }

  #run(): void {
    this.#scheduled = false;
    if (this.refusal !== undefined) return;
    if (this.#inbox.isWorthWaiting(this.state.counts.running, this.#appendMs)) return this.schedule();
    const { clock, journal } = this.#options;
    const turn = this.#turn(clock.now());
    const decided = this.#inbox.decide(turn);
    if (this.state.timers.next <= turn.now) decide(turn, { type: "Tick" });
    const placed = place(turn, PLACED_MAX);
    const isFull = placed >= PLACED_MAX;
    if (isFull || this.#inbox.size > 0) queueMicrotask(() => this.schedule());
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
        if (isFull || this.#inbox.size > 0) this.schedule();
      },
      (error: unknown) => {
        this.#appending = false;
        this.#fail(error, decided);
      },
    );
  }

  #summary() {
    const { lastTask, lastRun, counts, runCounts, armOrder } = this.state;
    return { lastTask, lastRun, counts, runCounts, arms: armOrder, meters: this.state.limits.meters.changes() };
  }

  #finish(turn: Turn, decided: readonly Decided[]): void {
    this.#options.inspect?.(this.state, turn);
    if (this.leads) this.#hooks.appended(turn);
    else this.#hooks.followed(turn);
    for (const { item, reply } of decided) item.done?.(reply, turn);
    forgetEnded(this.state);
    this.#hooks.flush();
    if (!this.leads) return this.#standBack();
    this.#setTimer();
    this.#settle();
  }

  /** Whoever waited for the append has waited enough. */
  #settle(): void {
    if (this.#settling.length > 0) for (const resolve of this.#settling.splice(0)) resolve();
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (this.#inbox.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #setTimer(): void {
    const next = this.leads ? this.state.timers.next : Infinity;
    if (next === this.#wakeAt) return;
    this.#cancelWake?.();
    this.#wakeAt = next;
    if (next === Infinity) return;
    this.#cancelWake = this.#options.clock.wakeAt(next, () => {
      this.#wakeAt = Infinity;
      this.schedule();
    });
  }

  #stopTimer(): void {
    this.#cancelWake?.();
    this.#wakeAt = Infinity;
  }

  #fail(cause: unknown, decided: readonly Decided[]): void {
    const error =
      cause instanceof OctopusError
        ? cause
        : new OctopusError("storage_failed", `could not write: ${String(cause)}`, { cause, retryable: true });
    const { log, clock } = this.#options;
    log.error(
      { code: error.code, cause: error.cause instanceof Error ? error.cause.message : undefined },
      error.message,
    );
    if (error.code === "not_leader" || error.code === "outcome_unknown") this.#following ??= error;
    if (this.leads) this.#failure = error;
    this.#stopTimer();
    for (const { item } of decided) item.failed?.(error);
    this.#inbox.refuse(error);
    this.#memory.isStale = true;
    if (this.leads) this.#memory.reload();
    else this.#standBack();
    this.#hooks.reset(error);
    if (!this.leads) return;
    this.#settle();
    this.#cancelProbe = clock.wakeAt(clock.now() + PROBE_MS, () => this.#probe());
  }

  /** Comes back to life when the journal can write again. */
  #probe(): void {
    if (this.#stopped || !this.leads) return;
    const { journal, clock, log } = this.#options;
    if (!journal.probe() || !this.#memory.reload()) {
      this.#cancelProbe = clock.wakeAt(clock.now() + PROBE_MS, () => this.#probe());
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
const FOLLOWS = new OctopusError("not_leader", "this server does not lead; ask again in a moment", { retryable: true });
