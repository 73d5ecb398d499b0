/** How many of many are in each state, as one bar: what has ended from the left, what goes wrong first in sight. */
import type { TaskState } from "@octopus/base/words.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { countsText } from "@octopus/view/tasks.ts";
import styles from "./counts-bar.module.css";

type Counts = Partial<Record<TaskState, number>>;

const ORDER: readonly TaskState[] = [
  ...(["succeeded", "skipped", "cancelled", "expired", "upstream_failed", "failed"] as const),
  ...(["running", "queued", "scheduled", "blocked"] as const),
];
/** A single failure among ten thousand is seen, too. */
const SHARE_MIN = 0.02;

/** `total`: more may be to come than are counted. */
export function CountsBar({ counts, total }: { counts: Counts; total?: number }) {
  const known = ORDER.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
  const sum = Math.max(
    total ?? 0,
    known.reduce((all, { count }) => all + count, 0),
  );
  const words = known.length === 0 ? "nothing yet" : countsText(counts).replaceAll("_", " ");
  return (
    <span className={styles["bar"]} role="img" aria-label={words} title={words}>
      {known.map(({ state, count }) => (
        <span
          key={state}
          className={`${styles[lookOf(state).tone]} ${state === "blocked" ? styles["faint"] : ""} ${
            state === "running" ? styles["lively"] : ""
          }`}
          style={{ flexGrow: Math.max(SHARE_MIN, count / sum) }}
        />
      ))}
    </span>
  );
}
