/** One schedule: when it is due next, what became of its ticks, as a list and as a calendar, and all that is said of it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { EllipsisVertical } from "lucide-react";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { targetText, whenText } from "@octopus/view/schedules.ts";
import { zonedTime } from "@octopus/view/time.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Absent } from "../../parts/absent.tsx";
import { Button, ButtonLink, IconButton } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { WorkflowLink } from "../../parts/links.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Remark } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import { Backfill } from "./backfill.tsx";
import { Heat } from "./heat.tsx";
import { ScheduleAbout } from "./schedule-about.tsx";
import { useScheduleActions } from "./schedule-actions.tsx";
import { ScheduleEditor } from "./schedule-editor.tsx";
import styles from "./schedule.module.css";
import { Ticks } from "./ticks.tsx";

export function SchedulePage() {
  const { name } = useParams({ from: "/schedules/$name" });
  const { data, error, refetch } = useQuery({ queryKey: keys.schedule(name), queryFn: () => client.schedule(name) });
  const above = <Link to="/schedules">Schedules</Link>;
  if (data === undefined)
    return (
      <Absent name={name} above={above} kind="schedule" error={error} retry={() => void refetch()}>
        <p>It was deleted, or never made.</p>
        <ButtonLink to="/schedules">All schedules</ButtonLink>
      </Absent>
    );
  return <Schedule schedule={data} above={above} />;
}

function Schedule({ schedule, above }: { schedule: ScheduleView; above: React.ReactNode }) {
  const navigate = useNavigate();
  const actions = useScheduleActions(() => void navigate({ to: "/schedules" }));
  const [edit, setEdit] = useSearchText("edit");
  const [backfill, setBackfill] = useSearchText("backfill");
  const { name, paused, warnings, description, of } = schedule;
  const more = actions.items(schedule).filter(({ label }) => !["Fire now", "Pause", "Resume", "Edit"].includes(label));
  return (
    <Page
      title={name}
      above={above}
      heading={
        <>
          {name}
          {paused && <Chip tone="warn">paused</Chip>}
        </>
      }
      lead={
        <>
          {whenText(schedule)}: <code>{inertLine(targetText(schedule))}</code>
          {description !== undefined && <p>{inertLine(description)}</p>}
        </>
      }
      actions={
        actions.mayChange && (
          <>
            <Button isBusy={actions.isToggling} onClick={() => actions.toggle(schedule)}>
              {paused ? "Resume" : "Pause"}
            </Button>
            <Button onClick={() => setEdit("1")}>Edit</Button>
            <Button kind="main" isBusy={actions.isTriggering} onClick={() => actions.trigger(name)}>
              Fire now
            </Button>
            <Menu
              items={more}
              label="More"
              trigger={
                <IconButton label="More">
                  <EllipsisVertical aria-hidden />
                </IconButton>
              }
            />
          </>
        )
      }
    >
      {of !== undefined && (
        <Remark tone="off">
          The file of the workflow <WorkflowLink name={of} /> asks for it. What is changed here holds until that is
          registered again.
        </Remark>
      )}
      {warnings.map((warning) => (
        <Remark key={warning} tone="warn">
          {warning}
        </Remark>
      ))}
      <div className={styles["two"]}>
        <Panel title="Due next">
          <Next schedule={schedule} />
        </Panel>
        <Heat schedule={schedule} />
      </div>
      <Ticks schedule={schedule} />
      <Panel title="What it is">
        <ScheduleAbout schedule={schedule} />
      </Panel>
      {edit !== "" && <ScheduleEditor schedule={schedule} onClose={() => setEdit(undefined)} />}
      {backfill !== "" && <Backfill schedule={schedule} onClose={() => setBackfill(undefined)} />}
    </Page>
  );
}

function Next({ schedule: { next, zone, paused, active, queued } }: { schedule: ScheduleView }) {
  return (
    <div className={styles["next"]}>
      {paused ? (
        <p className={styles["hint"]}>It is paused: nothing fires until it is resumed.</p>
      ) : next.length === 0 ? (
        <p className={styles["hint"]}>Never again.</p>
      ) : (
        <ol className={styles["times"]}>
          {next.map((at) => (
            <li key={at}>
              <span className={styles["zoned"]}>{zonedTime(at, zone)}</span>
              <span className={styles["hint"]}>
                <Ago at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {active + queued > 0 && (
        <p className={styles["hint"]}>
          {active} at work{queued > 0 && `, ${queued} ticks wait for the one before them`}
        </p>
      )}
    </div>
  );
}
