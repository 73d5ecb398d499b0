/**
 * A worker whose name another process has. Whoever has it may be about to leave, or be gone without a word, so it is asked for
 * again; somebody who has started two under one name by mistake sees one of them end.
 *
 * TN1  One that was never let in gives up after `TAKEN_MS_MAX`, which is longer than a lease. One that has worked under the
 *      name asks for ever: it may hold results.
 */

const TAKEN_MS_MAX = 60_000;

export class TakenName {
  #wasIn = false;
  #since: number | undefined;

  welcomed(): void {
    this.#wasIn = true;
  }

  /** The server says `reason`. What to say of it, and whether to give up. */
  heard(reason: string, now: number): { isOver: boolean; words: string } {
    this.#since ??= now;
    if (this.#wasIn) return { isOver: false, words: `${reason}. Trying again until the name is free` };
    const isOver = now - this.#since > TAKEN_MS_MAX;
    return { isOver, words: isOver ? reason : `${reason}. Trying again for ${TAKEN_MS_MAX / 1000} s` };
  }
}
