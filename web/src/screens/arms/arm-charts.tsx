/** What went through an arm: starts and failures, what waited and ran, and how long the wait was. */
import { useMemo } from "react";
import { bridged } from "@octopus/view/arm-history.ts";
import { useSearchText } from "../../app/search.ts";
import { type Minutes, useHistory } from "../../data/history.ts";
import { Chart } from "../../parts/chart.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./arm.module.css";

const SPANS: readonly { minutes: Minutes; label: string; step: string }[] = [
  { minutes: 15, label: "15 min", step: "10 seconds" },
  { minutes: 60, label: "1 hour", step: "minute" },
  { minutes: 1440, label: "1 day", step: "15 minutes" },
];

export function ArmCharts({ name }: { name: string }) {
  const [chosen, choose] = useSearchText("span");
  const span = SPANS.find(({ minutes }) => String(minutes) === chosen) ?? SPANS[0]!;
  const { data, error, refetch } = useHistory(span.minutes, name);
  const lines = useMemo(() => {
    const arm = data?.arms[name];
    if (data === undefined || arm === undefined) return undefined;
    const { stepMs, from } = data;
    return {
      times: arm.started.map((_, i) => (from + i * stepMs) / 1000),
      ends: [
        { label: "succeeded", values: arm.succeeded, tone: "good" },
        { label: "failed", values: arm.failed, tone: "bad" },
      ] as const,
      load: [
        { label: "running", values: arm.active },
        { label: "queued", values: arm.queued },
      ],
      waits: [{ label: "seconds", values: bridged(arm.waitMs).map((ms) => (ms === null ? null : ms / 1000)) }],
    };
  }, [data, name]);
  return (
    <Panel
      title="Over time"
      actions={
        <span className={styles["spans"]} role="group" aria-label="How far back">
          {SPANS.map(({ minutes, label }) => (
            <ChipToggle
              key={minutes}
              isOn={minutes === span.minutes}
              onChange={() => choose(minutes === 15 ? undefined : String(minutes))}
            >
              {label}
            </ChipToggle>
          ))}
        </span>
      }
    >
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Loading />
      ) : lines === undefined ? (
        <p>
          Nothing has gone through it since the server started. What does is drawn here; it is kept in memory for a day.
        </p>
      ) : (
        <div className={styles["charts"]}>
          <div>
            <h3 className={styles["chartTitle"]}>Ended in each {span.step}</h3>
            <Chart label={`Tasks of ${name} that ended`} times={lines.times} lines={lines.ends} unit="number" />
          </div>
          <div>
            <h3 className={styles["chartTitle"]}>Running and queued</h3>
            <Chart label={`Tasks of ${name} that run and wait`} times={lines.times} lines={lines.load} unit="number" />
          </div>
          <div>
            <h3 className={styles["chartTitle"]}>Mean wait before a start</h3>
            <Chart label={`Wait of tasks of ${name}`} times={lines.times} lines={lines.waits} unit="number" />
          </div>
        </div>
      )}
    </Panel>
  );
}
