/** What all parts of one simulation share: its time, its dice, its options, its witness and its trace. */
import { createPrng, type Prng } from "../../src/base/prng.ts";
import { drawOptions, type SimOptions } from "./options.ts";
import { SimTime } from "./time.ts";

/** What a simulation found to be wrong. */
export class Violation extends Error {
  override name = "Violation";
}

/** Between a seed and that of the dice for what is about workers. */
const DICE = 2 ** 40;

export class World {
  readonly seed: number;
  readonly prng: Prng;
  readonly time = new SimTime();
  readonly options: SimOptions;
  /** Faults are over: the network is quick, whatever hung is released. */
  healed = false;
  /** Steps of the queue so far. */
  steps = 0;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #onHeal: (() => void)[] = [];

  constructor(seed: number, trace?: (line: string) => void) {
    this.seed = seed;
    this.prng = createPrng(seed);
    this.options = drawOptions(this.prng, createPrng(seed + DICE));
    this.#trace = trace;
  }

  /** How often what is worth knowing came about, for whoever asks what many seeds have exercised. */
  readonly did = new Map<string, number>();

  count(what: string): void {
    this.did.set(what, (this.did.get(what) ?? 0) + 1);
  }

  /** One line of the trace; the text is only made when somebody reads it. */
  tell(text: () => string): void {
    this.#trace?.(`${String(this.steps).padStart(6)} ${(this.time.now / 1000).toFixed(3).padStart(10)}s  ${text()}`);
  }

  /** The first thing that went wrong; whoever catches what was thrown does not undo it. */
  failure: unknown;

  /** Stops the simulation unless `condition` holds. */
  readonly demand = (condition: unknown, message: () => string): void => {
    if (condition) return;
    const violation = new Violation(message());
    this.failure ??= violation;
    throw violation;
  };

  /** Runs a check whose caller would take what it throws for an error of its own. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  /** A time with the given mean; short ones are the commonest. */
  around(meanMs: number): number {
    return -Math.log(1 - this.prng.next()) * meanMs;
  }

  onHeal(callback: () => void): void {
    this.#onHeal.push(callback);
  }

  heal(): void {
    this.healed = true;
    for (const callback of this.#onHeal.splice(0)) callback();
  }
}
