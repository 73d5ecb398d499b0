/** What a schedule says of itself: its rules, and what it submits. */
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { inert } from "@octopus/view/inert.ts";
import { spanText } from "@octopus/view/limits.ts";
import { zonedTime } from "@octopus/view/time.ts";
import { Facts } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./schedule.module.css";

const OVERLAP_WORDS: Readonly<Record<ScheduleView["overlap"], string>> = {
  allow: "they may run side by side",
  skip: "the new one is left out",
  queue_one: "one waits for the end of the one before",
  queue_all: "each waits for the end of the one before",
  cancel_previous: "the one before is cancelled",
};

export function ScheduleAbout({ schedule }: { schedule: ScheduleView }) {
  const { cron, everyMs, at, zone, startAt, endAt, jitterMs, overlap, catchUp, calendars, exclude, blackouts } =
    schedule;
  const moment = (text: string | undefined): string | undefined => text && zonedTime(text, zone);
  return (
    <div className={styles["about"]}>
      <Facts
        facts={[
          ["Cron", cron && <code key="cron">{cron.join("; ")}</code>],
          ["Every", everyMs && spanText(everyMs)],
          ["At", at?.map((one) => zonedTime(one, zone)).join("; ")],
          ["Zone", zone],
          ["From", moment(startAt)],
          ["Until", moment(endAt)],
          ["Jitter", jitterMs === 0 ? undefined : `up to ${spanText(jitterMs)}`],
          ["While the one before runs", OVERLAP_WORDS[overlap]],
          [
            "Missed while nobody was there",
            catchUp.policy === "none"
              ? "let go"
              : `${catchUp.policy === "latest" ? "the newest fires" : `all fire, at most ${catchUp.max}`}, within ${spanText(catchUp.windowMs)}`,
          ],
          ["Days off", [...exclude, ...calendars.map((name) => `calendar ${name}`)].join(", ")],
          ["Not at", blackouts.map(blackoutText).join("; ")],
          ["Made", <Ago key="made" at={schedule.createdAt} />],
        ]}
      />
      <div>
        <p className={styles["hint"]}>
          {schedule.workflow === undefined ? "Each tick submits the task" : "Each tick runs the workflow"}
        </p>
        <pre className={styles["code"]} tabIndex={0}>
          {workText(schedule)}
        </pre>
      </div>
    </div>
  );
}

/** A workflow as it is written; the rest as JSON. */
function workText({ task, workflow }: ScheduleView): string {
  if (workflow === undefined) return inert(JSON.stringify(task, undefined, 2));
  const { definition, files: _, ...rest } = workflow as { definition?: string; files?: unknown };
  const said = Object.keys(rest).length === 0 ? "" : `# ${JSON.stringify(rest)}\n`;
  return inert(said + (definition ?? ""));
}

function blackoutText({ from, to, days }: ScheduleView["blackouts"][number]): string {
  const text = (at: string | number): string => (typeof at === "number" ? new Date(at).toISOString() : at);
  return `${days === undefined ? "" : `${days.join(", ")} `}${text(from)} to ${text(to)}`;
}
