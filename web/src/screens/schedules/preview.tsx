/** When a schedule that is being written would be due, as the server reads it. */
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { whenText } from "@octopus/view/schedules.ts";
import { zonedTime } from "@octopus/view/time.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Ago } from "../../parts/times.tsx";
import styles from "./schedule.module.css";

export function Preview({
  preview,
  error,
  isOld,
}: {
  preview: ScheduleView | undefined;
  error: unknown;
  isOld: boolean;
}) {
  const isElsewhere = issuesOf(error).size > 0;
  return (
    <section className={styles["preview"]} aria-label="When it would be due" aria-live="polite" aria-busy={isOld}>
      {preview !== undefined && error === null ? (
        <>
          <p>
            <b>{whenText(preview)}</b>
          </p>
          {preview.next.length === 0 ? (
            <p className={styles["hint"]}>{preview.paused ? "Paused: nothing is due." : "Never due."}</p>
          ) : (
            <ol>
              {preview.next.map((at) => (
                <li key={at}>
                  {zonedTime(at, preview.zone)}{" "}
                  <span className={styles["hint"]}>
                    <Ago at={at} />
                  </span>
                </li>
              ))}
            </ol>
          )}
          {preview.warnings.map((warning) => (
            <p key={warning} className={styles["hint"]}>
              Note: {warning}
            </p>
          ))}
        </>
      ) : error === null ? (
        <p className={styles["hint"]}>Asking when it is due…</p>
      ) : (
        <p className={styles["hint"]}>{isElsewhere ? "When it is due cannot be read yet." : wordsOf(error)}</p>
      )}
    </section>
  );
}
