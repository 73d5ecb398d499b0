/** One sentence in its tone: is everything all right? Beneath it, all else that wants somebody to look. */
import { AlertTriangle, CircleCheck, OctagonAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { HealthTone } from "@octopus/view/health.ts";
import styles from "./verdict-box.module.css";

const SIGNS = { good: CircleCheck, warn: AlertTriangle, bad: OctagonAlert } as const;

interface VerdictBoxProps {
  tone: HealthTone;
  /** What the sentence is about, for those who do not see it. */
  label: string;
  sentence: ReactNode;
  notes: readonly { key: string; tone: "warn" | "bad"; content: ReactNode }[];
  /** Notes that are not shown. */
  more?: number;
}

export function VerdictBox({ tone, label, sentence, notes, more = 0 }: VerdictBoxProps) {
  const Sign = SIGNS[tone];
  return (
    <section className={`${styles["verdict"]} ${styles[tone]}`} aria-label={label}>
      <Sign className={styles["sign"]} aria-hidden />
      <div className={styles["words"]}>
        <p className={styles["sentence"]} role="status">
          {sentence}
        </p>
        {notes.length > 0 && (
          <ul className={styles["notes"]}>
            {notes.map((note) => (
              <li key={note.key} className={styles[`note-${note.tone}`]}>
                {note.content}
              </li>
            ))}
            {more > 0 && <li>and {more} more</li>}
          </ul>
        )}
      </div>
    </section>
  );
}
