/** What the bars of the waterfall mean. */
import { Diamond } from "lucide-react";
import type { ReactNode } from "react";
import bars from "./bars.module.css";
import styles from "./waterfall.module.css";

export function Legend() {
  const sign = (kind: string): ReactNode => (
    <span className={styles["sample"]}>
      <span className={`${bars[kind]} ${kind === "run" ? bars["good"] : ""} ${kind === "hold" ? bars["held"] : ""}`} />
    </span>
  );
  return (
    <ul className={styles["legend"]} aria-label="What the bars mean">
      <li>{sign("run")} runs</li>
      <li>{sign("queue")} waits for its turn</li>
      <li>{sign("worker")} waits for a worker</li>
      <li>{sign("asked")} waits for a person</li>
      <li>{sign("pause")} pause</li>
      <li>{sign("hold")} holds others</li>
      <li>
        <Diamond className={styles["diamond"]} aria-hidden /> critical path
      </li>
    </ul>
  );
}
