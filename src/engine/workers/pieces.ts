/**
 * Which pieces of output have come. A worker counts those of an attempt from 1, and sends again what it does not know to have
 * arrived; in a cluster they come from the server that led before, too, in their own time.
 *
 * PC1  A piece counts once, whichever way it comes and in whichever order.
 */
import type { LogChunk } from "../../protocol/link.ts";

interface Attempt {
  attempt: number;
  /** Number of the newest piece. */
  newest: number;
  /** Those before it that have not come. */
  missing?: Set<number>;
}

/** Attempts that are known; what came for one that ended long ago is not looked for. */
const ATTEMPTS_MAX = 50_000;
/** Gaps of one attempt that are remembered. */
const MISSING_MAX = 10_000;

export class Pieces {
  /** By task the attempt that prints. */
  readonly #attempts = new Map<number, Attempt>();

  /** False: this one was there already. */
  isNew({ task, attempt, seq }: LogChunk): boolean {
    if (seq === undefined) return true;
    const known = this.#attempts.get(task);
    if (known === undefined || known.attempt < attempt) {
      if (known === undefined && this.#attempts.size >= ATTEMPTS_MAX)
        this.#attempts.delete(this.#attempts.keys().next().value!);
      const begun: Attempt = { attempt, newest: 0 };
      this.#attempts.set(task, begun);
      return upTo(begun, seq);
    }
    // Of an attempt that was given up nothing is counted.
    if (attempt < known.attempt) return true;
    return seq > known.newest ? upTo(known, seq) : known.missing?.delete(seq) === true;
  }

  ended(task: number): void {
    if (this.#attempts.size > 0) this.#attempts.delete(task);
  }
}

function upTo(known: Attempt, seq: number): true {
  if (seq > known.newest + 1 && seq - known.newest <= MISSING_MAX) {
    known.missing ??= new Set();
    for (let one = known.newest + 1; one < seq; one++) known.missing.add(one);
    while (known.missing.size > MISSING_MAX) known.missing.delete(known.missing.values().next().value!);
  }
  known.newest = seq;
  return true;
}
