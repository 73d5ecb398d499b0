/** What the cell under the cursor is, in one line over the grid. */
import { Link2, Repeat, UserCheck } from "lucide-react";
import { formatDuration } from "@octopus/base/duration.ts";
import type { Grid, GridPlace, GridRow } from "@octopus/view/workflow-grid.ts";
import { RunLink, ScheduleLink, TaskLink } from "../../../parts/links.tsx";
import { StateMark } from "../../../parts/state-mark.tsx";
import { Ago, Took } from "../../../parts/times.tsx";
import styles from "./grid.module.css";

export function CellFacts({ grid, rows, place }: { grid: Grid; rows: readonly GridRow[]; place: GridPlace }) {
  const run = grid.runs[place.column]!;
  const row = place.row < 0 ? undefined : rows[place.row];
  const cell = row?.cells[place.column];
  return (
    <div className={styles["facts"]} aria-live="off">
      {row !== undefined && (
        <span className={styles["fact"]}>
          <strong>{row.name}</strong>
          {cell == null ? (
            <span className={styles["minor"]}>not in this run</span>
          ) : (
            <>
              <StateMark state={cell.state} withLabel />
              <TaskLink id={cell.id} />
              <span className={styles["minor"]}>
                {cell.durationMs === undefined ? (
                  cell.state === "running" && <Took from={cell.startedAt} to={undefined} />
                ) : (
                  <>took {formatDuration(cell.durationMs)}</>
                )}
                {cell.members !== undefined && ` · ${cell.members} members`}
              </span>
              {cell.attempt !== undefined && (
                <span className={styles["minor"]}>
                  <Repeat aria-hidden className={styles["sign"]} /> attempt {cell.attempt}
                </span>
              )}
            </>
          )}
        </span>
      )}
      <span className={styles["fact"]}>
        <RunLink id={run.id} />
        <StateMark state={run.state} withLabel {...(run.paused === true && { label: "paused" })} />
        <span className={styles["minor"]}>
          <Ago at={run.createdAt} />
          {run.startedAt !== undefined && (
            <>
              , <Took from={run.startedAt} to={run.endedAt} />
            </>
          )}
        </span>
        {run.schedule !== undefined && (
          <span className={styles["minor"]}>
            by <ScheduleLink name={run.schedule} />
          </span>
        )}
        {run.parent !== undefined && (
          <span className={styles["minor"]}>
            <Link2 aria-hidden className={styles["sign"]} /> inside <TaskLink id={run.parent} />
          </span>
        )}
        {run.schedule === undefined && run.parent === undefined && (
          <span className={styles["minor"]}>
            <UserCheck aria-hidden className={styles["sign"]} /> by hand
          </span>
        )}
      </span>
    </div>
  );
}
