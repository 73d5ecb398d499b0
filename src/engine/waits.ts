/** Callers that wait for a task or a run to end. */

export class Waits {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when `subject` has ended, `ms` have passed or `signal` aborts. */
  async for(subject: string, timeout: (callback: () => void) => () => void, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    let cancelTimeout: (() => void) | undefined;
    let wake: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      const others = this.#waiting.get(subject) ?? new Set();
      others.add(resolve);
      this.#waiting.set(subject, others);
      cancelTimeout = timeout(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
    cancelTimeout?.();
    const others = this.#waiting.get(subject);
    others?.delete(wake!);
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

  wakeAll(): void {
    for (const others of this.#waiting.values()) for (const wake of others) wake();
  }
}
