/** The output of tasks as readers ask for it: by position, by line, and by what stands in it. */
import { looksLikeError, lastState, withoutEscapes } from "../base/escapes.ts";
import { bytesOfBase64, decodeBytes, healBytes } from "../base/utf8.ts";
import type { LogExtent, LogFound, LogHit, LogPage, LogPart, LogSearch } from "../protocol/log-views.ts";
import type { LogLine } from "../protocol/views.ts";
import type { Clock, LogStore } from "./ports.ts";

const PIECES = 1000;
const PIECES_MAX = 10_000;
/** What one answer holds when it is asked for by lines. */
const PAGE_BYTES = 1024 * 1024;
/** Output that a search looks at before others have their turn, and in one request. */
const STEP_BYTES = 512 * 1024;
const SEARCH_BYTES = 64 * 1024 * 1024;
const HITS = 500;
/** Signs of a line that are shown around what was found. */
const AROUND = 80;

interface Tasks {
  resolve(id: string): number | undefined;
  newestAttempt(seq: number): number;
  /** Writes what has come in and is not kept yet. */
  flush(): void;
}

export class LogReads {
  readonly #options: { logs: LogStore; clock: Clock };
  readonly #tasks: Tasks;

  constructor(options: { logs: LogStore; clock: Clock }, tasks: Tasks) {
    this.#options = options;
    this.#tasks = tasks;
  }

  read(id: string, asked: { attempt?: number; after?: number; limit?: number }): LogLine[] | undefined {
    const place = this.#place(id, asked.attempt);
    if (place === undefined) return undefined;
    const limit = Math.min(asked.limit ?? PIECES, PIECES_MAX);
    return this.#options.logs.read(place.seq, place.attempt, { after: asked.after, limit });
  }

  page(id: string, asked: LogPart): LogPage | undefined {
    const place = this.#place(id, asked.attempt);
    if (place === undefined) return undefined;
    const { seq, attempt } = place;
    const { logs } = this.#options;
    const extent = this.#extent(seq, attempt);
    const { line, tail, after, before } = asked;
    const isByPosition = line === undefined && tail === undefined && before === undefined;
    const bytes = asked.bytes ?? (isByPosition ? undefined : PAGE_BYTES);
    const limit = Math.min(asked.limit ?? (isByPosition ? PIECES : PIECES_MAX), PIECES_MAX);
    const range =
      line !== undefined
        ? { after: logs.locate(seq, attempt, line) }
        : tail !== undefined
          ? { fromLine: Math.max(1, extent.lastLine - tail + 1) }
          : { after, before };
    return { ...extent, items: logs.read(seq, attempt, { ...range, limit, bytes }) };
  }

  extent(id: string, asked?: number): LogExtent | undefined {
    const place = this.#place(id, asked);
    return place && this.#extent(place.seq, place.attempt);
  }

  #extent(seq: number, attempt: number): LogExtent {
    const { firstLine, lastLine = 0 } = this.#options.logs.extent(seq, attempt) ?? {};
    return { attempt, ...(firstLine !== undefined && { firstLine }), lastLine };
  }

  async find(id: string, search: LogSearch, signal?: AbortSignal): Promise<LogFound | undefined> {
    const place = this.#place(id, search.attempt);
    if (place === undefined) return undefined;
    const { seq, attempt } = place;
    const { logs, clock } = this.#options;
    const limit = Math.min(search.limit ?? HITS, HITS);
    const scan = new Scan(search);
    // A character and a word may stand across two pieces: the line that was begun is read from its beginning.
    const told = search.after ?? 0;
    let after = told;
    const first = logs.read(seq, attempt, { after, limit: 1 })[0];
    if (first?.joins === true && first.line !== undefined) after = logs.locate(seq, attempt, first.line);
    else logs.extent(seq, attempt);
    for (let bytes = 0; signal?.aborted !== true;) {
      const pieces = logs.read(seq, attempt, { after, limit: PIECES, bytes: STEP_BYTES });
      if (pieces.length === 0) return scan.found(undefined);
      for (const piece of pieces) {
        bytes += scan.add(piece);
        after = piece.n;
        // The answer before ended here, perhaps within the line: what it told is not told again, and this one goes on.
        if (piece.n <= told) scan.drop();
        else if (scan.hits.length >= limit) return scan.found(after);
      }
      if (bytes >= SEARCH_BYTES) return scan.found(after);
      await new Promise<void>((resolve) => {
        clock.soon(resolve);
      });
    }
    return scan.found(after);
  }

  #place(id: string, attempt: number | undefined): { seq: number; attempt: number } | undefined {
    const seq = this.#tasks.resolve(id);
    if (seq === undefined) return undefined;
    this.#tasks.flush();
    return { seq, attempt: attempt ?? this.#tasks.newestAttempt(seq) };
  }
}

