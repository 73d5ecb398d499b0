/** How far the newest version of a plugin has come: who has it, who gets it, who could not. */
import type { PluginView } from "@octopus/protocol/plugin.ts";
import styles from "./plugins.module.css";

/** How often a screen asks anew while some worker has it still to come: that is no event of the stream. */
export const SPREAD_MS = 2000;

export function isSpreading({ workers }: Pick<PluginView, "workers">): boolean {
  return workers.coming.length > 0;
}

export function Spread({ workers: { ready, failed, coming } }: Pick<PluginView, "workers">) {
  const lost = Object.keys(failed);
  if (ready.length + lost.length + coming.length === 0) return <span className={styles["hint"]}>none connected</span>;
  return (
    <span>
      {ready.length > 0 && (
        <span className={styles["good"]} title={ready.join(", ")}>
          {ready.length} ready
        </span>
      )}
      {coming.length > 0 && (
        <span className={styles["wait"]} title={coming.join(", ")}>
          {ready.length > 0 && ", "}
          {coming.length} to come
        </span>
      )}
      {lost.length > 0 && (
        <span className={styles["bad"]} title={lost.map((name) => `${name}: ${failed[name]}`).join("\n")}>
          {ready.length + coming.length > 0 && ", "}
          {lost.length} failed
        </span>
      )}
    </span>
  );
}
