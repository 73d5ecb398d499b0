/** What a machine uses now, with the last hour as a small line each. */
import type { UsageHistory } from "@octopus/protocol/worker-views.ts";
import { percent, shareTone, type UsageShare } from "@octopus/view/fleet.ts";
import { Spark } from "../../parts/spark.tsx";
import styles from "./usage-sparks.module.css";

const SERIES = { CPU: "cpu", Memory: "memory", Disk: "disk", GPU: "gpu" } as const;

/** One point is no line. */
function isLine(values: readonly (number | null)[] | undefined): boolean {
  return values !== undefined && values.filter((value) => value !== null).length > 1;
}

export function UsageSparks({ shares, history }: { shares: readonly UsageShare[]; history: UsageHistory | undefined }) {
  if (shares.length === 0) return <p className={styles["none"]}>It says nothing of its machine yet.</p>;
  return (
    <div className={styles["all"]}>
      {shares.map(({ name, share, words }) => {
        const tone = shareTone(share);
        return (
          <div key={name} className={styles["one"]} title={`${name}: ${words}`}>
            <span className={styles["name"]}>{name}</span>
            <span className={`${styles["value"]} ${styles[tone]}`}>{percent(share)}</span>
            {isLine(history?.[SERIES[name]]) && (
              <Spark
                label={`${name} over the last hour, now ${words}`}
                values={history?.[SERIES[name]] ?? []}
                max={1}
                tone={tone === "good" ? "accent" : tone}
                width={76}
                height={20}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}
