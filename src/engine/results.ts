/**
 * Large results on their way. Results with the same content share one file, and its reference becomes durable only with the
 * end of the attempt: until then no row speaks for it.
 *
 * R1  A file is removed only when no row refers to it and no result that would refer to it is on its way.
 */
import type { Artifacts, Library } from "./ports.ts";

export class Results {
  readonly #artifacts: Artifacts;
  readonly #library: Library;
  /** How many results with this reference wait for their append. */
  readonly #onTheirWay = new Map<string, number>();

  constructor({ artifacts, library }: { artifacts: Artifacts; library: Library }) {
    this.#artifacts = artifacts;
    this.#library = library;
  }

  /** Keeps the text durably, and from removal until `settle`. */
  keep(text: string): string {
    const reference = this.#artifacts.put(text);
    this.#onTheirWay.set(reference, (this.#onTheirWay.get(reference) ?? 0) + 1);
    return reference;
  }

  /** The end of the attempt is durable, or was refused or ignored. */
  settle(reference: string | undefined): void {
    if (reference === undefined) return;
    const left = this.#onTheirWay.get(reference)! - 1;
    if (left > 0) this.#onTheirWay.set(reference, left);
    else this.#onTheirWay.delete(reference);
  }

  /** Removes what nobody refers to. */
  remove(references: readonly string[]): void {
    const unused = references.filter((each) => !this.#onTheirWay.has(each) && !this.#library.artifactUsed(each));
    this.#artifacts.remove(unused);
  }
}
