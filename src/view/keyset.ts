/**
 * A long list that is read page by page, newest first, as a screen shows it: rows by their place, of which only those near
 * what is shown are held; live, without a row that moves away under the pointer.
 *
 * KS1  While it is held (`hold`), no row changes its place: those that left the list stay, as gone; new ones are counted.
 * KS2  The rows of at most `PAGES_HELD` pages are in memory, however far a person scrolls.
 * KS3  An answer that was asked for before a reset changes nothing.
 * KS4  Rows that could not be read again are still missing, and asked for with the next look: nothing goes wrong by that.
 */

export interface KeysetPage<Row> {
  items: readonly Row[];
  /** Where the next page begins; absent at the end. */
  next?: string | undefined;
  /** Time to which a search has looked back, where it found less than a page. */
  readTo?: string | undefined;
}

export interface KeysetOptions<Row> {
  idOf(row: Row): string;
  read(cursor: string | undefined, limit: number): Promise<KeysetPage<Row>>;
}

interface Page<Row> {
  cursor: string | undefined;
  /** How many places it has. */
  count: number;
  /** Absent: too far away to be held; read again when it is looked at. */
  rows: Row[] | undefined;
}

export const PAGE_ROWS = 100;
export const PAGES_HELD = 12;

export class Keyset<Row> {
  readonly #options: KeysetOptions<Row>;
  readonly #watchers = new Set<() => void>();
  #pages: Page<Row>[] = [];
  /** Place of the first row of each page. */
  #starts: number[] = [];
  #next: string | undefined;
  #gone = new Set<string>();
  #isHeld = false;
  #visible: readonly [number, number] = [0, 0];
  /** Raised by each reset (KS3). */
  #reign = 0;
  #isReadingMore = false;
  #late: KeysetPage<Row> | undefined;
  #fresh = 0;
  /** Of the first page, as it was when the list began. */
  #headIds: ReadonlySet<string> = new Set();
  /** The pages of the rows in memory, by id. */
  readonly #pageWith = new Map<string, Page<Row>>();

  /** Raised by every change. */
  version = 0;
  count = 0;
  /** Nothing was read so far. */
  isNew = true;
  /** The last row is known. */
  isEnd = false;
  readTo: string | undefined;
  /** What went wrong with the last try to read further. */
  error: unknown;

  constructor(options: KeysetOptions<Row>) {
    this.#options = options;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  get isReadingMore(): boolean {
    return this.#isReadingMore;
  }

