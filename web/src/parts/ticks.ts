/** Which rows of a list a person has ticked. They stay ticked when they scroll away, or leave the list. */
import { useCallback, useMemo, useState } from "react";
import type { Keyset } from "@octopus/view/keyset.ts";

export interface Ticks<Row> {
  /** By id, as they were when they were ticked. */
  rows: ReadonlyMap<string, Row>;
  toggle(id: string, row: Row): void;
  /** Ticks all from the one ticked last to this one. */
  reach(list: Keyset<Row>, index: number): void;
  /** Ticks these. */
  add(rows: readonly (readonly [string, Row])[]): void;
  clear(): void;
}

/** `idOf` must not change. */
export function useTicks<Row>(idOf: (row: Row) => string): Ticks<Row> {
  const [rows, setRows] = useState<ReadonlyMap<string, Row>>(new Map());
  const [last, setLast] = useState<string>();
  const toggle = useCallback((id: string, row: Row) => {
    setLast(id);
    setRows((before) => {
      const after = new Map(before);
      if (!after.delete(id)) after.set(id, row);
      return after;
    });
  }, []);
  const add = useCallback((more: readonly (readonly [string, Row])[]) => {
    setRows((before) => new Map([...before, ...more]));
  }, []);
  const reach = useCallback(
    (list: Keyset<Row>, index: number) => {
      const from = last === undefined ? -1 : list.placeOf(last);
      const start = from < 0 ? index : from;
      const found: (readonly [string, Row])[] = [];
      for (let i = Math.min(start, index); i <= Math.max(start, index); i++) {
        const row = list.rowAt(i);
        if (row !== undefined) found.push([idOf(row), row]);
      }
      add(found);
      const end = list.rowAt(index);
      if (end !== undefined) setLast(idOf(end));
    },
    [last, add, idOf],
  );
  const clear = useCallback(() => {
    setRows(new Map());
    setLast(undefined);
  }, []);
  return useMemo(() => ({ rows, toggle, reach, add, clear }), [rows, toggle, reach, add, clear]);
}
