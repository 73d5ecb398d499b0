/**
 * How output is counted in lines. A line is what one stream printed up to its newline; it is cut where another stream
 * comes in between, and after a megabyte, so that every line is found in a bounded number of pieces. What a worker or a
 * function says (`log`) stands on lines of its own. Lines are numbered from 1 through the whole attempt.
 */
import type { LogStream } from "./words.ts";

/** Where an attempt's output stands. */
export interface RowState {
  /** The number of the newest line; 0 before the first. */
  line: number;
  stream: LogStream;
  /** The newest line has no newline yet. */
  isOpen: boolean;
  /** Length of the newest line so far. */
  length: number;
}

/** A line that has grown to this is ended by the next piece. */
export const LINE_LENGTH_MAX = 1024 * 1024;

export interface Rows {
  /** The line that the piece begins with. */
  line: number;
  /** It goes on with a line that was begun before. */
  joins: boolean;
}

interface Piece {
  stream: LogStream;
  length: number;
  indexOf(sign: "\n", from: number): number;
}

/** Counts a piece of output in: `state` is changed to what is so after it. */
export function countRows(state: RowState, piece: Piece): Rows {
  const { stream, length } = piece;
  // A line of just that length is ended by its own newline.
  const hasRoom = state.length < LINE_LENGTH_MAX || piece.indexOf("\n", 0) === 0;
  const joins = state.isOpen && stream !== "log" && state.stream === stream && hasRoom;
  const line = joins ? state.line : state.line + 1;
  if (length === 0) return { line, joins };
  let newlines = 0;
  let last = -1;
  for (let at = piece.indexOf("\n", 0); at >= 0; at = piece.indexOf("\n", at + 1)) {
    newlines++;
    last = at;
  }
  const isEnded = last === length - 1;
  state.line = line + newlines - (isEnded ? 1 : 0);
  state.isOpen = !isEnded && stream !== "log";
  state.length = last < 0 && joins ? state.length + length : length - 1 - last;
  state.stream = stream;
  return { line, joins };
}

export function newRows(): RowState {
  return { line: 0, stream: "stdout", isOpen: false, length: 0 };
}
