/** One task of one run: the mark of its state, and a sign when it took more than one attempt. */
import { memo } from "react";
import { formatDuration } from "@octopus/base/duration.ts";
import type { GridCell } from "@octopus/protocol/workflow-views.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { uiPath } from "../../../data/here.ts";
import { StateMark } from "../../../parts/state-mark.tsx";
import styles from "./grid.module.css";

interface Props {
  id: string;
  cell: GridCell | null;
  row: number;
  column: number;
  start: number;
  /** Which task of which run. */
  label: string;
  isActive: boolean;
}

export const Cell = memo(function Cell({ id, cell, row, column, start, label, isActive }: Props) {
  const words = `${label}: ${cell === null ? "not there" : cellWords(cell)}`;
  return (
    <div
      id={id}
      role="gridcell"
      aria-colindex={column + 2}
      aria-selected={isActive}
      aria-label={words}
      className={`${styles["cell"]} ${isActive ? styles["active"] : ""}`}
      style={{ left: start }}
      data-cell={`${row} ${column}`}
    >
      {cell !== null && (
        <a
          href={`${uiPath}/tasks/${encodeURIComponent(cell.id)}`}
          tabIndex={-1}
          aria-label={words}
          className={`${styles["mark"]} ${styles[lookOf(cell.state).tone]}`}
        >
          <StateMark state={cell.state} />
          {cell.attempt !== undefined && <span className={styles["again"]}>{cell.attempt}</span>}
        </a>
      )}
    </div>
  );
});

/** `failed after 1.2s, attempt 3`. */
export function cellWords({ state, durationMs, attempt, members }: GridCell): string {
  const words = [lookOf(state).label];
  if (durationMs !== undefined) words.push(formatDuration(durationMs));
  if (attempt !== undefined) words.push(`attempt ${attempt}`);
  if (members !== undefined) words.push(members === 1 ? "1 member" : `${members} members`);
  return words.join(", ");
}
