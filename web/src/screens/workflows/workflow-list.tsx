/** Workflows as rows; as cards where there is little room. */
import { Pause, Play, Zap } from "lucide-react";
import { formatDuration } from "@octopus/base/duration.ts";
import type { WorkflowView } from "@octopus/protocol/run-views.ts";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { rateOf } from "@octopus/view/workflow-grid.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { WorkflowLink } from "../../parts/links.tsx";
import { useMore } from "../../parts/more.tsx";
import { RunStrip } from "../../parts/run-strip.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./workflows.module.css";

interface Props {
  workflows: readonly WorkflowView[];
  schedules: readonly ScheduleView[];
  onRun(name: string): void;
}

export function WorkflowList({ workflows, schedules, onRun }: Props) {
  const byName = new Map(schedules.map((schedule) => [schedule.name, schedule]));
  const { shown, more } = useMore(workflows);
  return (
    <>
      <ul className={styles["list"]} aria-label="Workflows">
        {shown.map((workflow) => (
          <Row
            key={workflow.name}
            workflow={workflow}
            schedules={workflow.schedules.flatMap((name) => byName.get(name) ?? [])}
            onRun={onRun}
          />
        ))}
      </ul>
      {more}
    </>
  );
}

function Row({
  workflow,
  schedules,
  onRun,
}: {
  workflow: WorkflowView;
  schedules: readonly ScheduleView[];
  onRun: Props["onRun"];
}) {
  const { name, description, recent = [] } = workflow;
  const mayRun = useMay("submitter");
  return (
    <li className={styles["row"]}>
      <div className={styles["what"]}>
        <strong className={styles["name"]}>
          <WorkflowLink name={name} />
        </strong>
        {description !== undefined && <p className={styles["description"]}>{inertLine(description)}</p>}
      </div>
      <div className={styles["when"]}>
        {schedules.length === 0 ? (
          <span className={styles["minor"]}>not scheduled</span>
        ) : (
          schedules.map((schedule) => <When key={schedule.name} schedule={schedule} />)
        )}
      </div>
      <div className={styles["how"]}>
        {recent.length === 0 ? (
          <span className={styles["minor"]}>never ran</span>
        ) : (
          <>
            <RunStrip runs={recent} label={`Newest runs of ${name}`} />
            <Rate recent={recent} />
          </>
        )}
      </div>
      <div className={styles["deeds"]}>
        <PauseButton workflow={name} schedules={schedules} />
        {mayRun && (
          <Button isSmall icon={<Play aria-hidden />} onClick={() => onRun(name)} aria-label={`Run ${name}`}>
            Run
          </Button>
        )}
      </div>
    </li>
  );
}

function When({ schedule: { when, paused, nextAt } }: { schedule: ScheduleView }) {
  return (
    <div>
      <span>{when}</span>
      <span className={styles["minor"]}>
        {paused ? (
          <span className={styles["paused"]}>paused</span>
        ) : nextAt === undefined ? (
          "never again"
        ) : (
          <>
            next <Ago at={nextAt} />
          </>
        )}
      </span>
    </div>
  );
}

function Rate({ recent }: { recent: NonNullable<WorkflowView["recent"]> }) {
  const { ended, good, medianMs } = rateOf(recent);
  return (
    <div className={styles["rate"]}>
      <span>
        <Ago at={recent[0]!.createdAt} />
      </span>
      <span className={styles["minor"]}>
        {ended === 0 ? "none has ended" : `${good} of ${ended} good`}
        {medianMs !== undefined && `, ${formatDuration(medianMs)}`}
      </span>
    </div>
  );
}

/** Pauses all that starts the workflow by itself, or lets it go on. */
export function PauseButton({
  workflow,
  schedules,
  isLarge = false,
}: {
  workflow: string;
  schedules: readonly ScheduleView[];
  isLarge?: boolean;
}) {
  const mayPause = useMay("operator");
  const isPaused = schedules.length > 0 && schedules.every(({ paused }) => paused);
  const action = useAction({
    run: () => Promise.all(schedules.map(({ name }) => client.pauseSchedule(name, !isPaused))),
    done: () => (isPaused ? `${workflow} runs by its schedule again` : `${workflow} does not run by its schedule now`),
    stale: [keys.schedules, keys.workflows],
  });
  if (!mayPause || schedules.length === 0) return null;
  const label = isPaused ? `Resume the schedule of ${workflow}` : `Pause the schedule of ${workflow}`;
  const sign = isPaused ? <Zap aria-hidden /> : <Pause aria-hidden />;
  if (!isLarge)
    return (
      <IconButton label={label} onClick={() => action.run()} disabled={action.isPending}>
        {sign}
      </IconButton>
    );
  return (
    <Button icon={sign} onClick={() => action.run()} isBusy={action.isPending} title={label}>
      {isPaused ? "Resume schedule" : "Pause schedule"}
    </Button>
  );
}
