/** One row of a long list: as a line of cells, or as a card. Rendered again only when something of it changed. */
import { memo, type MouseEvent, type ReactNode } from "react";
import { MoreHorizontal } from "lucide-react";
import type { Keyset } from "@octopus/view/keyset.ts";
import { IconButton } from "./button.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import type { RowColumn } from "./rows.tsx";
import styles from "./rows.module.css";

export interface RowLineProps<Row> {
  id: string;
  /** Its place in the list, and in pixels. */
  at: number;
  start: number;
  height: number;
  row: Row | undefined;
  rowId: string;
  columns: readonly RowColumn<Row>[];
  card(row: Row): ReactNode;
  list: Keyset<Row>;
  open(row: Row): void;
  menu?(row: Row): readonly (MenuItem | null)[];
  toggle?(id: string, row: Row): void;
  reach?(list: Keyset<Row>, index: number): void;
  setMenuOf(id: string | undefined): void;
  /** The list has the focus again. */
  backToList(): void;
  focus(): void;
  isActive: boolean;
  isTicked: boolean;
  isGone: boolean;
  isMenuOpen: boolean;
}

/** Compared without the calls, which are new each time and do the same. */
function isSame<Row>(before: RowLineProps<Row>, after: RowLineProps<Row>): boolean {
  const looks = ["at", "start", "height", "row", "columns", "isActive", "isTicked", "isGone", "isMenuOpen", "reach"];
  return looks.every((key) => before[key as keyof typeof before] === after[key as keyof typeof after]);
}

function Line<Row>(props: RowLineProps<Row>) {
  const { row, columns } = props;
  return (
    <div {...frameOf(props, styles["row"] ?? "")}>
      {props.toggle && <Tick {...props} />}
      {columns.map((column) => (
        <div
          key={column.title}
          role="gridcell"
          className={`${styles["cell"]} ${column.isNumber === true ? styles["number"] : ""}`}
        >
          {row === undefined ? <div className={styles["blank"]} /> : column.cell(row)}
        </div>
      ))}
      {props.menu && (
        <div role="gridcell" className={styles["more"]}>
          <RowMenu {...props} />
        </div>
      )}
    </div>
  );
}

function Card<Row>(props: RowLineProps<Row>) {
  const { row, card } = props;
  return (
    <div {...frameOf(props, styles["card"] ?? "")}>
      {props.toggle ? <Tick {...props} /> : <div role="gridcell" />}
      <div role="gridcell" className={styles["cell"]}>
        {row === undefined ? <div className={styles["blank"]} /> : card(row)}
      </div>
      <div role="gridcell" className={styles["more"]}>
        {props.menu && <RowMenu {...props} />}
      </div>
    </div>
  );
}

export const RowLine = memo(Line, isSame) as typeof Line;
export const RowCard = memo(Card, isSame) as typeof Card;

function frameOf<Row>(props: RowLineProps<Row>, base: string) {
  const { id, at, start, height, row, isActive, isTicked, isGone, focus, open, toggle, reach, list } = props;
  const onClick = (event: MouseEvent): void => {
    // A click in the menu of the row comes here, too, though the menu stands elsewhere in the page.
    if (!event.currentTarget.contains(event.target as Node)) return;
    focus();
    if (row === undefined || (event.target as HTMLElement).closest("a, button, input, label") !== null) return;
    if (event.shiftKey && reach) return reach(list, at);
    if ((event.ctrlKey || event.metaKey) && toggle) return toggle(props.rowId, row);
    // Somebody marked a text to copy it.
    if (getSelection()?.isCollapsed === false) return;
    open(row);
  };
  const looks = [base, isActive && styles["active"], isTicked && styles["ticked"], isGone && styles["gone"]];
  return {
    role: "row",
    id,
    "aria-rowindex": at + 2,
    ...(toggle && { "aria-selected": isTicked }),
    className: looks.filter(Boolean).join(" "),
    style: { transform: `translateY(${start}px)`, height },
    onClick,
    // With Shift the browser would mark text.
    onMouseDown: (event: MouseEvent) => event.shiftKey && event.preventDefault(),
  };
}

function Tick<Row>({ row, rowId, at, isTicked, toggle, reach, list }: RowLineProps<Row>) {
  if (row === undefined) return <div role="gridcell" />;
  const onClick = (event: MouseEvent): void => {
    if (!event.shiftKey || !reach) return toggle?.(rowId, row);
    event.preventDefault();
    reach(list, at);
  };
  return (
    <div role="gridcell">
      <label className={styles["tick"]}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Tick ${rowId}`}
          checked={isTicked}
          onClick={onClick}
          readOnly
        />
      </label>
    </div>
  );
}

function RowMenu<Row>({ row, rowId, menu, isMenuOpen, setMenuOf, backToList }: RowLineProps<Row>) {
  if (row === undefined || !menu) return null;
  const label = `Actions on ${rowId}`;
  // A menu for each row would cost more than the rows.
  if (!isMenuOpen)
    return (
      <IconButton label={label} aria-haspopup="menu" tabIndex={-1} onClick={() => setMenuOf(rowId)}>
        <MoreHorizontal aria-hidden />
      </IconButton>
    );
  return (
    <Menu
      label={label}
      isOpen
      onOpenChange={(isOpen) => setMenuOf(isOpen ? rowId : undefined)}
      onClosed={backToList}
      items={menu(row)}
      trigger={
        <IconButton label={label} tabIndex={-1}>
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    />
  );
}
