/**
 * Large results and files of attempts on their way. What has the same content shares one file, and its reference becomes
 * durable only with the end of the attempt: until then no row speaks for it.
 *
 * R1  A file is removed only when no row refers to it and no result that would refer to it is on its way.
 * R2  A file that came in and that no row refers to a day later is removed: its attempt was lost before it could tell.
 */
import type { Artifacts, ArtifactSink, Library } from "./ports.ts";

/** How long a file that no attempt has told of may lie there. */
const FORGOTTEN_MS = 86_400_000;

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
    this.expect(reference);
    return reference;
  }

  /** Keeps what was put from removal until `settle`. */
  expect(reference: string): void {
    this.#onTheirWay.set(reference, (this.#onTheirWay.get(reference) ?? 0) + 1);
  }

  /** Takes in a file of an attempt that has not ended yet. */
  sink(): ArtifactSink {
    const sink = this.#artifacts.sink();
    return {
      write: (chunk) => sink.write(chunk),
      abort: () => sink.abort(),
      commit: () => {
        const kept = sink.commit();
        this.expect(kept.sha256);
        return kept;
      },
    };
  }

  has(reference: string): boolean {
    return this.#artifacts.has(reference);
  }

  /** Undefined: those that are not here are nowhere. */
  bring(references: readonly string[]): Promise<void> | undefined {
    const missing = references.filter((each) => !this.#artifacts.has(each));
    return missing.length === 0 ? undefined : this.#artifacts.bring?.(missing);
  }

  /** The end of the attempt is durable, or was refused or ignored. */
  settle(reference: string | undefined): void {
    if (reference === undefined) return;
    const left = (this.#onTheirWay.get(reference) ?? 1) - 1;
    if (left > 0) this.#onTheirWay.set(reference, left);
    else this.#onTheirWay.delete(reference);
  }

  /** Removes what nobody refers to. */
  remove(references: readonly string[]): void {
    const unused = references.filter((each) => !this.#onTheirWay.has(each) && !this.#library.artifactUsed(each));
    this.#artifacts.remove(unused);
  }

  /** A step of a walk over all files: removes those that nobody has told of for a day. */
  sweep(now: number): void {
    const stale = this.#artifacts.stale(now - FORGOTTEN_MS);
    for (const reference of stale) this.#onTheirWay.delete(reference);
    this.remove(stale);
  }
}
