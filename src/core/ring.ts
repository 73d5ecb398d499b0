/** A double-ended queue on a circular array: push, take and look in constant time, without a node per item. */
export class Ring<T> {
  #items: (T | undefined)[];
  #head = 0;
  #size = 0;

  /** `capacity` to begin with: a power of two. */
  constructor(capacity = 16) {
    this.#items = new Array<T | undefined>(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds behind the last. */
  push(item: T): void {
    if (this.#size === this.#items.length) this.#resize(this.#size * 2);
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /** Adds before the first. */
  unshift(item: T): void {
    if (this.#size === this.#items.length) this.#resize(this.#size * 2);
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#size++;
  }

  /** The first, which stays. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#head];
  }

  /** Takes the first. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#size--;
    if (this.#items.length > 1024 && this.#size * 4 < this.#items.length) this.#resize(this.#items.length / 2);
    return item;
  }

  /** Takes that one out, wherever it stands; as long as the way to it from the front. False: it is not there. */
  remove(item: T): boolean {
    const mask = this.#items.length - 1;
    let at = 0;
    while (at < this.#size && this.#items[(this.#head + at) & mask] !== item) at++;
    if (at === this.#size) return false;
    for (; at > 0; at--) this.#items[(this.#head + at) & mask] = this.#items[(this.#head + at - 1) & mask];
    this.shift();
    return true;
  }

  /** The item at `index`, 0 = first. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#items[(this.#head + index) & (this.#items.length - 1)] : undefined;
  }

  /** Keeps those of which `keep` is true, in their order. */
  sift(keep: (item: T) => boolean): void {
    const items = this.#items;
    const mask = items.length - 1;
    let kept = 0;
    for (let i = 0; i < this.#size; i++) {
      const item = items[(this.#head + i) & mask]!;
      if (!keep(item)) continue;
      if (kept < i) items[(this.#head + kept) & mask] = item;
      kept++;
    }
    for (let i = kept; i < this.#size; i++) items[(this.#head + i) & mask] = undefined;
    this.#size = kept;
    while (this.#items.length > 1024 && this.#size * 4 < this.#items.length) this.#resize(this.#items.length / 2);
  }

  /** `capacity` is a power of two, so that an index wraps by a mask. */
  #resize(capacity: number): void {
    const items = new Array<T | undefined>(capacity);
    for (let i = 0; i < this.#size; i++) items[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    this.#items = items;
    this.#head = 0;
  }
}
