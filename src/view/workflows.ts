/** Registered workflows as rows of a table and as text. */
import type { TaskView } from "../protocol/views.ts";
import type { WorkflowDetail, WorkflowView } from "../protocol/run-views.ts";
import { colourOf, type Paint } from "./paint.ts";
import { type Column, renderFacts } from "./table.ts";
import { titleOf } from "./tasks.ts";
import { clean } from "./text.ts";
import { relative } from "./time.ts";

export function workflowColumns(now: number): Column<WorkflowView>[] {
  return [
    { title: "WORKFLOW", cell: ({ name }) => name, max: 30 },
    { title: "CHANGED", cell: ({ updatedAt }) => relative(updatedAt, now) },
    { title: "SCHEDULES", cell: ({ schedules }) => schedules.join(", "), max: 24 },
    {
      title: "LAST RUN",
      cell: ({ lastRun }) => (lastRun === undefined ? "" : `${lastRun.id} ${lastRun.state}`),
      colour: ({ lastRun }) => (lastRun === undefined ? undefined : colourOf(lastRun.state)),
    },
    { title: "ABOUT", cell: ({ description }) => description ?? "", max: 50 },
  ];
}

/** Tasks that wait for a person. */
export function approvalColumns(now: number): Column<TaskView>[] {
  return [
    { title: "ID", cell: ({ id }) => id, max: 24 },
    { title: "RUN", cell: ({ run }) => run ?? "" },
    { title: "TASK", cell: titleOf, max: 24 },
    { title: "SINCE", cell: ({ readyAt, createdAt }) => relative(readyAt ?? createdAt, now) },
    { title: "UNTIL", cell: ({ approval }) => relative(approval?.until, now) },
    { title: "ASKS", cell: ({ approval }) => approval?.message ?? "" },
  ];
}

/** Everything about one, with its text last, as it was sent. */
export function workflowText(workflow: WorkflowDetail, { paint }: { paint: Paint }, now: number): string {
  const { name, description, definitionHash, createdAt, updatedAt, schedules, lastRun, warnings } = workflow;
  const facts = renderFacts(
    [
      ["workflow", clean(name)],
      ["about", description === undefined ? undefined : clean(description)],
      ["made", relative(createdAt, now)],
      ["changed", updatedAt === createdAt ? undefined : relative(updatedAt, now)],
      ["definition", definitionHash.slice(0, 12)],
      ["schedules", schedules.join(", ")],
      [
        "last run",
        lastRun === undefined ? undefined : `${lastRun.id}  ${paint(colourOf(lastRun.state), lastRun.state)}`,
      ],
      [
        "runs",
        Object.keys(workflow.files ?? {})
          .map(clean)
          .join(", "),
      ],
      ...warnings.map(({ path, message }) => [paint("yellow", "warning"), clean(`${path} ${message}`)] as const),
    ],
    paint,
  );
  const lines = workflow.definition.trimEnd().split("\n");
  return `${facts}\n\n${lines.map(cleanLine).join("\n")}`;
}

/** One line of a file: its indent is part of what it says. */
function cleanLine(line: string): string {
  const indent = line.length - line.trimStart().length;
  return line.slice(0, indent).replaceAll("\t", " ") + clean(line.slice(indent));
}
