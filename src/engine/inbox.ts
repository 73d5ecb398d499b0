/**
 * The commands that wait for their turn, and which of them a turn decides.
 *
 * T4  A turn stops taking commands after TURN_MS or EVENTS_MAX, so that no burst holds the loop.
 * T5  Under load a turn waits for more to decide, at most as long as the last append took: an append for three results
 *     costs as much as one for fifty. An idle engine, or a caller that everybody waits for, is never kept waiting.
 * T6  A command that changes what has ended takes that from the store. It has a turn of its own, because the store does not
 *     show what the same turn decided before it, nor would it show this command to the next.
 */
import type { OctopusError } from "../base/errors.ts";
import type { Command } from "../core/command.ts";
import { decide } from "../core/decide.ts";
import type { Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import type { Clock } from "./ports.ts";

const TURN_MS = 8;
/** Events after which a turn takes no further command: one command may hold hundreds of tasks. */
const EVENTS_MAX = 500;
/** Commands decided between two looks at the clock. */
const COMMANDS_PER_LOOK = 16;
/** Longest wait for more to decide. */
const GATHER_MS_MAX = 1;

/** A command that waits for its turn. */
export interface Item {
  /** Makes the command when its turn has come, at `now`; throws to refuse it. Undefined = there is nothing to decide. */
  command(state: State, now: number): Command | undefined;
  /** After the append. */
  done?(reply: Reply, turn: Turn): void;
  failed?(error: unknown): void;
  /** It has a turn of its own (T6). */
  alone?: boolean;
}

/** One whose turn it is, and what is answered once that turn is durable. */
export interface Decided {
  item: Item;
  reply: Reply;
}

export class Inbox {
  readonly #clock: Clock;
  #items: Item[] = [];
  /** Since when a turn waits for more; 0 = it does not. */
  #gatheringSince = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Nobody who waits gets a turn. */
  refuse(error: OctopusError): void {
    for (const item of this.#items.splice(0)) item.failed?.(error);
  }

  /** True while a larger turn is likely, because many attempts run, and the wait is short (T5). */
  isWorthWaiting(running: number, appendMs: number): boolean {
    const waiting = this.#items.length;
    if (waiting === 0 || waiting * 2 >= running) {
      this.#gatheringSince = 0;
      return false;
    }
    const now = this.#clock.elapsed();
    if (this.#gatheringSince === 0) this.#gatheringSince = now;
    if (now - this.#gatheringSince < Math.min(appendMs, GATHER_MS_MAX)) return true;
    this.#gatheringSince = 0;
    return false;
  }

  /** Decides what waits, as much as fits into the turn (T4, T6). */
  decide(turn: Turn): Decided[] {
    const decided: Decided[] = [];
    const items = this.#items;
    let taken = 0;
    while (taken < items.length) {
      const item = items[taken]!;
      if (item.alone === true && decided.length > 0) break;
      taken++;
      let command: Command | undefined;
      try {
        command = item.command(turn.state, turn.now);
      } catch (error) {
        item.failed?.(error);
        continue;
      }
      if (command !== undefined) decided.push({ item, reply: decide(turn, command) });
      if (item.alone === true && command !== undefined) break;
      if (turn.events.length >= EVENTS_MAX) break;
      if (taken % COMMANDS_PER_LOOK === 0 && this.#clock.now() - turn.now > TURN_MS) break;
    }
    this.#items = taken === items.length ? [] : items.slice(taken);
    return decided;
  }
}
