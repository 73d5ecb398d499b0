/** How much of something is taken: a bar with its words. */
import styles from "./meter.module.css";

interface MeterProps {
  /** The same in words, for those who do not see it. */
  label: string;
  used: number;
  total: number;
  text?: string;
  tone?: "accent" | "good" | "warn" | "bad";
}

export function Meter({ label, used, total, text, tone = "accent" }: MeterProps) {
  const share = total <= 0 ? (used > 0 ? 1 : 0) : Math.min(1, used / total);
  return (
    <div className={styles["meter"]} role="img" aria-label={label} title={label}>
      {text !== undefined && <span className={styles["text"]}>{text}</span>}
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" className={`${styles["bar"]} ${styles[tone]}`} aria-hidden>
        <rect width="100" height="6" className={styles["ground"]} />
        {share > 0 && <rect width={Math.max(2, share * 100)} height="6" fill="currentColor" />}
      </svg>
    </div>
  );
}
