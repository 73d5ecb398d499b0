/** The head of a run's column: how long it took, as a bar, and how it ended. */
import { memo } from "react";
import type { RunMark } from "@octopus/protocol/workflow-views.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { uiPath } from "../../../data/here.ts";
import { useNow } from "../../../app/now.ts";
import { runWords } from "../../../parts/run-strip.tsx";
import { StateMark } from "../../../parts/state-mark.tsx";
import styles from "./grid.module.css";

const BAR = 40;
const BAR_MIN = 3;

interface Props {
  id: string;
  run: RunMark;
  /** The run at its left, which is newer. */
  before: RunMark | undefined;
  column: number;
  start: number;
  longestMs: number;
  isActive: boolean;
}

export const ColumnHead = memo(function ColumnHead({ id, run, before, column, start, longestMs, isActive }: Props) {
  const day = dayOf(run.createdAt);
  const isNewDay = before === undefined || dayOf(before.createdAt) !== day;
  return (
    <div
      id={id}
      role="columnheader"
      aria-colindex={column + 2}
      aria-label={`Run ${runWords(run)}`}
      className={`${styles["column"]} ${isActive ? styles["active"] : ""} ${isNewDay ? styles["newDay"] : ""}`}
      style={{ left: start }}
      data-cell={`-1 ${column}`}
    >
      {isNewDay && <span className={styles["day"]}>{day}</span>}
      <a
        href={`${uiPath}/runs/${encodeURIComponent(run.id)}`}
        tabIndex={-1}
        aria-label={`Run ${runWords(run)}`}
        className={styles["run"]}
      >
        <svg viewBox={`0 0 14 ${BAR}`} className={`${styles["bars"]} ${styles[lookOf(run.state).tone]}`} aria-hidden>
          {run.durationMs === undefined ? (
            <Going run={run} longestMs={longestMs} />
          ) : (
            <Bar ms={run.durationMs} of={longestMs} />
          )}
        </svg>
        <StateMark state={run.state} />
      </a>
    </div>
  );
});

function Bar({ ms, of }: { ms: number; of: number }) {
  const height = Math.max(BAR_MIN, Math.round((Math.min(ms, of) / Math.max(1, of)) * BAR));
  return <rect x="0" width="14" y={BAR - height} height={height} rx="2" fill="currentColor" />;
}

function Going({ run, longestMs }: { run: RunMark; longestMs: number }) {
  const now = useNow();
  return <Bar ms={run.startedAt === undefined ? 0 : now - Date.parse(run.startedAt)} of={Math.max(longestMs, 1)} />;
}

function dayOf(at: string): string {
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(new Date(at));
}
