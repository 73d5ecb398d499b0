/** Everything about a task, and about a run, as text. */
import { formatDuration, formatSize } from "../base/duration.ts";
import type { AttemptView, TaskDetail } from "../protocol/views.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { asksFacts } from "./asks.ts";
import { colourOf, type Paint } from "./paint.ts";
import { type Column, renderFacts, renderTable } from "./table.ts";
import { progressText, standing } from "./run-words.ts";
import { causeOf, countsText, taskColumns, titleOf } from "./tasks.ts";
import { clean } from "./text.ts";
import { elapsed, moment, relative } from "./time.ts";

/** Where it is shown. */
interface Look {
  paint: Paint;
  columns: number | undefined;
}

export function taskText(task: TaskDetail, out: Look, now: number): string {
  const facts = renderFacts(
    [
      ["task", `${task.id}  ${clean(titleOf(task))}`],
      ["state", `${out.paint(colourOf(task.state), task.state)}  ${clean(causeOf(task))}`.trimEnd()],
      ["run", task.run],
      ["type", task.type],
      ["arm", `${task.arm}, priority ${task.priority}`],
      ["tags", task.tags.join(", ")],
      ["needs", task.needs.join(", ")],
      ["worker", task.worker],
      ...nodeFacts(task),
      ...asksFacts(task),
      ["created", relative(task.createdAt, now)],
      ["due", task.dueAt === undefined ? undefined : `${moment(task.dueAt, now)}, ${relative(task.dueAt, now)}`],
      ["took", elapsed(task.startedAt, task.endedAt, now)],
      ["timeout", task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
      [
        "progress",
        task.progress === undefined
          ? undefined
          : `${Math.round(task.progress * 100)} %  ${clean(task.progressMessage ?? "")}`.trimEnd(),
      ],
      ["does", clean(JSON.stringify(task.work))],
      ["result", task.result === undefined ? task.resultHref : clean(JSON.stringify(task.result))],
    ],
    out.paint,
  );
  if (task.workers !== undefined) return [facts, ...workersParts(task, task.workers, out)].join("\n\n");
  if (task.attempts.length === 0) return facts;
  return `${facts}\n\n${renderTable(attemptColumns(now), task.attempts, { paint: out.paint, columns: out.columns })}`;
}

/** What it is in its workflow. */
function nodeFacts(task: TaskDetail): (readonly [string, string | undefined])[] {
  const { approval, marked, members, outputs } = task;
  const by = (word: string, one: { by?: string | undefined; note?: string | undefined }): string =>
    clean(`${word}${one.by === undefined ? "" : ` by ${one.by}`}${one.note === undefined ? "" : `: ${one.note}`}`);
  return [
    ["inside", task.inside],
    ["trigger", task.trigger],
    ["role", task.role],
    ["undoes", task.compensates],
    ["allowed", task.allowed === true ? "it failed, and may" : undefined],
    ["members", members === undefined ? undefined : progressText(members.counts, members.total)],
    ["holds", task.subRun],
    ["approval", approval === undefined ? undefined : by(approval.state ?? "not asked for yet", approval)],
    ["asks", approval?.message === undefined ? undefined : clean(approval.message)],
    ["marked", marked === undefined ? undefined : by("by a person", marked)],
    ["outputs", outputs === undefined ? undefined : clean(JSON.stringify(outputs))],
  ];
}

type OnWorkers = NonNullable<TaskDetail["workers"]>;

/** What became on each worker of a task for all of them; no table where it fitted none. */
function workersParts({ lateWorkers = [] }: TaskDetail, workers: OnWorkers, out: Look): string[] {
  const columns: Column<[string, OnWorkers[string]]>[] = [
    { title: "WORKER", cell: ([name]) => name, max: 40 },
    { title: "TASK", cell: ([, { id }]) => id },
    { title: "STATE", cell: ([, { state }]) => state, colour: ([, { state }]) => colourOf(state) },
    {
      title: "RESULT",
      cell: ([, { result, error }]) => error?.message ?? (result === undefined ? "" : JSON.stringify(result)),
      max: 100,
    },
  ];
  const rows = Object.entries(workers);
  const parts = rows.length === 0 ? [] : [renderTable(columns, rows, { paint: out.paint, columns: out.columns })];
  if (lateWorkers.length > 0) parts.push(`joined too late to be asked: ${lateWorkers.join(", ")}`);
  return parts;
}

function attemptColumns(now: number): Column<AttemptView>[] {
  return [
    { title: "TRY", cell: ({ attempt }) => String(attempt), side: "right" },
    { title: "OUTCOME", cell: ({ outcome }) => outcome ?? "running" },
    { title: "WORKER", cell: ({ worker }) => worker, max: 30 },
    { title: "PLUGIN", cell: ({ plugin }) => plugin ?? "", max: 40 },
    { title: "STARTED", cell: ({ startedAt }) => relative(startedAt, now) },
    { title: "TOOK", cell: (one) => elapsed(one.startedAt, one.endedAt, now), side: "right" },
    { title: "EXIT", cell: (one) => one.signal ?? one.exitCode?.toString() ?? "" },
    { title: "CPU", cell: ({ cpuMs }) => (cpuMs === undefined ? "" : formatDuration(cpuMs)), side: "right" },
    {
      title: "MEMORY",
      cell: ({ maxRssBytes }) => (maxRssBytes === undefined ? "" : formatSize(maxRssBytes)),
      side: "right",
    },
    { title: "ERROR", cell: ({ error }) => error?.message ?? "", max: 100 },
  ];
}

export function runText(run: RunDetail, out: Look, now: number): string {
  const facts = renderFacts(
    [
      ["run", `${run.id}  ${clean(run.workflow)}`],
      ["state", [out.paint(colourOf(run.state), run.state), standing(run)].filter(Boolean).join(", ")],
      ["why", run.reason === undefined ? undefined : clean(run.reason)],
      ["made by", run.schedule === undefined ? undefined : `schedule ${run.schedule}, tick ${run.tick}`],
      ["inside", run.parent],
      ["again", run.retryOf],
      ["group", run.group === undefined ? undefined : `${clean(run.group.name)}, ${run.group.limit} at once`],
      ["at once", run.maxParallel === undefined ? undefined : `${run.maxParallel} tasks`],
      ["created", relative(run.createdAt, now)],
      [
        "deadline",
        run.deadlineAt === undefined ? undefined : `${moment(run.deadlineAt, now)}, ${relative(run.deadlineAt, now)}`,
      ],
      ["took", elapsed(run.startedAt, run.endedAt, now)],
      ["params", run.params === undefined ? undefined : clean(JSON.stringify(run.params))],
      ["tasks", countsText(run.counts)],
      ["result", run.result === undefined ? undefined : clean(JSON.stringify(run.result))],
      ["definition", run.definitionHash?.slice(0, 12)],
    ],
    out.paint,
  );
  const more = run.more === true ? `\n… and more: octopus ls --run ${run.id}` : "";
  return `${facts}\n\n${renderTable(taskColumns(now), run.tasks, { paint: out.paint, columns: out.columns })}${more}`;
}