  /** New rows that are not shown, because the list is held; `isMany`: these at least. */
  get fresh(): { count: number; isMany: boolean } {
    return { count: this.#fresh, isMany: this.#fresh >= PAGE_ROWS };
  }

  /** The row at a place; undefined while it is not there. */
  rowAt(index: number): Row | undefined {
    const page = this.#pageOf(index);
    return page === undefined ? undefined : this.#pages[page]!.rows?.[index - this.#starts[page]!];
  }

  /** It matched, and does not any more. */
  isGone(id: string): boolean {
    return this.#gone.has(id);
  }

  /** Place of a row that is in memory; -1 when it is not. */
  placeOf(id: string): number {
    const page = this.#pageWith.get(id);
    if (page === undefined) return -1;
    return this.#starts[this.#pages.indexOf(page)]! + page.rows!.findIndex((row) => this.#options.idOf(row) === id);
  }

  /** Rows in memory, with their ids, from one place to another. */
  idsBetween(from: number, to: number): string[] {
    const ids: string[] = [];
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) {
      const row = this.rowAt(i);
      if (row !== undefined) ids.push(this.#options.idOf(row));
    }
    return ids;
  }

  /** Something became known of a row: it is shown with the next reading, also when the row has left the list by then. */
  patch(id: string, change: (row: Row) => Row): void {
    const rows = this.#pageWith.get(id)?.rows;
    if (rows === undefined) return;
    const at = rows.findIndex((row) => this.#options.idOf(row) === id);
    rows[at] = change(rows[at]!);
    if (this.#gone.has(id)) this.#changed();
  }

  /** Whether places must stay as they are. What came meanwhile is shown when it ends. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (!isHeld && this.#late !== undefined) this.#begin(this.#late);
  }

  /** Begins anew with what is newest. */
  async restart(): Promise<void> {
    const late = this.#late;
    if (late !== undefined) this.#begin(late);
    const reign = this.#reign;
    const page = await this.#options.read(undefined, PAGE_ROWS);
    if (reign === this.#reign) this.#begin(page);
  }

  /** Reads what is shown again, and what is new at its beginning. */
  async refresh(): Promise<void> {
    const reign = this.#reign;
    const [first, last] = this.#shownPages();
    const again = this.isNew || !this.#isHeld ? [] : range(Math.max(1, first), last);
    const [head, ...pages] = await Promise.all([
      this.#options.read(undefined, PAGE_ROWS),
      ...again.map((i) => this.#options.read(this.#pages[i]!.cursor, Math.max(1, this.#pages[i]!.count))),
    ]);
    if (reign !== this.#reign) return;
    if (this.isNew || !this.#isHeld) return this.#begin(head);
    this.#late = head;
    this.#takeHead(head);
    for (const [i, page] of pages.entries()) this.#takeAgain(again[i]!, page.items);
    this.#changed();
  }

  /** Reads the next page. */
  async more(): Promise<void> {
    if (this.#isReadingMore || this.isEnd || this.isNew) return;
    const reign = this.#reign;
    this.#isReadingMore = true;
    try {
      const cursor = this.#next;
      const page = await this.#options.read(cursor, PAGE_ROWS);
      if (reign !== this.#reign) return;
      this.error = undefined;
      this.#append(cursor, page);
    } catch (error) {
      if (reign === this.#reign) this.error = error;
    } finally {
      if (reign === this.#reign) {
        this.#isReadingMore = false;
        this.#changed();
      }
    }
  }

  /** What is shown now, by places. Rows that were dropped are read again; those far away are dropped (KS2). */
  async look(from: number, to: number): Promise<void> {
    this.#visible = [from, to];
    const [first, last] = this.#shownPages();
    const missing = range(first, last).filter((i) => i in this.#pages && this.#pages[i]!.rows === undefined);
    if (missing.length === 0) return;
    const reign = this.#reign;
    try {
      await Promise.all(
        missing.map(async (i) => {
          const { cursor, count } = this.#pages[i]!;
          const { items } = await this.#options.read(cursor, Math.max(1, count));
          if (reign === this.#reign) this.#put(this.#pages[i]!, items.slice(0, count));
        }),
      );
    } catch {
      return; // KS4
    }
    if (reign !== this.#reign) return;
    this.#drop();
    this.#changed();
  }

  #begin(head: KeysetPage<Row>): void {
    this.#reign++;
    this.#isReadingMore = false;
    this.#pages = [];
    this.#starts = [];
    this.#gone.clear();
    this.#pageWith.clear();
    this.#late = undefined;
    this.#fresh = 0;
    this.#visible = [0, 0];
    this.#headIds = new Set(head.items.map(this.#options.idOf));
    this.isNew = false;
    this.count = 0;
    this.error = undefined;
    this.#append(undefined, head);
    this.#changed();
  }

  #append(cursor: string | undefined, { items, next, readTo }: KeysetPage<Row>): void {
    // A search that found nothing only goes on with its last page.
    if (items.length > 0 || this.#pages.length === 0) {
      const page: Page<Row> = { cursor, count: items.length, rows: undefined };
      this.#put(page, [...items]);
      this.#pages.push(page);
      this.#starts.push(this.count);
      this.count += items.length;
    }
    this.#next = next;
    this.isEnd = next === undefined;
    this.readTo = readTo;
    this.#drop();
  }

  #takeHead(head: KeysetPage<Row>): void {
    const { idOf } = this.#options;
    const isKnown = (row: Row): boolean => this.#headIds.has(idOf(row)) || this.#pageWith.has(idOf(row));
    // What stands behind the last known row has moved up from further below, and is not new.
    const last = head.items.findLastIndex(isKnown);
    this.#fresh = head.items.slice(0, last < 0 ? undefined : last).filter((row) => !isKnown(row)).length;
    if (this.#pages[0]?.rows !== undefined) this.#takeAgain(0, head.items);
  }

  /** What is known anew of the rows of a page; those that are missing between others have gone. */
  #takeAgain(index: number, items: readonly Row[]): void {
    const page = this.#pages[index]!;
    const { idOf } = this.#options;
    const found = new Map(items.map((row) => [idOf(row), row]));
    const last = page.rows?.findLastIndex((row) => found.has(idOf(row))) ?? -1;
    // Without a row in common, only a page that is shorter than asked for says that all have gone.
    const end = last >= 0 ? last : items.length < PAGE_ROWS ? page.count : -1;
    page.rows = page.rows?.map((row, i) => {
      const id = idOf(row);
      const now = found.get(id);
      if (now !== undefined) this.#gone.delete(id);
      else if (i <= end) this.#gone.add(id);
      return now ?? row;
    });
  }

  #put(page: Page<Row>, rows: Row[] | undefined): void {
    for (const row of page.rows ?? []) {
      const id = this.#options.idOf(row);
      if (this.#pageWith.get(id) === page) this.#pageWith.delete(id);
    }
    page.rows = rows;
    for (const row of rows ?? []) this.#pageWith.set(this.#options.idOf(row), page);
  }

  #shownPages(): readonly [number, number] {
    const [from, to] = this.#visible;
    return [this.#pageOf(from) ?? 0, this.#pageOf(Math.min(to, this.count - 1)) ?? 0];
  }

  #pageOf(index: number): number | undefined {
    if (index < 0 || index >= this.count) return undefined;
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #drop(): void {
    const [first, last] = this.#shownPages();
    const reach = Math.floor(PAGES_HELD / 2);
    for (const [i, page] of this.#pages.entries()) {
      const isNear = i >= first - reach && i <= last + reach;
      // What was read last is about to be shown.
      if (!isNear && i !== this.#pages.length - 1) this.#put(page, undefined);
    }
  }

  #changed(): void {
    this.version++;
    for (const watcher of this.#watchers) watcher();
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
