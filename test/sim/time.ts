/** Virtual time: a queue of callbacks ordered by when they are due, equal times in the order in which they came. */

interface Entry {
  at: number;
  order: number;
  callback: (() => void) | undefined;
}

export class SimTime {
  /** Milliseconds since the simulation began; nobody's wall clock. */
  now = 0;
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Calls back at `at`, or as the next of now when that has passed; the answer cancels. */
  at(at: number, callback: () => void): () => void {
    const entry: Entry = { at: Math.max(at, this.now), order: this.#order++, callback };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
    return () => {
      entry.callback = undefined;
    };
  }

  after(ms: number, callback: () => void): () => void {
    return this.at(this.now + ms, callback);
  }

  /** Goes to the next callback and runs it; false when there is none. */
  step(): boolean {
    for (;;) {
      const entry = this.#take();
      if (entry === undefined) return false;
      if (entry.callback === undefined) continue;
      this.now = entry.at;
      entry.callback();
      return true;
    }
  }

  #take(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
