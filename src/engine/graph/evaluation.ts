/** The evaluator, loaded with the first task that says something: most servers never need it. */
import type { Evaluator, Outside } from "../ports.ts";

export class Evaluation {
  readonly #outside: Pick<Outside, "evaluator">;
  #evaluator: Evaluator | undefined;
  #loading: Promise<Evaluator> | undefined;

  constructor(outside: Pick<Outside, "evaluator">) {
    this.#outside = outside;
  }

  /** It, if it is there already. */
  get loaded(): Evaluator | undefined {
    return this.#evaluator;
  }

  /** Loads it, for whoever comes later. */
  begin(): void {
    this.load().catch(() => {});
  }

  load(): Promise<Evaluator> {
    return (this.#loading ??= this.#load());
  }

  async #load(): Promise<Evaluator> {
    try {
      this.#evaluator = await this.#outside.evaluator();
      return this.#evaluator;
    } catch (error) {
      // Asked again, it may be there.
      this.#loading = undefined;
      throw error;
    }
  }
}
