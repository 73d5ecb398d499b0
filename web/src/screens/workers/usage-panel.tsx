/** What the machine under a worker used in the last hour or day. It is kept in memory, so it begins with the server. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { UsageShare } from "@octopus/view/fleet.ts";
import { usageCharts } from "@octopus/view/usage-chart.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Chart } from "../../parts/chart.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./worker.module.css";

/** All that is kept. */
const POINTS_MAX = 360;
const STEP_MS = { hour: 10_000, day: 60_000 };

export function UsagePanel({ name, shares }: { name: string; shares: readonly UsageShare[] }) {
  const [said, setSpan] = useSearchText("span");
  const span = said === "day" ? "day" : "hour";
  const { data, error, refetch } = useQuery({
    queryKey: keys.worker(name, "usage", span),
    // Of a worker that has said nothing yet, the list of one is empty; asked for alone it would be an error.
    queryFn: async () => (await client.usages({ span, points: POINTS_MAX, workers: [name] }))[0] ?? null,
    refetchInterval: STEP_MS[span],
    placeholderData: (before) => before,
  });
  const charts = useMemo(() => (data ? usageCharts(data) : []), [data]);
  return (
    <Panel
      title="Its machine"
      actions={
        <div className={styles["span"]}>
          <ChipToggle isOn={span === "hour"} onChange={() => setSpan(undefined)}>
            Hour
          </ChipToggle>
          <ChipToggle isOn={span === "day"} onChange={() => setSpan("day")}>
            Day
          </ChipToggle>
        </div>
      }
    >
      {shares.length > 0 && (
        <p className={styles["hint"]}>{shares.map(({ name: what, words }) => `${what} ${words}`).join(" · ")}</p>
      )}
      {charts.length > 0 ? (
        <div className={styles["charts"]}>
          {charts.map(({ title, ...chart }) => (
            <Chart key={title} label={`${title}, last ${span}`} {...chart} />
          ))}
        </div>
      ) : error !== null && data === undefined ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading />
      ) : (
        <p className={styles["hint"]}>It has said nothing of its usage since the server started.</p>
      )}
    </Panel>
  );
}
