/** What ended on a worker of late. */
import { useQuery } from "@tanstack/react-query";
import { TASK_STATES, isEnded } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { workLine } from "@octopus/view/work-line.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ButtonLink } from "../../parts/button.tsx";
import { TaskLink } from "../../parts/links.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago, Took } from "../../parts/times.tsx";

const SHOWN = 8;

const COLUMNS: readonly Column<TaskView>[] = [
  { title: "State", cell: ({ state }) => <StateMark state={state} /> },
  { title: "Task", cell: ({ id }) => <TaskLink id={id} /> },
  { title: "What", cell: (task) => wordsOf(task), isWide: true },
  { title: "Took", cell: ({ startedAt, endedAt }) => <Took from={startedAt} to={endedAt} />, isNumber: true },
  { title: "Ended", cell: ({ endedAt }) => <Ago at={endedAt} />, isMinor: true },
];

/** Its name, else what it does. */
export function wordsOf({ name, type, work }: Pick<TaskView, "name" | "type" | "work">): string {
  return inertLine(name ?? workLine(work) ?? type);
}

export function WorkerTasks({ name }: { name: string }) {
  const filter = { worker: name, state: TASK_STATES.filter(isEnded), limit: SHOWN };
  const { data } = useQuery({ queryKey: keys.tasks(filter), queryFn: () => client.tasks(filter) });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel
      title="Ended here"
      isFlush
      actions={
        <ButtonLink isSmall to="/tasks" search={{ q: `worker:${name}` } as never}>
          All its tasks
        </ButtonLink>
      }
    >
      <Table label={`Tasks that ended on ${name}`} columns={COLUMNS} rows={data.items} keyOf={({ id }) => id} />
    </Panel>
  );
}
