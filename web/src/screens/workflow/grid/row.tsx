/** One task over all runs in sight. Drawn again only when something of it has changed: there are many of them. */
import type { VirtualItem } from "@tanstack/react-virtual";
import { memo } from "react";
import type { RunMark } from "@octopus/protocol/workflow-views.ts";
import type { GridRow } from "@octopus/view/workflow-grid.ts";
import { Cell } from "./cell.tsx";
import styles from "./grid.module.css";

interface Props {
  /** Begins the ids of its cells. */
  grid: string;
  row: GridRow;
  index: number;
  start: number;
  columns: readonly VirtualItem[];
  runs: readonly RunMark[];
  /** Where the cursor is, when it is in this row. */
  activeColumn: number | undefined;
}

export function idOfCell(grid: string, row: number, column: number): string {
  return `${grid}-${row}-${column}`;
}

export const Row = memo(function Row({ grid, row, index, start, columns, runs, activeColumn }: Props) {
  const { name, cells } = row;
  return (
    <div
      className={`${styles["row"]} ${activeColumn === undefined ? "" : styles["activeRow"]}`}
      style={{ top: start }}
      role="row"
      aria-rowindex={index + 2}
    >
      <div className={styles["name"]} role="rowheader" aria-colindex={1} title={name}>
        {name}
      </div>
      {columns.map(({ index: column, start: left }) => (
        <Cell
          key={runs[column]!.id}
          id={idOfCell(grid, index, column)}
          cell={cells[column] ?? null}
          row={index}
          column={column}
          start={left}
          label={`${name} in ${runs[column]!.id}`}
          isActive={column === activeColumn}
        />
      ))}
    </div>
  );
});
