/** Who holds the slots of an arm, and who waits for one. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ArmDetail, TaskView } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { TaskLink, WorkerLink } from "../../parts/links.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Took } from "../../parts/times.tsx";
import styles from "./arm.module.css";

const SHOWN = 20;

type Holder = ArmDetail["holders"][number];

const HOLDER_COLUMNS: readonly Column<Holder>[] = [
  { title: "Task", cell: ({ id }) => <TaskLink id={id} /> },
  { title: "Type", cell: ({ type }) => <bdi>{inertLine(type)}</bdi>, isWide: true },
  { title: "Try", cell: ({ attempt }) => attempt, isNumber: true, isMinor: true },
  { title: "Worker", cell: ({ worker }) => <WorkerLink name={worker} /> },
  { title: "For", cell: ({ startedAt }) => <Took from={startedAt} to={undefined} />, isNumber: true },
];

export function Holders({ arm: { name, holders, active, maxParallel } }: { arm: ArmDetail }) {
  const rest = holders.length - SHOWN;
  const all = (
    <Link to="/tasks" search={{ q: `arm:${name} state:running` } as never}>
      {active.toLocaleString("en")} running
    </Link>
  );
  return (
    <Panel title="Who holds its slots" actions={active > 0 && all} isFlush>
      {holders.length === 0 ? (
        <p className={styles["note"]}>
          Nobody: {maxParallel === undefined ? "nothing runs in it." : "every slot is free."}
        </p>
      ) : (
        <Table
          label={`Holders of slots of ${name}`}
          columns={HOLDER_COLUMNS}
          rows={holders.slice(0, SHOWN)}
          keyOf={({ id }) => id}
        />
      )}
      {rest > 0 && <p className={styles["foot"]}>{all}, of which these hold the longest</p>}
    </Panel>
  );
}

const QUEUE_COLUMNS: readonly Column<TaskView>[] = [
  { title: "Task", cell: ({ id }) => <TaskLink id={id} /> },
  { title: "What", cell: (task) => <bdi>{inertLine(clip(titleOf(task), 120).text)}</bdi>, isWide: true },
  { title: "Priority", cell: ({ priority }) => priority, isNumber: true, isMinor: true },
  {
    title: "Waits",
    cell: ({ readyAt, createdAt }) => <Took from={readyAt ?? createdAt} to={undefined} />,
    isNumber: true,
  },
];

export function QueuedTasks({ arm: { name, queued } }: { arm: ArmDetail }) {
  const filter = { arm: name, state: ["queued"], limit: SHOWN } as const;
  const { data, error, refetch } = useQuery({ queryKey: keys.tasks(filter), queryFn: () => client.tasks(filter) });
  const all = (
    <Link to="/tasks" search={{ q: `arm:${name} state:queued` } as never}>
      {queued.toLocaleString("en")} queued
    </Link>
  );
  return (
    <Panel title="Who waits, the newest first" actions={queued > 0 && all} isFlush>
      {data === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Trouble error={error} retry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <p className={styles["note"]}>
          Nobody waits for a slot.{" "}
          <Link to="/tasks" search={{ q: `arm:${name}` } as never}>
            All tasks of {name}
          </Link>
        </p>
      ) : (
        <Table label={`Queue of ${name}`} columns={QUEUE_COLUMNS} rows={data.items} keyOf={({ id }) => id} />
      )}
    </Panel>
  );
}
