/** A set that mostly holds one thing: the first costs no table. Iterates in the order in which things came. */
export class Few<T> {
  #one: T | undefined = undefined;
  /** What came while there was one already, or after that one of those that stay. */
  #more: Set<T> | undefined = undefined;

  get size(): number {
    return (this.#one === undefined ? 0 : 1) + (this.#more?.size ?? 0);
  }

  has(item: T): boolean {
    return this.#one === item || this.#more?.has(item) === true;
  }

  add(item: T): void {
    if (this.has(item)) return;
    if (this.size === 0) this.#one = item;
    else (this.#more ??= new Set()).add(item);
  }

  delete(item: T): boolean {
    if (this.#one !== item) return this.#more?.delete(item) === true;
    this.#one = undefined;
    return true;
  }

  *[Symbol.iterator](): Generator<T> {
    if (this.#one !== undefined) yield this.#one;
    if (this.#more !== undefined) yield* this.#more;
  }
}
