/**
 * A fenced append whose outcome is known at the end, or said not to be. Everything that stands in a log was put there by it.
 *
 * AP1  `appended`: the record is number `after + 1`. `refused`: it is not in the log and never will be, because another
 *      record has its number. `unknown`: it may be there, or arrive until somebody else appends; only that ends the doubt.
 *      Where another record has its number in a log whose end went back, it may have been there before, and in the tables
 *      from which the log was repaired: that stays `unknown`, too.
 * AP2  While the outcome is in doubt the very same bytes are sent again with the same number: they can be stored once at
 *      most (LG1), and their nonce tells them from any other record (RC2).
 * AP3  The fence is a number, and a log whose end went back gives numbers again. So what is in doubt, or comes after the log
 *      was out of reach, is sent only while the record before it is the one that it names.
 */
import type { Clock, Log } from "../engine/ports.ts";
import type { ReplicatedLog } from "./ports.ts";
import { chainOf, decode } from "./record.ts";

export type Outcome = "appended" | "refused" | "unknown";

export interface AppendOptions {
  log: ReplicatedLog;
  clock: Clock;
  words: Log;
  /** After so long the doubt stays. */
  giveUpMs: number;
  /** The log was out of reach since the record before (AP3). */
  looksFirst?: boolean;
}

const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;

export function appendFenced(options: AppendOptions, bytes: Uint8Array, after: number): Promise<Outcome> {
  const { clock, giveUpMs } = options;
  return new Promise((resolve) => {
    const attempt = new Attempt(options, bytes, after);
    const cancel = clock.wakeAt(clock.now() + giveUpMs, () => {
      attempt.isGivenUp = true;
      resolve("unknown");
    });
    void attempt.run().then((outcome) => {
      cancel();
      resolve(outcome);
    });
  });
}

class Attempt {
  isGivenUp = false;
  readonly #options: AppendOptions;
  readonly #bytes: Uint8Array;
  readonly #after: number;

  constructor(options: AppendOptions, bytes: Uint8Array, after: number) {
    this.#options = options;
    this.#bytes = bytes;
    this.#after = after;
  }

  async run(): Promise<Outcome> {
    const { log, words, looksFirst = false } = this.#options;
    let inDoubt = false;
    for (let tries = 0; !this.isGivenUp; tries++) {
      try {
        const seen = inDoubt || looksFirst ? await this.#look() : "free";
        if (seen === "appended") return seen;
        // What was never sent did not happen, whatever became of the log.
        if (seen === "refused" || seen === "unknown") return inDoubt ? seen : "refused";
        if (seen === "free") {
          const answer = await log.append(this.#bytes, this.#after);
          if (answer === "appended" || !inDoubt) return answer;
        }
      } catch (error) {
        if (tries === 0)
          words.warn({ after: this.#after, cause: String(error) }, "an append has no answer; asking again");
        inDoubt = true;
      }
      await this.#pause(tries);
    }
    return inDoubt ? "unknown" : "refused";
  }

  /**
   * Whether the number is taken, by an earlier try of ours or by another record, or free after the record that ours names.
   * `unseen`: that record is not to be seen now: a backend whose own leader has just changed may be a little behind, or the
   * log's end went back.
   */
  async #look(): Promise<Outcome | "free" | "unseen"> {
    const { log } = this.#options;
    const found = await log.get(this.#after + 1);
    if (found !== undefined) {
      if (isSame(found.bytes, this.#bytes)) return "appended";
      return isSuccessor(found.bytes, this.#bytes) ? "refused" : "unknown";
    }
    const own = decode(this.#bytes);
    if (this.#after === 0 || own.kind === "foreign") return "free";
    const before = await log.get(this.#after);
    if (before === undefined) return "unseen";
    return chainOf(before.bytes) === own.chain ? "free" : "unknown";
  }

  #pause(tries: number): Promise<void> {
    const { clock } = this.#options;
    const ms = Math.min(RETRY_MS_MIN * 2 ** Math.min(tries, 10), RETRY_MS_MAX);
    return new Promise((resolve) => void clock.wakeAt(clock.now() + ms, resolve));
  }
}

/** The other came right after the same record, and the log has not been repaired there. */
function isSuccessor(other: Uint8Array, own: Uint8Array): boolean {
  const [one, two] = [decode(other), decode(own)];
  if (one.kind === "foreign" || two.kind === "foreign") return one.kind === two.kind;
  return one.kind !== "base" && one.chain === two.chain;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
