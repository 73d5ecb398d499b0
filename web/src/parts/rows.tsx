/**
 * A long list on a screen: only the rows near what is shown exist. By mouse, and by keys while it has the focus: arrows or
 * `j` and `k` move, Enter opens, `x` ticks, Shift with an arrow ticks along, `.` opens the menu of a row. Where there is
 * little room, rows are cards.
 *
 * RW1  While it is scrolled, pointed at or has ticks, no row moves; what is new is counted on a button.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { KeysetView } from "../data/keyset.ts";
import { Button } from "./button.tsx";
import { useFocusHandedOn } from "./focus-handed-on.ts";
import type { MenuItem } from "./menu.tsx";
import { Loading, Trouble } from "./notices.tsx";
import { rowDeed } from "./row-keys.ts";
import { RowCard, RowLine } from "./row-line.tsx";
import styles from "./rows.module.css";
import type { Ticks } from "./ticks.ts";
import { Clock } from "./times.tsx";
import { useRowWindow } from "./window.ts";

export interface RowColumn<Row> {
  title: string;
  /** As CSS has it: `7rem`, `minmax(8rem, 1fr)`. */
  width: string;
  cell(row: Row): ReactNode;
  isNumber?: boolean;
  /** Shown where the list is at least so many pixels wide. */
  from?: number;
}

export interface RowsProps<Row> {
  /** What is in it, for those who do not see it. */
  label: string;
  view: KeysetView<Row>;
  /** Must stay the same from one rendering to the next. */
  columns: readonly RowColumn<Row>[];
  /** Where there is little room. */
  card(row: Row): ReactNode;
  /** Height of a card in pixels. */
  cardHeight: number;
  open(row: Row): void;
  menu?(row: Row): readonly (MenuItem | null)[];
  ticks?: Ticks<Row>;
  empty: ReactNode;
  /** At the end of what was read. */
  end?: ReactNode;
}

const ROW_HEIGHT = 34;
const CARDS_BELOW = 640;
/** A browser cannot make a box of more than about 17 million pixels: the list's beginning is then another row. */
const ROWS_IN_BOX_MAX = 300_000;
const ROWS_SHIFT = 150_000;

