/** The output of one task while it is shown: what it printed last, what it prints from now on, what was before. Bounded. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../client/mod.ts";
import type { LogLine } from "../protocol/views.ts";
import { LineBuilder, type Row, rowsOf } from "../view/log-lines.ts";
import type { LogData } from "./state.ts";

/** Lines that are read at first, and each time that the reader goes up to the first line. */
const TAIL_LINES = 2000;
/** Pieces that are held: a log of any length costs no more than this. What is beyond it at the other end goes. */
const PIECES_MAX = 50_000;
/** And no more than so many characters, since a piece may be long. */
const CHARS_MAX = 16 * 1024 * 1024;
const TELL_MS = 100;
const AGAIN_MS = 2000;

export class LogTail {
  readonly #client: Client;
  readonly #tell: (log: LogData) => void;
  #id: string | undefined;
  #stop = new AbortController();
  #pieces: LogLine[] = [];
  #builder = new LineBuilder();
  #chars = 0;
  /** The oldest line that the server has. */
  #firstLine = 1;
  #isReadingBack = false;

  constructor(client: Client, tell: (log: LogData) => void) {
    this.#client = client;
    this.#tell = tell;
  }

  /** Shows the output of this task from now on; of none where nothing is named. */
  show(id: string | undefined): void {
    if (id === this.#id) return;
    this.#id = id;
    this.#stop.abort();
    this.#stop = new AbortController();
    if (id !== undefined) void this.#follow(id, this.#stop.signal);
  }

  stop(): void {
    this.show(undefined);
  }

  /** Reads what stands before the first line that is held. */
  async readBack(): Promise<void> {
    const id = this.#id;
    const first = this.#pieces[0];
    const { signal } = this.#stop;
    if (id === undefined || first === undefined || !this.#isCut() || this.#isReadingBack) return;
    if (this.#pieces.length > PIECES_MAX || this.#chars > CHARS_MAX) return;
    this.#isReadingBack = true;
    try {
      const part = { attempt: first.attempt, before: first.n, limit: TAIL_LINES };
      const { items, firstLine } = await this.#client.logPart(id, part, signal);
      if (items.length === 0) this.#firstLine = this.#builder.rows[0]?.line ?? 1;
      else this.#firstLine = firstLine ?? 1;
      const before = this.#builder.rows.length;
      this.#begin([...items, ...this.#pieces]);
      this.#say(id, { added: this.#builder.rows.length - before });
    } catch {
      // It is tried again with the next key.
    } finally {
      this.#isReadingBack = false;
    }
  }

  #say(id: string, more: Partial<LogData> = {}): void {
    if (id === this.#id)
      this.#tell({ id, rows: this.#builder.rows.slice(), isCut: this.#isCut(), hasEnded: false, ...more });
  }

  async #follow(id: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      try {
        const { items, firstLine = 1 } = await this.#client.logTail(id, TAIL_LINES, { signal });
        this.#firstLine = firstLine;
        this.#begin(items);
        this.#say(id);
        const from = items.at(-1);
        const where = from === undefined ? {} : { after: from.n, attempt: from.attempt };
        for await (const piece of this.#client.logs(id, { ...where, follow: true, signal })) {
          this.#add(piece);
          timer ??= setTimeout(() => {
            timer = undefined;
            this.#say(id);
          }, TELL_MS);
        }
        this.#say(id, { hasEnded: true });
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#say(id, { error: error instanceof Error ? error.message : String(error) });
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  #isCut(): boolean {
    return (this.#builder.rows[0]?.line ?? 0) > this.#firstLine;
  }

  #begin(pieces: readonly LogLine[]): void {
    this.#pieces = [...pieces];
    this.#chars = pieces.reduce((sum, piece) => sum + charsOf(piece), 0);
    this.#builder = new LineBuilder();
    this.#builder.add(pieces);
  }

  #add(piece: LogLine): void {
    this.#pieces.push(piece);
    this.#builder.add([piece]);
    this.#chars += charsOf(piece);
    if (this.#pieces.length <= PIECES_MAX * 1.2 && this.#chars <= CHARS_MAX * 1.2) return;
    this.#begin(newestOf(this.#pieces));
  }
}

function charsOf({ text, base64 }: LogLine): number {
  return (text ?? base64 ?? "").length;
}

/** As many of the newest pieces as are held. */
function newestOf(pieces: readonly LogLine[]): LogLine[] {
  let chars = 0;
  let from = pieces.length;
  while (from > 0 && pieces.length - from < PIECES_MAX && chars < CHARS_MAX) chars += charsOf(pieces[--from]!);
  return pieces.slice(from);
}

/** The last lines of what a task printed. */
export async function lastRows(client: Client, id: string, count: number): Promise<Row[]> {
  return rowsOf((await client.logTail(id, count)).items).slice(-count);
}
