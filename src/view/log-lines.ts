/**
 * Pieces of output as lines: numbered as the server counts them, bytes that are no text kept, the first line that tells of
 * an error found. A piece that the server has not numbered (of an old log) goes on from the piece before it.
 */
import { looksLikeError } from "../base/escapes.ts";
import { countRows, newRows, type RowState } from "../base/log-rows.ts";
import { bytesOfBase64, decodeBytes, healBytes } from "../base/utf8.ts";
import type { LogStream } from "../base/words.ts";
import type { LogLine } from "../protocol/views.ts";
import { lookAfter, type Look, PLAIN, plainLine } from "./ansi.ts";

/** One line of output. */
export interface Row {
  /** Its number, from 1. */
  line: number;
  stream: LogStream;
  /** When its first piece was printed, ISO 8601. */
  at: string;
  /** As it was printed, without its newline; `spansOf` and `inert` make it fit to show. */
  text: string;
  /** The look that it begins with, left by the lines before it. */
  look: Look;
  /** Its newline is there. */
  isWhole: boolean;
  /** It goes on with a line of which the beginning is not held. */
  isTail: boolean;
}

/** The text of a piece; bytes that are not UTF-8 stand in it as `utf8.ts` has them. */
export function textOf(piece: LogLine): string {
  return piece.base64 === undefined ? (piece.text ?? "") : decodeBytes(bytesOfBase64(piece.base64));
}

/** Takes pieces of one attempt in their order, and gives their lines. */
export class LineBuilder {
  readonly rows: Row[] = [];
  readonly #state: RowState = newRows();
  readonly #looks = new Map<LogStream, Look>();

  /** Adds what comes next. A row that was open may have got longer: it is a new object then. */
  add(pieces: readonly LogLine[]): void {
    for (const piece of pieces) this.#add(piece);
  }

  #add(piece: LogLine): void {
    const text = textOf(piece);
    const { stream, at } = piece;
    const counted = countRows(this.#state, {
      stream,
      length: text.length,
      indexOf: (sign, from) => text.indexOf(sign, from),
    });
    if (text === "") return;
    let line = piece.line ?? counted.line;
    if (piece.line !== undefined) this.#state.line += piece.line - counted.line;
    const lines = text.split("\n");
    const isEnded = lines.at(-1) === "";
    if (isEnded) lines.pop();
    const last = this.rows.at(-1);
    const joins = piece.joins ?? (piece.line === undefined && counted.joins);
    lines.forEach((part, i) => {
      const isWhole = i < lines.length - 1 || isEnded || stream === "log";
      if (i === 0 && joins && last !== undefined && last.line === line) {
        this.rows[this.rows.length - 1] = { ...last, text: healBytes(last.text + part), isWhole };
        if (isWhole) this.#looks.set(stream, lookAfter(this.rows.at(-1)!.text, last.look));
      } else {
        const look = this.#looks.get(stream) ?? PLAIN;
        this.rows.push({ line, stream, at, text: part, look, isWhole, isTail: i === 0 && joins });
        if (isWhole) this.#looks.set(stream, lookAfter(part, look));
      }
      line++;
    });
  }
}

export function rowsOf(pieces: readonly LogLine[]): Row[] {
  const builder = new LineBuilder();
  builder.add(pieces);
  return builder.rows;
}

/** The first line that reads like an error, or else the first that was printed to standard error. */
export function firstError(rows: readonly Row[]): Row | undefined {
  return rows.find((row) => looksLikeError(plainLine(row.text))) ?? rows.find((row) => row.stream === "stderr");
}
