/** Every try of the task: where, how it ended, and what it took. */
import { Link } from "@tanstack/react-router";
import { formatDuration, formatSize } from "@octopus/base/duration.ts";
import type { AttemptView, TaskDetail } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { WorkerLink } from "../../parts/links.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Clock, Took } from "../../parts/times.tsx";

const COLUMNS: readonly Column<AttemptView>[] = [
  { title: "Try", cell: ({ attempt }) => attempt, isNumber: true },
  { title: "Outcome", cell: ({ outcome }) => <StateMark state={outcome ?? "running"} withLabel /> },
  { title: "Worker", cell: ({ worker }) => <WorkerLink name={worker} /> },
  { title: "Began", cell: ({ startedAt }) => <Clock at={startedAt} />, isMinor: true },
  { title: "Took", cell: ({ startedAt, endedAt }) => <Took from={startedAt} to={endedAt} />, isNumber: true },
  { title: "Exit", cell: ({ exitCode, signal }) => signal ?? exitCode, isNumber: true },
  { title: "CPU", cell: ({ cpuMs }) => cpuMs !== undefined && formatDuration(cpuMs), isNumber: true },
  { title: "Memory", cell: ({ maxRssBytes }) => maxRssBytes !== undefined && formatSize(maxRssBytes), isNumber: true },
  { title: "Plugin", cell: ({ plugin }) => plugin, isMinor: true },
  {
    title: "Log",
    cell: ({ attempt }) => (
      <Link to="." search={((before: object) => ({ ...before, tab: "log", attempt: String(attempt) })) as never}>
        log<span className="visually-hidden"> of attempt {attempt}</span>
      </Link>
    ),
  },
  { title: "Error", cell: ({ error }) => error && <bdi>{inertLine(clip(error.message, 300).text)}</bdi>, isWide: true },
];

export function Attempts({ id, task }: { id: string; task: TaskDetail }) {
  const rows = task.attempts.toSorted((a, b) => b.attempt - a.attempt);
  const columns = COLUMNS.filter(({ title }) => title !== "Plugin" || rows.some(({ plugin }) => plugin !== undefined));
  return (
    <Panel title={rows.length === 1 ? "Attempt" : `Attempts (${rows.length})`} isFlush>
      <Table label={`Attempts of ${id}`} columns={columns} rows={rows} keyOf={({ attempt }) => String(attempt)} />
    </Panel>
  );
}
