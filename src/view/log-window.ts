/**
 * Where the lines of a long log stand in a window. The place of the scroll bar is a share of the whole, from 0 to 1; the
 * line at that share of the log is drawn at that share of the window. So the first line is at the top when the bar is, the
 * last at the bottom, and between them lines may be of any height, and as many as do not fit a browser's longest element.
 */

/** Browsers draw nothing beyond some 17 million pixels. */
const HEIGHT_MAX = 15_000_000;

export interface LogWindow {
  /** How many lines there are. */
  lines: number;
  /** Height of the window, in pixels. */
  view: number;
  /** Mean height of a line. */
  row: number;
  scrollTop: number;
}

/** Height of what is scrolled. */
export function heightOf({ lines, row }: Pick<LogWindow, "lines" | "row">): number {
  return Math.min(HEIGHT_MAX, lines * row);
}

/** The share of the log and of the window that the bar stands for. */
export function shareOf(at: LogWindow): number {
  const room = heightOf(at) - at.view;
  return room <= 0 ? 0 : Math.min(1, Math.max(0, at.scrollTop / room));
}

export interface Shown {
  /** Lines to draw, counted from 0; `to` is behind the last. */
  from: number;
  to: number;
  /** The line at the share, and which part of it. */
  anchor: number;
  part: number;
  /** Where that point of it is drawn, from the top of the window. */
  y: number;
}

/** What is drawn; `least` is the height of the lowest line. */
export function shownIn(at: LogWindow, least: number): Shown {
  const share = shareOf(at);
  const exact = Math.min(share * at.lines, Math.max(0, at.lines - 1e-9));
  const anchor = Math.floor(exact);
  const y = share * at.view;
  const from = Math.max(0, anchor - Math.ceil(y / least) - 1);
  const to = Math.min(at.lines, anchor + Math.ceil((at.view - y) / least) + 2);
  return { from, to, anchor, part: exact - anchor, y };
}

/** Where the bar must stand to show this line, counted from 0, in the upper part of the window. */
export function scrollTo(line: number, { lines, view, row }: Omit<LogWindow, "scrollTop">): number {
  const whole = lines * row;
  const room = heightOf({ lines, row }) - view;
  if (room <= 0) return 0;
  const wanted = Math.max(0, Math.min(whole - view, line * row - view / 3));
  return (wanted / (whole - view)) * room;
}
