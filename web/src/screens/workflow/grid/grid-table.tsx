/**
 * The grid itself. The focus is on the whole; which cell is the one, `aria-activedescendant` tells, so that cells can come
 * and go while one scrolls.
 */
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { type Grid, type GridPlace, type GridRow, moved } from "@octopus/view/workflow-grid.ts";
import { CellFacts } from "./cell-facts.tsx";
import { ColumnHead } from "./column-head.tsx";
import styles from "./grid.module.css";
import { idOfCell, Row } from "./row.tsx";

/** As `grid.module.css` has them. */
const CELL = 28;
const HEAD = 84;
const NAMES = 224;
const NAMES_NARROW = 120;
/** Columns before the end at which older ones are read. */
const AHEAD = 8;

interface Props {
  name: string;
  grid: Grid;
  rows: readonly GridRow[];
  isReading: boolean;
  onEnd(): void;
}

export function GridTable({ name, grid, rows, isReading, onEnd }: Props) {
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const [place, setPlace] = usePlace(name);
  const at = { row: Math.min(place.row, rows.length - 1), column: Math.min(place.column, grid.runs.length - 1) };
  const navigate = useNavigate();
  const names = useNamesWidth();
  const down = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => CELL,
    paddingStart: HEAD,
    scrollPaddingStart: HEAD,
    overscan: 6,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: grid.runs.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => CELL,
    paddingStart: names,
    scrollPaddingStart: names,
    overscan: 6,
  });
  useEffect(() => across.measure(), [across, names]);
  // Whoever left it by a key comes back to it.
  useLayoutEffect(() => {
    const { current } = scroll;
    if (leftByKey.delete(name) && document.activeElement === document.body) current?.focus({ preventScroll: true });
    return () => void (current?.contains(document.activeElement) === true && leftByKey.add(name));
  }, [name]);
  const columns = across.getVirtualItems();
  const lastColumn = columns.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastColumn >= grid.runs.length - AHEAD) onEnd();
  }, [lastColumn, grid.runs.length, onEnd]);

  const go = (to: GridPlace): void => {
    setPlace(to);
    if (to.row >= 0) down.scrollToIndex(to.row);
    across.scrollToIndex(to.column);
    if (to.column >= grid.runs.length - AHEAD) onEnd();
  };
  const open = ({ row, column }: GridPlace): void => {
    const cell = row < 0 ? undefined : rows[row]?.cells[column];
    const run = grid.runs[column];
    if (cell != null) void navigate({ to: "/tasks/$id", params: { id: cell.id } });
    else if (run !== undefined) void navigate({ to: "/runs/$id", params: { id: run.id } });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(((scroll.current?.clientHeight ?? 0) - HEAD) / CELL) - 1);
    const to = moved(at, event.key, { rows: rows.length, columns: grid.runs.length, page });
    if (to !== undefined) go(to);
    else if (event.key === "Enter") open(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Links are for the mouse: a plain click stays in the page, one with a key opens another window.
  const onClick = (event: MouseEvent): void => {
    const target = (event.target as Element).closest("[data-cell]");
    if (target === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const [row, column] = target.getAttribute("data-cell")!.split(" ").map(Number);
    event.preventDefault();
    setPlace({ row: row!, column: column! });
    open({ row: row!, column: column! });
  };
  const onPointerOver = (event: { target: EventTarget }): void => {
    const [row, column] = ((event.target as Element).closest("[data-cell]")?.getAttribute("data-cell") ?? "").split(
      " ",
    );
    if (column !== undefined) setPlace({ row: Number(row), column: Number(column) });
  };

  const cellId = ({ row, column }: GridPlace): string => idOfCell(id, row, column);
  return (
    <>
      <CellFacts grid={grid} rows={rows} place={at} />
      {/* One stop for the Tab key; what the cells are stands in their labels. */}
      <div
        ref={scroll}
        className={styles["scroll"]}
        role="grid"
        tabIndex={0}
        aria-label={`Runs of ${name} against its tasks`}
        aria-rowcount={rows.length + 1}
        aria-colcount={grid.runs.length + 1}
        aria-activedescendant={cellId(at)}
        aria-busy={isReading}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onPointerOver={onPointerOver}
      >
        <div
          className={styles["sheet"]}
          style={{ width: across.getTotalSize(), height: down.getTotalSize() }}
          role="presentation"
        >
          <div className={styles["head"]} role="row" aria-rowindex={1}>
            <div className={styles["corner"]} role="columnheader" aria-colindex={1}>
              <span>Task</span>
              <span className={styles["minor"]}>newest run first</span>
            </div>
            {columns.map(({ index, start }) => (
              <ColumnHead
                key={grid.runs[index]!.id}
                id={cellId({ row: -1, column: index })}
                run={grid.runs[index]!}
                before={grid.runs[index - 1]}
                column={index}
                start={start}
                longestMs={grid.longestMs}
                isActive={at.row === -1 && at.column === index}
              />
            ))}
          </div>
          {down.getVirtualItems().map(({ index, start }) => (
            <Row
              key={rows[index]!.name}
              grid={id}
              row={rows[index]!}
              index={index}
              start={start}
              columns={columns}
              runs={grid.runs}
              activeColumn={index === at.row ? at.column : undefined}
            />
          ))}
        </div>
      </div>
    </>
  );
}

/** Where a person was in each grid, for the way back: the cell by its place, which newer runs move. */
const places = new Map<string, GridPlace>();
const leftByKey = new Set<string>();

function usePlace(name: string) {
  const [place, setPlace] = useState<GridPlace>(() => places.get(name) ?? { row: 0, column: 0 });
  const move = (to: GridPlace): void => {
    places.set(name, to);
    setPlace(to);
  };
  return [place, move] as const;
}

const NARROW = "(max-width: 640px)";

function useNamesWidth(): number {
  const [isNarrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const query = window.matchMedia(NARROW);
    const hear = (): void => setNarrow(query.matches);
    query.addEventListener("change", hear);
    return () => query.removeEventListener("change", hear);
  }, []);
  return isNarrow ? NAMES_NARROW : NAMES;
}