export function Rows<Row>(props: RowsProps<Row>) {
  const { label, view, columns, card, cardHeight, open, menu, ticks, empty, end } = props;
  const { list, idOf, place } = view;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [isCards, setCards] = useState(false);
  const [base, setBase] = useState(0);
  const [activeId, setActiveId] = useState(place.activeId);
  const [activeIndex, setActiveIndex] = useState(place.activeIndex ?? 0);
  const [menuOf, setMenuOf] = useState<string>();
  const [isPointed, setPointed] = useState(false);
  const count = Math.max(0, list.count - base);
  const rowHeight = isCards ? cardHeight : ROW_HEIGHT;
  useFocusHandedOn(box, label);
  // Back from another screen, the list is where it was, and so is who moved in it by keys.
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    current.scrollTop = place.offset;
    if (place.hadFocus === true && document.activeElement === document.body) current.focus({ preventScroll: true });
    return () => {
      place.offset = current.scrollTop;
      place.hadFocus = current.contains(document.activeElement);
    };
  }, [place]);
  useEffect(() => void Object.assign(place, { activeId, activeIndex }), [place, activeId, activeIndex]);
  const { first, last, isScrolled, width, reveal } = useRowWindow(box, {
    rowHeight,
    count,
    head: isCards ? 0 : ROW_HEIGHT,
    offset: place.offset,
  });
  if (isCards !== width < CARDS_BELOW) setCards(width < CARDS_BELOW);

  const isTicked = ticks !== undefined && ticks.rows.size > 0;
  const isHeld = [isScrolled, base > 0, isPointed, menuOf !== undefined, isTicked].some(Boolean);
  useEffect(() => list.hold(isHeld), [list, isHeld]);
  // What is shown is there, and what comes next is on its way before it is reached.
  useEffect(() => {
    void list.look(base + first, base + last);
    if (last >= count - 40 && !list.isEnd && list.error === undefined) void list.more();
  }, [list, base, first, last, count, list.version]);

  // A shift of the beginning moves nothing that is seen.
  const shifted = useRef(-1);
  useLayoutEffect(() => {
    // Until the scroll has come, the rows in view are those from before the last shift.
    if (first === shifted.current) return;
    const shift = (by: number): void => {
      shifted.current = first;
      setBase(base + by);
      box.current!.scrollTop -= by * rowHeight;
    };
    if (count > ROWS_IN_BOX_MAX && first > ROWS_SHIFT + 50) shift(ROWS_SHIFT);
    else if (base > 0 && first < 50) shift(-Math.min(base, ROWS_SHIFT));
  }, [base, count, first, rowHeight]);

  // The chosen row is a thing, not a place: it is followed while it is there.
  const followed = activeId === undefined ? -1 : list.placeOf(activeId);
  const active = followed >= 0 ? followed : Math.min(activeIndex, Math.max(0, list.count - 1));

  const move = (to: number): void => {
    const next = Math.min(Math.max(0, to), list.count - 1);
    const row = list.rowAt(next);
    setActiveIndex(next);
    setActiveId(row === undefined ? undefined : idOf(row));
    reveal(next - base);
  };

  const startAnew = (): void => {
    setBase(0);
    box.current!.scrollTop = 0;
    setPointed(false);
    void list.restart().catch(() => view.retry());
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== box.current) return;
    const deed = rowDeed(event, pageOf(box.current, rowHeight), list.count);
    const row = list.rowAt(active);
    if (deed === undefined || (row === undefined && deed.is !== "move")) return;
    event.preventDefault();
    if (deed.is === "move") {
      if (deed.isTicking && ticks) tickAlong(view, ticks, active, active + deed.by);
      move(active + deed.by);
    } else if (deed.is === "open") open(row!);
    else if (deed.is === "tick") ticks?.toggle(idOf(row!), row!);
    else if (deed.is === "untick") ticks?.clear();
    else if (menu) setMenuOf(idOf(row!));
  };

  const shown = columns.filter(({ from = 0 }) => from <= width);
  const template = templateOf(shown, ticks !== undefined, menu !== undefined);
  return (
    <div className={`${styles["frame"]} ${isCards ? styles["cards"] : ""}`}>
      <Fresh {...list.fresh} onClick={startAnew} />
      <div
        ref={box}
        className={styles["scroll"]}
        role="grid"
        aria-label={label}
        aria-rowcount={list.isEnd ? list.count + 1 : -1}
        aria-multiselectable={ticks ? true : undefined}
        aria-activedescendant={list.rowAt(active) === undefined ? undefined : `${id}-${active}`}
        tabIndex={0}
        data-list
        onKeyDown={onKeyDown}
        onPointerEnter={(event) => event.pointerType === "mouse" && setPointed(true)}
        onPointerLeave={() => setPointed(false)}
        style={{ "--columns": template } as never}
      >
        {!isCards && <Head columns={shown} view={view} ticks={ticks} hasMenu={menu !== undefined} />}
        <div role="rowgroup" className={styles["space"]} style={{ height: count * rowHeight }}>
          {range(first, last).map((index) => {
            const at = base + index;
            const row = list.rowAt(at);
            const rowId = row === undefined ? undefined : idOf(row);
            const line = {
              id: `${id}-${at}`,
              at,
              start: index * rowHeight,
              row,
              columns: shown,
              card,
              open,
              list,
              height: rowHeight,
              isActive: at === active,
              isTicked: rowId !== undefined && ticks?.rows.has(rowId) === true,
              isGone: rowId !== undefined && list.isGone(rowId),
              isMenuOpen: rowId !== undefined && menuOf === rowId,
              rowId: rowId ?? "",
              ...(menu && { menu }),
              ...(ticks && { toggle: ticks.toggle, reach: ticks.reach }),
              setMenuOf,
              backToList: () => box.current?.focus({ preventScroll: true }),
              focus: () => {
                setActiveIndex(at);
                setActiveId(rowId);
              },
            };
            return isCards ? <RowCard key={at} {...line} /> : <RowLine key={at} {...line} />;
          })}
        </div>
        {/* A grid holds rows and nothing else: what is none of the list's stands in one of its own. */}
        <div role="row">
          <div role="gridcell">
            {view.isLoading && <Loading lines={8} />}
            {view.error !== null && list.isNew && <Trouble error={view.error} retry={view.retry} />}
            {!list.isNew && <End view={view} empty={empty} end={end} />}
          </div>
        </div>
      </div>
    </div>
  );
}

