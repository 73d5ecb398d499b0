/**
 * The lines of one attempt that are held by the page: those near to what is looked at. However long the log, only these are
 * read, and only these take room.
 *
 * LH1  One request is under way at a time; what is needed when it has ended is what is asked for next.
 * LH2  An answer that was on its way when there was news is older than that: it brings its lines, and takes nothing back of how
 *      far the log goes.
 * LH3  What is held is bounded by its text and by its lines; what is farthest from the reader goes first.
 */
import type { LogExtent } from "@octopus/protocol/log-views.ts";
import { type Row, rowsOf } from "@octopus/view/log-lines.ts";
import { client } from "../data/client.ts";

const PAGE_BYTES = 256 * 1024;
const PAGE_PIECES = 3000;
/** A line has at most a megabyte; so much holds it, and the pieces that it begins and ends in. */
const WHOLE_LINE_BYTES = 2 * 1024 * 1024;
const HELD_CHARS_MAX = 24 * 1024 * 1024;
const HELD_LINES_MAX = 40_000;
/** Lines read before what is needed when a reader goes up. */
const UPWARDS = 400;
const AGAIN_MS = 3000;

export class LogLinesHeld {
  readonly id: string;
  /** Absent: the newest one, whichever that is. */
  readonly #asked: number | undefined;
  readonly #rows = new Map<number, Row>();
  readonly #watchers = new Set<() => void>();
  readonly #stop = new AbortController();
  #chars = 0;
  #extent: LogExtent | undefined;
  #need: { from: number; to: number } | undefined;
  /** Counts the times that there was news. */
  #news = 0;
  #isReading = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  /** Lines that were asked for and did not come: not asked for again until there is news. */
  readonly #missing = new Set<number>();
  #error: unknown;
  #version = 0;

  constructor(id: string, attempt: number | undefined) {
    this.id = id;
    this.#asked = attempt;
  }

  /** Changes whenever anything does. */
  get version(): number {
    return this.#version;
  }

  /** Undefined before the first answer. */
  get extent(): LogExtent | undefined {
    return this.#extent;
  }

  get error(): unknown {
    return this.#error;
  }

  row(line: number): Row | undefined {
    return this.#rows.get(line);
  }

