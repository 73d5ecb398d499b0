/**
 * Waits for a word that something is there. Words may be lost, so it looks by itself, too: soon after something came, seldom
 * while nothing does, and at once when the connection that hears words is there again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Words } from "./words-line.ts";

const LOOK_MS_MIN = 1000;
const LOOK_MS_MAX = 8000;

export class Lookout {
  readonly #ends: (() => void)[];
  #lookMs = LOOK_MS_MIN;
  #isStirred = false;
  #wake: () => void = () => {};

  constructor(words: Words, topic: string, signal: AbortSignal) {
    const stir = (): void => {
      this.#isStirred = true;
      this.#wake();
    };
    signal.addEventListener("abort", stir, { once: true });
    this.#ends = [
      words.hear(topic, stir),
      words.onConnected((isConnected) => isConnected && stir()),
      () => signal.removeEventListener("abort", stir),
    ];
  }

  /** Called before a look: what is said from now on is not missed. */
  look(): void {
    this.#isStirred = false;
  }

  /** Something was found. */
  found(): void {
    this.#lookMs = LOOK_MS_MIN;
  }

  /** Resolves when it is time to look again. */
  async idle(): Promise<void> {
    if (this.#isStirred) return;
    const resting = new AbortController();
    const stirred = new Promise<void>((resolve) => (this.#wake = resolve));
    await Promise.race([
      stirred,
      delay(this.#lookMs, undefined, { signal: resting.signal, ref: false }).catch(() => {}),
    ]);
    resting.abort();
    this.#lookMs = Math.min(this.#lookMs * 2, LOOK_MS_MAX);
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
