/** The newest runs of something, the newest at the right: a bar for each, as high as it took long, under its state. */
import type { RunMark } from "@octopus/protocol/workflow-views.ts";
import { formatDuration } from "@octopus/base/duration.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { RunLink } from "./links.tsx";
import styles from "./run-strip.module.css";
import { StateMark } from "./state-mark.tsx";

export function RunStrip({ runs, label }: { runs: readonly RunMark[]; label: string }) {
  const longest = Math.max(1, ...runs.map(({ durationMs }) => durationMs ?? 0));
  return (
    <ul className={styles["strip"]} aria-label={label}>
      {runs.toReversed().map((run) => (
        <li key={run.id} title={runWords(run)}>
          <RunLink id={run.id}>
            <span className={styles["room"]}>
              <svg viewBox="0 0 8 24" className={`${styles["bar"]} ${styles[lookOf(run.state).tone]}`} aria-hidden>
                <rect x="0" width="8" rx="1" {...barOf(run, longest)} fill="currentColor" />
              </svg>
            </span>
            <StateMark state={run.state} label={runWords(run)} />
          </RunLink>
        </li>
      ))}
    </ul>
  );
}

/** `r12 failed, 1.2s`. */
export function runWords({ id, state, durationMs }: RunMark): string {
  return `${id} ${lookOf(state).label}${durationMs === undefined ? "" : `, ${formatDuration(durationMs)}`}`;
}

const HEIGHT = 24;
const HEIGHT_MIN = 3;

/** One that goes on is as high as it has come when the strip is drawn. */
function barOf({ durationMs, startedAt }: RunMark, longest: number): { y: number; height: number } {
  const soFar = startedAt === undefined ? 0 : Date.now() - Date.parse(startedAt);
  const share = Math.min(1, (durationMs ?? soFar) / longest);
  const height = Math.max(HEIGHT_MIN, Math.round(share * HEIGHT));
  return { y: HEIGHT - height, height };
}
