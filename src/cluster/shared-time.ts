/**
 * The wall clock of a server of a cluster, where that of its machine may be wrong. What one leader says is due in a minute is
 * waited for by the next one with another clock: a clock that was an hour ahead for a second would hold what was decided in
 * that second for an hour.
 *
 * TM1  A clock that is set is not followed at once: time goes on as it did, by what only measures, until others agree with it,
 *      or until nobody contradicts it for `HOLD_MS`.
 * TM2  Where more servers agree with each other than with this machine's clock, this server goes by theirs, and says so. Of two
 *      that differ nobody knows who is right: each goes on as before.
 * TM3  Every server tells what its machine says, never what it goes by: no error is handed on as a testimony.
 * TM4  Nobody reads it before the others had a chance to say what time it is (`heard`): who starts with a clock that is wrong
 *      would go by it for a moment, and time never goes back.
 * TM5  Differences below `NEAR_MS` are left alone. Nothing of this decides who may write (LG1 does).
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../base/words.ts";
import type { Log } from "../engine/ports.ts";
import type { Bus } from "./ports.ts";

/** Words of two others were ten seconds late on a machine with sixty processes that wanted to run. */
const NEAR_MS = 30_000;
/** What a clock gains on the other one that nobody sets. */
const STEP_MS = 1000;
const HOLD_MS = 10_000;
const EVERY_MS = 1000;
const GONE_MS = 5 * EVERY_MS;
/** A word is late, never early: the earliest of so many is next to the truth. */
const WORDS_KEPT = 5;

/** At a start: the longest that others are waited for, and the second of them after the first. */
const FIRST_MS = 500;
const SECOND_MS = 150;
const LOOK_MS = 10;

const WORD = "time/word";
const ASK = "time/ask";

/** What goes on as before: what is added to the machine's clock for it, and what speaks for it. */
export interface Kept {
  readonly offset: number;
  readonly isYoung: boolean;
  /** Others agreed with it since the clock was set. */
  readonly isAgreed: boolean;
}

/** What is to be added to the machine's clock, when others say that they are so much ahead of it. */
export function offsetBy(others: readonly number[], kept: Kept): number {
  const near = (offset: number): number => others.filter((other) => Math.abs(other - offset) < NEAR_MS).length;
  const candidates = [
    { offset: kept.offset, voices: near(kept.offset) + (kept.isYoung || kept.isAgreed ? 1 : 0) },
    { offset: 0, voices: near(0) + 1 },
    // Whoever says so himself is counted, and stands alone where nobody agrees.
    ...others.map((offset) => ({ offset, voices: near(offset) })),
  ];
  const most = candidates.reduce((best, one) => (one.voices > best.voices ? one : best));
  if (Math.abs(most.offset) < NEAR_MS) return 0;
  return Math.abs(most.offset - kept.offset) < NEAR_MS ? kept.offset : most.offset;
}

export interface SharedTimeOptions {
  server: string;
  bus: Bus;
  words: Log;
  wall?: () => number;
  monotonic?: () => number;
}

interface Heard {
  /** How far that machine's clock was ahead of what only measures here, as its newest words say. */
  aheads: number[];
  at: number;
}

export class SharedTime {
  readonly #options: SharedTimeOptions;
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  readonly #heard = new Map<string, Heard>();
  readonly #ends: (() => void)[];
  #offset = 0;
  #isAgreed = false;
  #setAt = -Infinity;
  /** How far the machine's clock is ahead of what only measures. */
  #ahead: number;
  #isTold = false;

  constructor(options: SharedTimeOptions) {
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#ahead = this.#wall() - this.#monotonic();
    const { bus } = options;
    const timer = setInterval(() => this.beat(), EVERY_MS);
    timer.unref();
    this.#ends = [
      bus.subscribe(WORD, (word) => this.#hear(word)),
      bus.subscribe(ASK, () => this.#say()),
      () => clearInterval(timer),
    ];
    bus.publish(ASK, {});
    this.#say();
  }

  /** Epoch milliseconds that this server goes by. */
  now(): number {
    const machine = this.#wall();
    const ahead = machine - this.#monotonic();
    const step = ahead - this.#ahead;
    this.#ahead = ahead;
    if (Math.abs(step) > STEP_MS) this.#wasSet(step);
    return machine + this.#offset;
  }

  /** Resolves when the others have said what time it is, or there seem to be none. */
  async heard(): Promise<void> {
    const until = this.#monotonic() + FIRST_MS;
    let first = Infinity;
    while (this.#heard.size < 2 && this.#monotonic() < Math.min(until, first + SECOND_MS)) {
      if (this.#heard.size > 0) first = Math.min(first, this.#monotonic());
      await delay(LOOK_MS);
    }
    this.#judge();
  }

  /** Milliseconds that are added to what the machine says. */
  get offset(): number {
    return this.#offset;
  }

  /** Looks whether what it goes by is still what most say. */
  beat(): void {
    this.now();
    this.#say();
    this.#judge();
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #wasSet(step: number): void {
    const { words } = this.#options;
    this.#offset -= step;
    this.#setAt = this.#monotonic();
    this.#isAgreed = false;
    words.warn(
      { seconds: Math.round(step / 1000) },
      "the clock of this machine was set; the other servers are compared",
    );
    this.#judge();
  }

  #judge(): void {
    const now = this.#monotonic();
    for (const [name, { at }] of this.#heard) if (now - at > GONE_MS) this.#heard.delete(name);
    const others = [...this.#heard.values()].map(({ aheads }) => Math.max(...aheads) - this.#ahead);
    const isYoung = now - this.#setAt < HOLD_MS;
    const offset = offsetBy(others, { offset: this.#offset, isYoung, isAgreed: this.#isAgreed });
    this.#isAgreed ||= offset !== 0 && others.some((other) => Math.abs(other - offset) < NEAR_MS);
    this.#offset = offset;
    this.#tell(isYoung);
  }

  #tell(isYoung: boolean): void {
    const isOff = this.#offset !== 0 && !isYoung;
    if (isOff === this.#isTold) return;
    this.#isTold = isOff;
    const { words } = this.#options;
    const detail = { seconds: Math.round(-this.#offset / 1000) };
    if (isOff)
      words.warn(detail, "the clock of this machine is wrong by so much; this server goes by those of the others");
    else words.info({}, "the clock of this machine is right again");
  }

  #say(): void {
    const { bus, server } = this.#options;
    bus.publish(WORD, { server, at: this.#wall() });
  }

  #hear(word: Json): void {
    const { server, at } = word as { server?: unknown; at?: unknown };
    if (typeof server !== "string" || typeof at !== "number" || server === this.#options.server) return;
    const now = this.#monotonic();
    const { aheads } = this.#heard.get(server) ?? { aheads: [] };
    this.#heard.set(server, { aheads: [...aheads, at - now].slice(-WORDS_KEPT), at: now });
    this.#judge();
  }
}
