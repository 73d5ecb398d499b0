/** A screen that is a list: a line or two above it, a table, one row for each thing. */
import type { Column } from "./table.ts";
import { drawTable } from "./table.ts";
import { type Drawn, insteadOf, lookOfCursor, type Room, rowSpots, type Screen } from "./screen.ts";
import { DIM, WARN } from "./looks.ts";
import { fit, type Line, span } from "./spans.ts";
import type { Slot } from "./slots.ts";
import type { State } from "./state.ts";
import type { Target } from "./target.ts";

export interface ListOf<Row> {
  slot: Slot;
  rows(state: State): readonly Row[];
  target(row: Row): Target;
  columns(state: State): readonly Column<Row>[];
  above?(state: State, columns: number): Line[];
  /** Said when there is nothing. */
  empty(state: State): string;
  /** Said below the last row, where there are more than were read. */
  more?(state: State): string | undefined;
}

export function listScreen<Row>(list: ListOf<Row>): Screen {
  const aboveOf = (state: State, { columns }: Room): Line[] => {
    const above = list.above?.(state, columns) ?? [];
    const entry = state.data[list.slot];
    if (entry?.error === undefined || entry.value === undefined) return above;
    return [...above, fit(span(` not read again: ${entry.error}`, WARN), columns)];
  };
  const height = (state: State, room: Room): number => Math.max(1, room.rows - aboveOf(state, room).length - 1);
  return {
    targets: (state) => list.rows(state).map(list.target),
    height,
    draw(state, room, cursor): Drawn {
      const above = aboveOf(state, room);
      const rows = list.rows(state);
      if (rows.length === 0)
        return { lines: [...above, ...insteadOf(state, list.slot, list.empty(state), room.columns)], spots: [] };
      const shown = rows.slice(cursor.top, cursor.top + height(state, room));
      const lines = drawTable(list.columns(state), shown, {
        columns: room.columns,
        cursor: cursor.index - cursor.top,
        cursorLook: lookOfCursor(state),
      });
      const more = cursor.top + shown.length >= rows.length ? list.more?.(state) : undefined;
      const end = more === undefined ? [] : [fit(span(`  ${more}`, DIM), room.columns)];
      return {
        lines: [...above, ...lines, ...end],
        spots: rowSpots(above.length + 1, cursor.top, shown.length, room.columns),
      };
    },
  };
}