/** Looks at pieces in their order. */
class Scan {
  readonly hits: LogHit[] = [];
  readonly #wanted: string | undefined;
  readonly #isExact: boolean;
  #open = "";
  #readTo = 0;
  #firstStderr: number | undefined;
  /** The last line that an answer before this one told of. */
  #told: number | undefined;

  constructor({ text, exact = false }: LogSearch) {
    this.#isExact = exact;
    this.#wanted = text === undefined || exact ? text : text.toLowerCase();
  }

  /** Answers how much there was to look at. */
  add(piece: LogLine): number {
    const text = piece.base64 === undefined ? (piece.text ?? "") : decodeBytes(bytesOfBase64(piece.base64));
    const { line = 0, stream, joins = false } = piece;
    if (text === "") return 0;
    if (stream === "stderr") this.#firstStderr ??= line;
    if (this.#cannotHold(text)) {
      this.#pass(text, line, stream, joins);
      return text.length;
    }
    const lines = text.split("\n");
    const isEnded = lines.at(-1) === "";
    if (isEnded) lines.pop();
    lines.forEach((part, i) => {
      const whole = i === 0 && joins ? healBytes(this.#open + part) : part;
      this.#look(whole, line + i, stream);
      if (i === lines.length - 1) this.#open = isEnded ? "" : whole;
    });
    this.#readTo = line + lines.length - 1;
    return text.length;
  }

  /** What was found so far was told before. */
  drop(): void {
    this.#told = this.hits.pop()?.line ?? this.#told;
    this.hits.length = 0;
  }

  /** Most pieces hold nothing that is looked for, which is seen without taking them apart. */
  #cannotHold(text: string): boolean {
    if (this.#wanted === undefined || text.includes("\u001b") || text.includes("\r")) return false;
    return !(this.#isExact ? text : text.toLowerCase()).includes(this.#wanted);
  }

  /** Goes on behind such a piece; only its first line may hold it, together with what was before. */
  #pass(text: string, line: number, stream: LogHit["stream"], joins: boolean): void {
    const first = text.indexOf("\n");
    const beginning = joins ? healBytes(this.#open + (first < 0 ? text : text.slice(0, first))) : undefined;
    if (beginning !== undefined) this.#look(beginning, line, stream);
    const last = text.lastIndexOf("\n");
    if (last === text.length - 1) this.#open = "";
    else this.#open = last < 0 && beginning !== undefined ? beginning : text.slice(last + 1);
    let newlines = 0;
    for (let at = first; at >= 0; at = text.indexOf("\n", at + 1)) newlines++;
    this.#readTo = line + newlines - (last === text.length - 1 ? 1 : 0);
  }

  #look(text: string, line: number, stream: LogHit["stream"]): void {
    if ((this.hits.at(-1)?.line ?? this.#told) === line) return;
    const shown = withoutEscapes(lastState(text));
    const at = this.#at(shown);
    if (at < 0) return;
    const from = Math.max(0, at - AROUND);
    this.hits.push({ line, stream, text: shown.slice(from, at + 2 * AROUND) });
  }

  #at(text: string): number {
    if (this.#wanted === undefined) return looksLikeError(text) ? 0 : -1;
    return (this.#isExact ? text : text.toLowerCase()).indexOf(this.#wanted);
  }

  found(next: number | undefined): LogFound {
    const firstStderr = this.#wanted === undefined && this.hits.length === 0 ? this.#firstStderr : undefined;
    return {
      items: this.hits,
      readTo: this.#readTo,
      ...(next !== undefined && { next }),
      ...(firstStderr !== undefined && { firstStderr }),
    };
  }
}
