/** The life of the task as one line of time: what it waited for, when it ran, attempt by attempt. */
import { formatDuration } from "@octopus/base/duration.ts";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { PHASE_WORDS, type Phase, phaseTimes, type Segment, timelineOf } from "@octopus/view/timeline.ts";
import { useNow } from "../../app/now.ts";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Clock } from "../../parts/times.tsx";
import styles from "./timeline.module.css";

/** A stretch is at least so wide that it can be seen and pointed at: a share of the whole. */
const LEAST = 0.006;
const ROWS_MAX = 60;

export function Timeline({ task }: { task: TaskDetail }) {
  return isEnded(task.state) ? <Drawn task={task} now={0} /> : <Live task={task} />;
}

function Live({ task }: { task: TaskDetail }) {
  return <Drawn task={task} now={useNow()} />;
}

function Drawn({ task, now }: { task: TaskDetail; now: number }) {
  const segments = timelineOf(task);
  const first = segments[0];
  if (first === undefined) return null;
  const end = Math.max(...segments.map(({ from, to }) => Math.max(from, to ?? now)));
  const whole = Math.max(1, end - first.from);
  const times = Object.entries(phaseTimes(segments, now)) as [Phase, number][];
  const shown = segments.slice(-ROWS_MAX);
  return (
    <Panel
      title="Timeline"
      actions={
        <span className={styles["sum"]}>
          {times
            .filter(([, ms]) => ms > 0)
            .map(([phase, ms]) => (
              <span key={phase} className={styles["part"]}>
                <i className={`${styles["swatch"]} ${styles[phase]}`} aria-hidden />
                {PHASE_WORDS[phase]} {formatDuration(ms)}
              </span>
            ))}
        </span>
      }
    >
      <ol className={styles["rows"]} aria-label="What its time went to">
        {shown.length < segments.length && (
          <li className={styles["faint"]}>{segments.length - shown.length} earlier stretches are not drawn.</li>
        )}
        {shown.map((segment) => (
          <SegmentRow
            key={`${segment.from} ${segment.phase} ${segment.attempt}`}
            segment={segment}
            now={now}
            start={first.from}
            whole={whole}
          />
        ))}
      </ol>
      <div className={styles["axis"]}>
        <Clock at={new Date(first.from).toISOString()} />
        <span>{formatDuration(whole)}</span>
        {isEnded(task.state) ? <Clock at={new Date(end).toISOString()} /> : <span>now</span>}
      </div>
    </Panel>
  );
}

interface SegmentRowProps {
  segment: Segment;
  now: number;
  start: number;
  whole: number;
}

function SegmentRow({ segment, now, start, whole }: SegmentRowProps) {
  const { phase, from, to, label, attempt, outcome } = segment;
  const ms = Math.max(0, (to ?? now) - from);
  const left = Math.min(1 - LEAST, Math.max(0, (from - start) / whole));
  const width = Math.max(LEAST, Math.min(1 - left, ms / whole));
  const words = `${label}${outcome === undefined ? "" : `: ${lookOf(outcome).label}`}`;
  return (
    <li className={styles["row"]}>
      <span className={styles["name"]}>
        {phase === "running" ? (
          <StateMark state={outcome ?? "running"} />
        ) : (
          <i className={`${styles["swatch"]} ${styles[phase]}`} />
        )}
        <bdi>{inertLine(words)}</bdi>
        {attempt > 0 && <span className={styles["faint"]}>attempt {attempt}</span>}
      </span>
      <span className={styles["track"]} aria-hidden>
        <span
          className={`${styles["bar"]} ${styles[phase]} ${outcome === undefined ? "" : styles[lookOf(outcome).tone]} ${to === undefined ? styles["open"] : ""}`}
          style={{ insetInlineStart: `${left * 100}%`, width: `${width * 100}%` }}
        />
      </span>
      <span className={styles["time"]}>{formatDuration(ms)}</span>
    </li>
  );
}
