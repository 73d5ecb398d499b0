/** What runs on a worker now, with what each attempt has used. */
import { useQuery } from "@tanstack/react-query";
import { formatSize } from "@octopus/base/duration.ts";
import type { WorkerDetail } from "@octopus/protocol/worker-views.ts";
import { absenceWords } from "@octopus/view/fleet.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ArmLink, TaskLink } from "../../parts/links.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Took } from "../../parts/times.tsx";
import { wordsOf } from "./worker-tasks.tsx";

type Attempt = WorkerDetail["attempts"][number] & { words: string };

const COLUMNS: readonly Column<Attempt>[] = [
  { title: "Task", cell: ({ id }) => <TaskLink id={id} /> },
  { title: "What", cell: ({ words }) => words, isWide: true },
  { title: "Arm", cell: ({ arm }) => <ArmLink name={arm} />, isMinor: true },
  { title: "Try", cell: ({ attempt }) => attempt, isNumber: true },
  { title: "For", cell: ({ startedAt }) => <Took from={startedAt} to={undefined} />, isNumber: true },
  {
    title: "CPU",
    cell: ({ cpuMs }) => (cpuMs === undefined ? "" : `${(cpuMs / 1000).toFixed(1)}s`),
    isNumber: true,
    isMinor: true,
  },
  {
    title: "Memory",
    cell: ({ rssBytes }) => (rssBytes === undefined ? "" : formatSize(rssBytes)),
    isNumber: true,
    isMinor: true,
  },
  {
    title: "Units",
    cell: ({ units = {} }) =>
      Object.entries(units)
        .map(([name, names]) => `${name} ${names.join(",")}`)
        .join(" "),
    isMinor: true,
  },
];

/** What the tasks that run there are called, or do: the worker itself knows but their types. */
function useWords(worker: string): ReadonlyMap<string, string> {
  const filter = { worker, state: ["running" as const], limit: 200 };
  const { data } = useQuery({ queryKey: keys.tasks(filter), queryFn: () => client.tasks(filter) });
  return new Map((data?.items ?? []).map((task) => [task.id, wordsOf(task)]));
}

export function WorkerAttempts({ worker }: { worker: WorkerDetail }) {
  const { attempts, held } = worker;
  const words = useWords(worker.name);
  const rows = attempts.map((attempt) => ({ ...attempt, words: words.get(attempt.id) ?? attempt.type }));
  const columns = COLUMNS.filter(({ title }) => title !== "Units" || attempts.some(({ units }) => units !== undefined));
  return (
    <Panel title={`Runs now (${attempts.length})`} isFlush>
      {attempts.length === 0 ? (
        <Empty title="Nothing runs here">
          {absenceWords(worker) !== undefined
            ? "It is not connected."
            : held === true
              ? "It is drained and takes no work."
              : "It waits for tasks that it may run."}
        </Empty>
      ) : (
        <Table
          label={`Attempts on ${worker.name}`}
          columns={columns}
          rows={rows}
          keyOf={({ id, attempt }) => `${id}.${attempt}`}
        />
      )}
    </Panel>
  );
}
