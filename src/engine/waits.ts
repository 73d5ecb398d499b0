/**
 * Callers that wait for a task or a run to end.
 *
 * WT1  Who is woken looks again: what has ended may have been begun again by now. A follower applies many turns at once, and
 *      the end is then nowhere to be seen. So a wait is over when its subject is not live any more, or its time is.
 */

/** What is waited for. */
export interface Awaited {
  /** `t12`, `r3`. */
  subject: string;
  /** It has not ended, as far as is durable. */
  isLive(): boolean;
  /** Calls back when the time is over; answers what stops that. */
  timeout(callback: () => void): () => void;
  signal?: AbortSignal | undefined;
}

export class Waits {
  readonly #waiting = new Map<string, Set<() => void>>();
  #closed = false;

  /** Resolves when it has ended, its time is over, its signal aborts, or nobody is to wait any more. */
  async for({ subject, isLive, timeout, signal }: Awaited): Promise<void> {
    if (signal?.aborted === true || !isLive()) return;
    let isOver = false;
    let wake = (): void => {};
    const over = (): void => {
      isOver = true;
      wake();
    };
    const cancelTimeout = timeout(over);
    signal?.addEventListener("abort", over, { once: true });
    while (!isOver && !this.#closed && isLive()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        this.#add(subject, resolve);
      });
      this.#remove(subject, wake);
    }
    cancelTimeout();
    signal?.removeEventListener("abort", over);
  }

  #add(subject: string, wake: () => void): void {
    const others = this.#waiting.get(subject) ?? new Set();
    others.add(wake);
    this.#waiting.set(subject, others);
  }

  #remove(subject: string, wake: () => void): void {
    const others = this.#waiting.get(subject);
    others?.delete(wake);
    if (others?.size === 0) this.#waiting.delete(subject);
  }

  /** Wakes those who wait for `subject`. */
  wake(subject: string): void {
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting.get(subject) ?? []) wake();
  }

  /** Wakes those who wait for what has never been there, as it turned out. */
  wakeGone(isThere: (subject: { kind: "runs" | "tasks"; seq: number }) => boolean): void {
    for (const subject of this.#waiting.keys()) {
      const kind = subject.startsWith("r") ? "runs" : "tasks";
      if (!isThere({ kind, seq: Number(subject.slice(1)) })) this.wake(subject);
    }
  }

  get any(): boolean {
    return this.#waiting.size > 0;
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    for (const others of this.#waiting.values()) for (const wake of others) wake();
  }
}
