/** What starts the workflow by itself: the schedules that its file asks for, and those that people made for it. */
import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { ScheduleLink } from "../../parts/links.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";

export function useSchedulesOf({ name, schedules }: Pick<WorkflowDetail, "name" | "schedules">): ScheduleView[] {
  const { data = [] } = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules() });
  return data.filter((one) => schedules.includes(one.name) || nameOfTarget(one) === name);
}

/** The registered workflow that a schedule runs by its name. */
function nameOfTarget({ workflow }: ScheduleView): string | undefined {
  return (workflow as { workflow?: string } | null | undefined)?.workflow;
}

const COLUMNS: Column<ScheduleView>[] = [
  { title: "Schedule", cell: ({ name }) => <ScheduleLink name={name} /> },
  { title: "When", cell: ({ when }) => when, isWide: true },
  { title: "Zone", cell: ({ zone }) => zone, isMinor: true },
  { title: "Next", cell: ({ paused, nextAt }) => (paused ? "paused" : nextAt ? <Ago at={nextAt} /> : "never again") },
  {
    title: "Last",
    isMinor: true,
    cell: ({ lastTick, lastAction }) =>
      lastTick === undefined ? (
        "not yet"
      ) : (
        <>
          {lastAction} <Ago at={lastTick} />
        </>
      ),
  },
  { title: "Actions", cell: (schedule) => <Deeds schedule={schedule} /> },
];

export function SchedulesTab({ schedules }: { schedules: readonly ScheduleView[] }) {
  if (schedules.length === 0)
    return (
      <Empty title="Nothing starts it by itself" icon={<CalendarClock aria-hidden />}>
        <p>
          Write <code>schedule: 30 2 * * *</code> or <code>schedule: {"{ every: 1h }"}</code> into its definition.
        </p>
      </Empty>
    );
  return (
    <Panel isFlush>
      <Table label="Schedules of the workflow" columns={COLUMNS} rows={schedules} keyOf={({ name }) => name} />
    </Panel>
  );
}

function Deeds({ schedule: { name, paused } }: { schedule: ScheduleView }) {
  const may = useMay("operator");
  const pause = useAction({ run: () => client.pauseSchedule(name, !paused), stale: [keys.schedules] });
  const fire = useAction({
    run: () => client.triggerSchedule(name),
    done: ({ made }) => (made === undefined ? `${name} was fired` : `${name} was fired: ${made}`),
    stale: [keys.schedules],
  });
  if (!may) return null;
  return (
    <>
      <Button isSmall kind="quiet" onClick={() => pause.run()} isBusy={pause.isPending}>
        {paused ? "Resume" : "Pause"}
      </Button>
      <Button isSmall kind="quiet" onClick={() => fire.run()} isBusy={fire.isPending}>
        Fire now
      </Button>
    </>
  );
}
