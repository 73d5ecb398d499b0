/** Tasks that this one holds: the members of a list, and what became of it on each worker. */
import { useQuery } from "@tanstack/react-query";
import type { TaskDetail, TaskView } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { causeOf, titleOf } from "@octopus/view/tasks.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ButtonLink } from "../../parts/button.tsx";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { TaskLink, WorkerLink } from "../../parts/links.tsx";
import { Loading } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Took } from "../../parts/times.tsx";
import styles from "./task.module.css";

const SHOWN = 20;

const COLUMNS: readonly Column<TaskView>[] = [
  { title: "Task", cell: ({ id }) => <TaskLink id={id} /> },
  { title: "State", cell: ({ state }) => <StateMark state={state} withLabel /> },
  { title: "Took", cell: ({ startedAt, endedAt }) => <Took from={startedAt} to={endedAt} />, isNumber: true },
  {
    title: "What",
    cell: (task) => <bdi>{inertLine(clip(causeOf(task) || titleOf(task), 300).text)}</bdi>,
    isWide: true,
  },
];

export function Members({ id, members }: { id: string; members: NonNullable<TaskDetail["members"]> }) {
  const filter = { inside: id, limit: SHOWN };
  const { data } = useQuery({ queryKey: keys.tasks(filter), queryFn: () => client.tasks(filter) });
  return (
    <Panel
      title={`Members (${members.total.toLocaleString("en")})`}
      isFlush
      actions={
        <ButtonLink isSmall to="/tasks" search={{ q: `inside:${id}` } as never}>
          All of them
        </ButtonLink>
      }
    >
      <div className={styles["summary"]}>
        <CountsBar counts={members.counts} />
      </div>
      {data === undefined ? (
        <Loading />
      ) : (
        <Table label={`Newest members of ${id}`} columns={COLUMNS} rows={data.items} keyOf={({ id: one }) => one} />
      )}
    </Panel>
  );
}

type OnOne = [string, NonNullable<TaskDetail["workers"]>[string]];

const WORKER_COLUMNS: readonly Column<OnOne>[] = [
  { title: "Worker", cell: ([name]) => <WorkerLink name={name} /> },
  { title: "Task", cell: ([, { id }]) => <TaskLink id={id} /> },
  { title: "State", cell: ([, { state }]) => <StateMark state={state} withLabel /> },
  {
    title: "Result",
    cell: ([, { result, error }]) => (
      <bdi>{inertLine(clip(error?.message ?? (result === undefined ? "" : JSON.stringify(result)), 300).text)}</bdi>
    ),
    isWide: true,
  },
];

export function OnWorkers({ workers, late }: { workers: NonNullable<TaskDetail["workers"]>; late: readonly string[] }) {
  const rows = Object.entries(workers);
  return (
    <Panel title={`On each worker (${rows.length})`} isFlush>
      {rows.length === 0 ? (
        <p className={styles["summary"]}>It fitted no worker that was online.</p>
      ) : (
        <Table label="What became of it on each worker" columns={WORKER_COLUMNS} rows={rows} keyOf={([name]) => name} />
      )}
      {late.length > 0 && (
        <p className={styles["summary"]}>Joined too late to be asked: {late.map(inertLine).join(", ")}</p>
      )}
    </Panel>
  );
}