  get held(): { lines: number; chars: number } {
    return { lines: this.#rows.size, chars: this.#chars };
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#waiting);
  }

  /** There is more, or less, than there was; of another attempt it counts only where the newest is meant. */
  noticed(extent: LogExtent): void {
    if (this.#asked !== undefined && extent.attempt !== this.#asked) return;
    const before = this.#extent;
    if (before !== undefined && before.attempt !== extent.attempt) this.#forget();
    if (before?.attempt === extent.attempt && before.lastLine === extent.lastLine && this.#isWhole(extent.lastLine))
      return;
    // A line that had no newline yet may have got longer.
    for (const line of [before?.lastLine ?? 0, extent.lastLine]) if (!this.#isWhole(line)) this.#drop(line);
    this.#extent = extent;
    this.#news++;
    this.#missing.clear();
    this.#changed();
    void this.#read();
  }

  #isWhole(line: number): boolean {
    return this.#rows.get(line)?.isWhole === true;
  }

  /** A reader looks at these lines. */
  need(from: number, to: number): void {
    this.#need = { from, to };
    void this.#read();
  }

  retry(): void {
    this.#error = undefined;
    this.#missing.clear();
    this.#changed();
    void this.#read();
  }

  /** All of these lines, also those that are not held; at most `bytes` of output. */
  async lines(from: number, to: number, bytes: number): Promise<Row[]> {
    const found: Row[] = [];
    let line = from;
    for (let length = 0; line <= to && length < bytes;) {
      const part = { attempt: this.#extent?.attempt, line, bytes: WHOLE_LINE_BYTES };
      const { items } = await client.logPart(this.id, part, this.#stop.signal);
      const rows = rowsOf(items).filter((row) => row.line >= line && row.line <= to);
      // The answer may end within a line: that one comes whole with the next.
      if (rows.length > 1 && !rows.at(-1)!.isWhole && rows.at(-1)!.line < (this.#extent?.lastLine ?? 0)) rows.pop();
      if (rows.length === 0) break;
      found.push(...rows);
      length += rows.reduce((sum, { text }) => sum + text.length, 0);
      line = rows.at(-1)!.line + 1;
    }
    return found;
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#waiting !== undefined || this.#stop.signal.aborted) return;
    this.#isReading = true;
    try {
      for (let part = this.#nextPart(); part !== undefined; part = this.#nextPart()) {
        const news = this.#news;
        const page = await client.logPart(this.id, part, this.#stop.signal);
        this.#take(page, part.line, news === this.#news);
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#error = error;
      this.#changed();
      this.#waiting = setTimeout(() => {
        this.#waiting = undefined;
        void this.#read();
      }, AGAIN_MS);
    } finally {
      this.#isReading = false;
    }
  }

  /** What to ask for next; nothing when all that is needed is here. */
  #nextPart(): (Parameters<typeof client.logPart>[1] & { line?: number | undefined }) | undefined {
    const bounds = { attempt: this.#asked ?? this.#extent?.attempt, bytes: PAGE_BYTES, limit: PAGE_PIECES };
    if (bounds.attempt === 0) delete bounds.attempt;
    if (this.#extent === undefined) return { ...bounds, tail: 300 };
    if (this.#need === undefined) return undefined;
    const { firstLine = 1, lastLine } = this.#extent;
    const from = Math.max(firstLine, this.#need.from);
    const to = Math.min(lastLine, this.#need.to);
    for (let line = from; line <= to; line++) {
      if (this.#rows.has(line) || this.#missing.has(line)) continue;
      // What is below is here: the reader goes up, and will go on.
      const isUpwards = this.#rows.has(to) && !this.#rows.has(from - 1);
      return { ...bounds, line: isUpwards ? Math.max(firstLine, line - UPWARDS) : line };
    }
    return undefined;
  }

  /** `isNewest`: there was no news since it was asked for. */
  #take(page: Awaited<ReturnType<typeof client.logPart>>, asked: number | undefined, isNewest: boolean): void {
    const { items, ...extent } = page;
    const known = this.#extent;
    this.#error = undefined;
    if (known !== undefined && known.attempt !== extent.attempt) {
      if (!isNewest) return;
      this.#forget();
    } else if (known !== undefined && !isNewest) extent.lastLine = Math.max(extent.lastLine, known.lastLine);
    this.#extent = extent;
    for (const row of rowsOf(items)) {
      const before = this.#rows.get(row.line);
      // Without its beginning a line is not held, unless that is gone: it is read from there when it is needed.
      if (row.isTail && (before !== undefined || row.line !== asked)) continue;
      this.#chars += row.text.length - (before?.text.length ?? 0);
      this.#rows.set(row.line, row);
    }
    if (asked !== undefined && this.#need !== undefined && isNewest)
      for (let line = asked; line <= this.#need.to && !this.#rows.has(line); line++) this.#missing.add(line);
    this.#trim();
    this.#changed();
  }

  /** Lets go of what is far away. */
  #trim(): void {
    if (this.#chars <= HELD_CHARS_MAX && this.#rows.size <= HELD_LINES_MAX) return;
    const { from, to } = this.#need ?? { from: 0, to: this.#extent?.lastLine ?? 0 };
    const middle = (from + to) / 2;
    const lines = [...this.#rows.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const line of lines) {
      if (this.#chars <= HELD_CHARS_MAX / 2 && this.#rows.size <= HELD_LINES_MAX / 2) break;
      if (line < from || line > to) this.#drop(line);
    }
  }

  #drop(line: number): void {
    this.#chars -= this.#rows.get(line)?.text.length ?? 0;
    this.#rows.delete(line);
  }

  #forget(): void {
    this.#rows.clear();
    this.#missing.clear();
    this.#chars = 0;
  }

  #changed(): void {
    this.#version++;
    for (const watcher of this.#watchers) watcher();
  }
}
