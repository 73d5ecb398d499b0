/** One arm in a line: slots, queue, how long its tasks wait, what went through in the last minutes. */
import { Link } from "@tanstack/react-router";
import { CirclePause, Droplets } from "lucide-react";
import { formatDuration } from "@octopus/base/duration.ts";
import type { ArmHistory } from "@octopus/protocol/history.ts";
import type { ArmView } from "@octopus/protocol/views.ts";
import { bridged, fromFirst, perMinute, rateWords, recentWait } from "@octopus/view/arm-history.ts";
import { spell } from "@octopus/view/health.ts";
import { useNow } from "../../app/now.ts";
import { ArmLink } from "../../parts/links.tsx";
import { Slots } from "../../parts/slots.tsx";
import { Spark } from "../../parts/spark.tsx";
import styles from "./lane.module.css";

interface LaneProps {
  arm: ArmView;
  history: ArmHistory | undefined;
  stepMs: number;
}

export function Lane({ arm, history, stepMs }: LaneProps) {
  const { name, active, maxParallel, queued, enabled } = arm;
  const isFull = maxParallel !== undefined && active >= maxParallel && queued > 0;
  return (
    <li className={styles["lane"]}>
      <span className={styles["name"]}>
        <ArmLink name={name} />
        <ArmBadges arm={arm} />
      </span>
      <span className={styles["slots"]}>
        <Slots used={active} limit={maxParallel} tone={enabled ? (isFull ? "warn" : "busy") : "off"} />
      </span>
      <span className={styles["queue"]}>
        <Queue arm={arm} />
      </span>
      <span className={styles["flow"]}>
        <Through history={history} stepMs={stepMs} />
      </span>
      <span className={styles["wait"]}>
        <Waits history={history} stepMs={stepMs} />
      </span>
    </li>
  );
}

/** What keeps it from taking or starting tasks. */
export function ArmBadges({ arm: { enabled, draining } }: { arm: Pick<ArmView, "enabled" | "draining"> }) {
  return (
    <>
      {!enabled && (
        <span className={styles["badge"]}>
          <CirclePause aria-hidden /> paused
        </span>
      )}
      {draining && (
        <span className={styles["badge"]}>
          <Droplets aria-hidden /> draining
        </span>
      )}
    </>
  );
}

/** How many wait in it, and since when the first. */
export function Queue({ arm: { name, queued, waiting, oldestQueuedAt } }: { arm: ArmView }) {
  const now = useNow();
  if (queued === 0) {
    return (
      <span className={styles["quiet"]}>{waiting > 0 ? `${waiting.toLocaleString("en")} to come` : "no queue"}</span>
    );
  }
  const waitMs = oldestQueuedAt === undefined ? undefined : Math.max(0, now - Date.parse(oldestQueuedAt));
  return (
    <>
      <Link to="/tasks" search={{ q: `arm:${name} state:queued` } as never} className={styles["queued"]}>
        {queued.toLocaleString("en")} queued
      </Link>
      {waitMs !== undefined && (
        <span className={waitMs > 60_000 ? styles["long"] : styles["quiet"]}>oldest {spell(waitMs)}</span>
      )}
    </>
  );
}

/** What started of late. */
export function Through({ history, stepMs }: Omit<LaneProps, "arm">) {
  const rate = rateWords(perMinute(history?.started, stepMs));
  return (
    <>
      <Spark label={`Starts of late, now ${rate}`} values={fromFirst(history?.started ?? [])} width={96} height={24} />
      <span className={styles["figure"]} title="Started in the last minute">
        {rate}
      </span>
    </>
  );
}

/** How long what started of late had waited. */
export function Waits({ history, stepMs }: Omit<LaneProps, "arm">) {
  const wait = history && recentWait(history, stepMs);
  const words =
    wait === undefined
      ? "–"
      : formatDuration(Math.round(wait < 10_000 ? wait : wait / 1000) * (wait < 10_000 ? 1 : 1000));
  return (
    <>
      <Spark
        label={`Wait before starts, lately ${words}`}
        values={fromFirst(bridged(history?.waitMs ?? []))}
        tone="wait"
        width={64}
        height={24}
      />
      <span className={styles["figure"]} title="Mean wait before a start, in the last five minutes">
        {words}
      </span>
    </>
  );
}
