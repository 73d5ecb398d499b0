/** Work that comes in bursts, done a few milliseconds at a stretch, in its order, so that others get the loop in between. */

const STRETCH_MS = 4;

export class BurstQueue {
  #waiting: (() => void)[] = [];
  #isBusy = false;

  get length(): number {
    return this.#waiting.length;
  }

  /** Done at once when nothing waits. */
  add(work: () => void): void {
    if (this.#isBusy) {
      this.#waiting.push(work);
      return;
    }
    // What comes in the same tick waits: the first of a burst is not known to be one.
    this.#isBusy = true;
    setImmediate(() => this.#goOn());
    work();
  }

  #goOn(): void {
    const end = performance.now() + STRETCH_MS;
    let done = 0;
    while (done < this.#waiting.length && performance.now() < end) this.#waiting[done++]!();
    this.#waiting = done === this.#waiting.length ? [] : this.#waiting.slice(done);
    this.#isBusy = this.#waiting.length > 0;
    if (this.#isBusy) setImmediate(() => this.#goOn());
  }
}
