/**
 * A table from task numbers to live tasks. Numbers are handed out in order and end roughly in order, so pages of
 * neighbours beat a hash map: eight bytes an entry, and a page is freed when its last entry goes.
 */
const PAGE_BITS = 10;
const PAGE_SIZE = 1 << PAGE_BITS;

interface SeqPage<T> {
  items: (T | undefined)[];
  count: number;
  /** Behind the last place that was ever taken. */
  end: number;
}

export class SeqTable<T> {
  readonly #pages = new Map<number, SeqPage<T>>();
  #size = 0;
  #lastNumber = -1;
  #lastPage: SeqPage<T> | undefined;

  get size(): number {
    return this.#size;
  }

  get(seq: number): T | undefined {
    const page = this.#page(seq);
    return page === undefined ? undefined : page.items[seq & (PAGE_SIZE - 1)];
  }

  set(seq: number, item: T): void {
    let page = this.#page(seq);
    if (page === undefined) {
      page = { items: new Array<T | undefined>(PAGE_SIZE).fill(undefined), count: 0, end: 0 };
      this.#lastNumber = Math.floor(seq / PAGE_SIZE);
      this.#lastPage = page;
      this.#pages.set(this.#lastNumber, page);
    }
    const index = seq & (PAGE_SIZE - 1);
    if (page.items[index] === undefined) {
      page.count++;
      this.#size++;
      if (index >= page.end) page.end = index + 1;
    }
    page.items[index] = item;
  }

  delete(seq: number): void {
    const page = this.#page(seq);
    const index = seq & (PAGE_SIZE - 1);
    if (page === undefined || page.items[index] === undefined) return;
    page.items[index] = undefined;
    this.#size--;
    if (--page.count === 0) {
      this.#pages.delete(Math.floor(seq / PAGE_SIZE));
      this.#lastPage = undefined;
      this.#lastNumber = -1;
    }
  }

  *values(): Generator<T> {
    for (const page of this.#pages.values()) {
      for (let index = 0; index < page.end; index++) {
        const item = page.items[index];
        if (item !== undefined) yield item;
      }
    }
  }

  #page(seq: number): SeqPage<T> | undefined {
    const number = Math.floor(seq / PAGE_SIZE);
    if (number === this.#lastNumber) return this.#lastPage;
    const page = this.#pages.get(number);
    if (page !== undefined) {
      this.#lastNumber = number;
      this.#lastPage = page;
    }
    return page;
  }
}
