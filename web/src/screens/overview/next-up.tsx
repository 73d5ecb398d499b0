/** What comes next by the calendar. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import { inertLine } from "@octopus/view/inert.ts";
import { targetText } from "@octopus/view/schedules.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ScheduleLink } from "../../parts/links.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./lists.module.css";

const SHOWN = 6;

export function NextUp() {
  const { data, error, refetch } = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules() });
  const next = (data ?? [])
    .filter(({ nextAt, paused }) => nextAt !== undefined && !paused)
    .toSorted((a, b) => (a.nextAt! < b.nextAt! ? -1 : 1));
  return (
    <Panel title="Next scheduled" actions={<Link to="/schedules">All schedules</Link>} isFlush>
      {data === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Trouble error={error} retry={() => void refetch()} />
        )
      ) : next.length === 0 ? (
        <p className={styles["note"]}>
          {data.length === 0 ? "Nothing is scheduled. " : "Nothing is due: what there is is paused, or over. "}
          <Link to="/schedules">{data.length === 0 ? "Add a schedule" : "Look at them"}</Link>
        </p>
      ) : (
        <ul className={styles["list"]} aria-label="Next scheduled">
          {next.slice(0, SHOWN).map((schedule) => (
            <li key={schedule.name} className={styles["line"]}>
              <CalendarClock size={15} aria-hidden />
              <span className={styles["grow"]}>
                <ScheduleLink name={schedule.name} />
                <span className={styles["small"]}>
                  <bdi>{inertLine(targetText(schedule))}</bdi>
                </span>
              </span>
              <span className={styles["small"]}>
                <Ago at={schedule.nextAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
