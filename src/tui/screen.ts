/** What a screen is: pure functions of the state and the room that it has. */
import { BAD, cursorLook, DIM } from "./looks.ts";
import { fit, type Line, type Look, span, wrapped } from "./spans.ts";
import type { Slot } from "./slots.ts";
import type { Cursor, State, Tab } from "./state.ts";
import type { Target } from "./target.ts";

export interface Room {
  columns: number;
  rows: number;
}

/** A place that can be clicked. */
export interface Spot {
  row: number;
  from: number;
  to: number;
  does: { is: "tab"; tab: Tab } | { is: "row"; index: number } | { is: "key"; key: string };
}

export interface Drawn {
  /** At most as many as the room has. */
  lines: Line[];
  spots: Spot[];
}

export interface Screen {
  /** What the cursor can be on, in its order. */
  targets(state: State, room: Room): readonly Target[];
  /** How many of them are shown at once; for text, how many lines. */
  height(state: State, room: Room): number;
  /** For text that scrolls: how many lines there are. */
  length?(state: State, room: Room): number;
  draw(state: State, room: Room, cursor: Cursor): Drawn;
}

export function lookOfCursor(state: State): Look {
  return cursorLook(state.ground, state.depth !== "none" && state.depth !== "plain");
}

/** What stands where a list would: nothing read yet, an error, nothing there. */
export function insteadOf(state: State, slot: Slot, empty: string, columns: number): Line[] {
  const entry = state.data[slot];
  if (entry?.error !== undefined && entry.value === undefined)
    return [[], ...wrapped(entry.error, columns - 4, BAD).map((line) => fit([span("  "), ...line], columns))];
  if (entry?.value === undefined)
    return [[], fit(span(state.link.is === "lost" ? "  The server does not answer." : "  reading …", DIM), columns)];
  return [[], ...wrapped(empty, columns - 4, DIM).map((line) => fit([span("  "), ...line], columns))];
}

export function rowSpots(from: number, first: number, shown: number, columns: number): Spot[] {
  return Array.from({ length: shown }, (_, i) => ({
    row: from + i,
    from: 0,
    to: columns,
    does: { is: "row" as const, index: first + i },
  }));
}