function templateOf<Row>(columns: readonly RowColumn<Row>[], hasTicks: boolean, hasMenu: boolean): string {
  const widths = columns.map(({ width }) => width);
  return [...(hasTicks ? ["1.25rem"] : []), ...widths, ...(hasMenu ? ["2rem"] : [])].join(" ");
}

/** Ticks all between two places, which are those of the list at most. */
function tickAlong<Row>({ list, idOf }: KeysetView<Row>, ticks: Ticks<Row>, from: number, to: number): void {
  const row = list.rowAt(from);
  if (row !== undefined && !ticks.rows.has(idOf(row))) ticks.toggle(idOf(row), row);
  ticks.reach(list, Math.min(Math.max(0, to), list.count - 1));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function pageOf(box: HTMLElement | null, rowHeight: number): number {
  return Math.max(1, Math.floor((box?.clientHeight ?? 0) / rowHeight) - 2);
}

function Fresh({ count, isMany, onClick }: { count: number; isMany: boolean; onClick(): void }) {
  if (count === 0) return null;
  return (
    <button type="button" className={styles["fresh"]} onClick={onClick}>
      {count}
      {isMany ? "+" : ""} new
    </button>
  );
}

interface HeadProps<Row> {
  columns: readonly RowColumn<Row>[];
  view: KeysetView<Row>;
  ticks: Ticks<Row> | undefined;
  hasMenu: boolean;
}

function Head<Row>({ columns, view, ticks, hasMenu }: HeadProps<Row>) {
  return (
    <div role="row" className={styles["head"]} aria-rowindex={1}>
      {ticks && <HeadTick ticks={ticks} view={view} />}
      {columns.map(({ title, isNumber = false }) => (
        <div key={title} role="columnheader" className={`${styles["cell"]} ${isNumber ? styles["number"] : ""}`}>
          {title}
        </div>
      ))}
      {hasMenu && (
        <div role="columnheader">
          <span className="visually-hidden">Actions</span>
        </div>
      )}
    </div>
  );
}

/** Ticks all that is loaded and near, or nothing. */
function HeadTick<Row>({ ticks, view: { list, idOf } }: { ticks: Ticks<Row>; view: KeysetView<Row> }) {
  const all = (): void => {
    if (ticks.rows.size > 0) return ticks.clear();
    const rows = Array.from({ length: list.count }, (_, i) => list.rowAt(i)).filter((row) => row !== undefined);
    ticks.add(rows.map((row) => [idOf(row), row] as const));
  };
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.indeterminate = ticks.rows.size > 0;
  });
  return (
    <div role="columnheader" className={styles["tick"]}>
      <input
        ref={input}
        type="checkbox"
        tabIndex={-1}
        aria-label={ticks.rows.size > 0 ? "Untick all" : "Tick all that are loaded"}
        checked={false}
        onChange={all}
      />
    </div>
  );
}

/** What stands behind the last row: that more is coming, that something went wrong, that this is all. */
function End<Row>({ view, empty, end }: { view: KeysetView<Row>; empty: ReactNode; end: ReactNode }) {
  const { list } = view;
  if (list.error !== undefined)
    return (
      <div className={styles["end"]}>
        <Trouble error={list.error} retry={() => void list.more()} />
      </div>
    );
  if (view.error !== null)
    return (
      <div className={styles["end"]}>
        <Trouble error={view.error} retry={view.retry} />
      </div>
    );
  if (list.isEnd)
    return list.count === 0 ? empty : end === undefined ? null : <div className={styles["end"]}>{end}</div>;
  if (list.readTo !== undefined)
    return (
      <div className={styles["end"]} role="status">
        Looked back to <Clock at={list.readTo} />; looking further …
      </div>
    );
  return list.isReadingMore ? (
    <div className={styles["end"]} role="status">
      Reading more …
    </div>
  ) : (
    <div className={styles["end"]}>
      <Button isSmall onClick={() => void list.more()}>
        Show more
      </Button>
    </div>
  );
}
