/**
 * Runs `leadership.ts` for one shard: hears the seat and the pulses of the others, and does what it says. What leading takes
 * is done by whoever is behind `LeadershipTasks`.
 *
 * SE1  What was heard of the seat counts as old from when this server was cut off, or held up, until the seat was read after that:
 *      another may have taken it without a word getting here. The fence (LG1) tells that to whoever appends, unless the log has
 *      lost the beginning of that term. So a leader asks the seat before it tells anybody that a turn counts.
 */
import type { Clock, Log } from "../engine/ports.ts";
import {
  follower,
  lead,
  type LeadershipAction,
  type LeadershipInput,
  type LeadershipState,
  type LeadershipTimes,
} from "./leadership.ts";
import type { Bus, Leadership, LeaderSeat } from "./ports.ts";
import type { Pulse } from "./pulse.ts";

export interface LeadershipTasks {
  /** The seat is ours: put the record that begins the term into the log. */
  begin(term: number): void;
  stepDown(reason: string): void;
  /** What a pulse says beside the term. */
  position(): { seq: number; epoch: number };
  /** Another leads, and this is how far it has come. */
  heard?(position: { seq: number; epoch: number }): void;
  leaderChanged(leadership: Leadership): void;
}

export interface SeatKeeperOptions {
  shard: string;
  server: string;
  seat: LeaderSeat;
  bus: Bus;
  pulse: Pulse;
  clock: Clock;
  words: Log;
  times: LeadershipTimes;
  /** Place of this server among those that could lead, `without` aside. */
  rank(without: string): number;
  tasks: LeadershipTasks;
}

/** A seat that nothing is heard of is looked at so often. */
const LOOK_MS = 2000;
/** Between two questions that have to have an answer. */
const AGAIN_MS = 200;
/** One that is heard of now and then: a word that it has changed may have been lost. */
const SELDOM_MS = 30_000;

export class SeatKeeper {
  readonly #options: SeatKeeperOptions;
  #state: LeadershipState;
  #ends: (() => void)[] = [];
  #lookedAt = -Infinity;
  /** How often this server was cut off or held up, and how often it had been when the seat was read last (SE1). */
  #missed = 0;
  #readAfter = 0;
  #isLooking = false;
  #closed = false;

  constructor(options: SeatKeeperOptions) {
    this.#options = options;
    const { shard, server, clock, bus, pulse } = options;
    this.#state = follower(server, clock.elapsed(), bus.isConnected);
    this.#ends = [
      bus.onConnected((isConnected) => this.put({ type: "connected", isConnected })),
      pulse.join(shard, {
        leads: () => (this.#state.role === "leader" ? { term: this.#state.term, ...this.#position() } : undefined),
        alive: (from, { term, seq, epoch }) => {
          this.put({ type: "alive", seat: { term, server: from } });
          if (term === this.#state.seat.term) options.tasks.heard?.({ seq, epoch });
        },
        changed: (leadership) => this.put({ type: "changed", seat: leadership }),
        resigned: (term) => this.put({ type: "resigned", term }),
        slept: () => this.put({ type: "slept" }),
        tick: () => this.#tick(),
      }),
    ];
    this.#tick();
  }

  get state(): LeadershipState {
    return this.#state;
  }

  /** Another server has taken the seat since that term; rejects where that is not known within that time (SE1). */
  isPast(term: number, withinMs: number): boolean | Promise<boolean> {
    if (this.#state.seat.term > term) return true;
    return this.#missed !== this.#readAfter && this.#findOut(term, withinMs);
  }

  put(input: LeadershipInput): void {
    if (this.#closed) return;
    if (input.type === "slept" || input.type === "connected") this.#missed++;
    const { clock, times, rank, tasks } = this.#options;
    const { seat: before } = this.#state;
    const [state, actions] = lead(this.#state, input, clock.elapsed(), times, () => rank(before.server));
    this.#state = state;
    const { seat } = state;
    if (seat.term !== before.term || seat.server !== before.server) tasks.leaderChanged(seat);
    for (const action of actions) this.#do(action);
  }

  /** Gives the seat back, and says so. */
  async release(term: number): Promise<void> {
    const { seat, pulse, shard } = this.#options;
    await seat.release(term);
    pulse.resign(shard, term);
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }

  #position(): { seq: number; epoch: number } {
    const { seq, epoch } = this.#options.tasks.position();
    return { seq, epoch };
  }

  #tick(): void {
    this.put({ type: "tick" });
    const { role, heardAt } = this.#state;
    const now = this.#options.clock.elapsed();
    const isHeard = role === "leader" || now - heardAt < LOOK_MS;
    if (now - this.#lookedAt >= (isHeard ? SELDOM_MS : LOOK_MS)) this.#look();
  }

  #do(action: LeadershipAction): void {
    const { tasks, pulse, server, words, shard } = this.#options;
    if (action.type === "begin") return tasks.begin(action.term);
    if (action.type === "stepDown") return tasks.stepDown(action.reason);
    if (action.type === "alive") return pulse.beat();
    const { seat } = this.#options;
    const { server: silent } = this.#state.seat;
    words.info(
      { shard, after: action.seen, silent: silent === "" ? undefined : silent },
      "taking the lead of the shard",
    );
    seat.take(server, action.seen).then(
      (term) => {
        this.put({ type: "taken", term });
        if (term === undefined) this.#look();
      },
      (error: unknown) => {
        words.warn({ shard, cause: String(error) }, "could not take the lead of the shard");
        this.put({ type: "taken", term: undefined });
        // It may be ours all the same.
        this.#look();
      },
    );
  }

  #look(): void {
    if (this.#isLooking || this.#closed) return;
    this.#isLooking = true;
    this.#read()
      .catch(() => {})
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #findOut(term: number, withinMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const until = clock.elapsed() + withinMs;
    while (this.#state.seat.term <= term) {
      try {
        await this.#read();
        break;
      } catch (error) {
        if (clock.elapsed() >= until) throw error;
      }
      await new Promise<void>((resolve) => void clock.wakeAt(clock.now() + AGAIN_MS, resolve));
    }
    return this.#state.seat.term > term;
  }

  async #read(): Promise<void> {
    const missed = this.#missed;
    const seat = await this.#options.seat.read();
    this.#readAfter = Math.max(this.#readAfter, missed);
    this.#lookedAt = this.#options.clock.elapsed();
    this.put({ type: "seat", seat });
  }
}
