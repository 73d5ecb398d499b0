/** Slots of an arm or a worker: which are taken, of how many. Few are drawn one by one, many as a bar. */
import styles from "./slots.module.css";

const SINGLE_MAX = 24;

interface SlotsProps {
  used: number;
  /** Absent: there is no limit. */
  limit: number | undefined;
  /** It is paused or full: drawn in another tone. */
  tone?: "busy" | "warn" | "off";
}

export function Slots({ used, limit, tone = "busy" }: SlotsProps) {
  const words = limit === undefined ? `${used} running, no limit` : `${used} of ${limit} slots taken`;
  return (
    <span className={`${styles["slots"]} ${styles[tone]}`}>
      <span className={styles["drawing"]} role="img" aria-label={words} title={words}>
        {limit !== undefined && limit <= SINGLE_MAX ? (
          <Single used={used} limit={limit} />
        ) : (
          <Bar used={used} limit={limit} />
        )}
      </span>
      <span className={styles["count"]} aria-hidden>
        {used}
        <span className={styles["of"]}>{limit === undefined ? " / ∞" : ` / ${limit}`}</span>
      </span>
    </span>
  );
}

function Single({ used, limit }: { used: number; limit: number }) {
  const count = Math.max(limit, Math.min(used, SINGLE_MAX));
  return (
    <span className={styles["single"]}>
      {Array.from({ length: count }, (_, i) => (
        <span
          key={i}
          className={`${styles["slot"]} ${i < used ? styles["taken"] : ""} ${i >= limit ? styles["over"] : ""}`}
        />
      ))}
    </span>
  );
}

function Bar({ used, limit }: { used: number; limit: number | undefined }) {
  // Without a limit there is no share: that something runs is all there is to see.
  const share = limit === undefined ? (used > 0 ? 1 : 0) : Math.min(1, used / limit);
  return (
    <span className={`${styles["bar"]} ${limit === undefined ? styles["open"] : ""}`}>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden>
        {share > 0 && <rect width={Math.max(1.5, share * 100)} height="10" fill="currentColor" />}
      </svg>
    </span>
  );
}
