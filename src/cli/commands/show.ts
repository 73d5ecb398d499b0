/** `octopus show ID`: a task with its attempts, or a run with its tasks. */
import { formatDuration, formatSize } from "../../base/duration.ts";
import type { AttemptView, RunDetail, TaskDetail } from "../../protocol/views.ts";
import { colourOf } from "../../view/paint.ts";
import { type Column, renderFacts, renderTable } from "../../view/table.ts";
import { causeOf, countsText, taskColumns, titleOf } from "../../view/tasks.ts";
import { clean } from "../../view/text.ts";
import { elapsed, relative } from "../../view/time.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import type { Output } from "../output.ts";
import { targetOf } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const client = await context.client();
  const { kind, id } = await targetOf(client, context.args[0]!);
  const now = Date.now();
  if (kind === "run") {
    const view = await client.run(id);
    out.answer(view, { table: () => runText(view, out, now), quiet: () => view.state });
  } else {
    const view = await client.task(id);
    out.answer(view, { table: () => taskText(view, out, now), quiet: () => view.state });
  }
  return EXIT.ok;
}

function taskText(task: TaskDetail, out: Output, now: number): string {
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
      ["created", relative(task.createdAt, now)],
      ["due", relative(task.dueAt, now)],
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
  if (task.attempts.length === 0) return facts;
  return `${facts}\n\n${renderTable(attemptColumns(now), task.attempts, { paint: out.paint, columns: out.columns })}`;
}

function attemptColumns(now: number): Column<AttemptView>[] {
  return [
    { title: "TRY", cell: ({ attempt }) => String(attempt), side: "right" },
    { title: "OUTCOME", cell: ({ outcome }) => outcome ?? "running" },
    { title: "WORKER", cell: ({ worker }) => worker, max: 30 },
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

function runText(run: RunDetail, out: Output, now: number): string {
  const facts = renderFacts(
    [
      ["run", `${run.id}  ${clean(run.workflow)}`],
      ["state", out.paint(colourOf(run.state), run.state)],
      ["created", relative(run.createdAt, now)],
      ["took", elapsed(run.startedAt, run.endedAt, now)],
      ["params", run.params === undefined ? undefined : clean(JSON.stringify(run.params))],
      ["tasks", countsText(run.counts)],
    ],
    out.paint,
  );
  return `${facts}\n\n${renderTable(taskColumns(now), run.tasks, { paint: out.paint, columns: out.columns })}`;
}
