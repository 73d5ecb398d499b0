/** A screen that is text which scrolls: facts of a task, of a worker. */
import type { Screen } from "../screen.ts";
import { insteadOf, type Room } from "../screen.ts";
import type { Line } from "../spans.ts";
import type { Slot, Slots } from "../slots.ts";
import { pageOf, type State, valueOf } from "../state.ts";

/** Made of what was read for this part of the screen. */
export function textPage<K extends Slot>(
  slot: K,
  lines: (value: Slots[K], state: State, columns: number) => Line[],
): Screen {
  const of = (state: State, { columns }: Room): Line[] => {
    const value = valueOf(state, slot, pageOf(state)!.id);
    if (value !== undefined) return lines(value, state, columns);
    const entry = state.data[slot];
    // What was read for another id says nothing about this one.
    const isOther = entry !== undefined && entry.key !== pageOf(state)!.id;
    return insteadOf(isOther ? { ...state, data: {} } : state, slot, "", columns);
  };
  return {
    targets: () => [],
    height: (_, { rows }) => rows,
    length: (state, room) => of(state, room).length,
    draw: (state, room, cursor) => ({ lines: of(state, room).slice(cursor.top, cursor.top + room.rows), spots: [] }),
  };
}
