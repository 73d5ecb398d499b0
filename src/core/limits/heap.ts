/**
 * A binary heap of things that know their place in it, so that one can be moved or taken out of the middle. The smallest
 * `stamp` comes first, among equal ones the smallest `order`.
 */
export interface Stamped {
  stamp: number;
  order: number;
  /** Where it stands in its heap; -1 = in none. The heap's own business. */
  index: number;
}

export class StampHeap<T extends Stamped> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  remove(item: T): void {
    const at = item.index;
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#rise(last, at);
      this.#sink(last, last.index);
    }
    item.index = -1;
  }

  /** The stamp of `item` has changed. */
  update(item: T): void {
    this.#rise(item, item.index);
    this.#sink(item, item.index);
  }

  /** All of them, in no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }

  #rise(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = items[up]!;
      if (!before(item, parent)) break;
      items[at] = parent;
      parent.index = at;
      at = up;
    }
    items[at] = item;
    item.index = at;
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    const { length } = items;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= length) break;
      if (down + 1 < length && before(items[down + 1]!, items[down]!)) down++;
      const child = items[down]!;
      if (!before(child, item)) break;
      items[at] = child;
      child.index = at;
      at = down;
    }
    items[at] = item;
    item.index = at;
  }
}

/** True when `a` comes before `b`. */
export function before(a: Stamped, b: Stamped): boolean {
  return a.stamp < b.stamp || (a.stamp === b.stamp && a.order < b.order);
}
