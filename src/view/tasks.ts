/** Tasks and runs as rows of tables and as one line of words. */
import type { TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";
import type { Column } from "./table.ts";
import { colourOf } from "./paint.ts";
import { elapsed, relative } from "./time.ts";
import { workLine } from "./work-line.ts";

/** What a task is called, or else what it does. */
export function titleOf(task: Pick<TaskView, "name" | "type" | "kind" | "work">): string {
  if (task.name !== undefined) return task.name;
  return workLine(task.work) ?? task.type;
}

export function taskColumns(now: number): Column<TaskView>[] {
  return [
    { title: "ID", cell: (task) => task.id, max: 40 },
    { title: "STATE", cell: (task) => task.state, colour: (task) => colourOf(task.state) },
    { title: "RUN", cell: (task) => task.run ?? "" },
    { title: "TYPE", cell: (task) => task.type, max: 20 },
    { title: "ARM", cell: (task) => task.arm, max: 20 },
    { title: "OWNER", cell: (task) => task.owner ?? "", max: 12 },
    { title: "KEY", cell: (task) => task.concurrencyKey?.key ?? "", max: 12 },
    { title: "TRY", cell: (task) => (task.attempt > 1 ? String(task.attempt) : ""), side: "right" },
    { title: "CREATED", cell: (task) => relative(task.createdAt, now) },
    { title: "TOOK", cell: (task) => elapsed(task.startedAt, task.endedAt, now), side: "right" },
    { title: "WORKER", cell: (task) => task.worker ?? "", max: 20 },
    { title: "WHAT", cell: (task) => titleOf(task) },
  ];
}

/** Dead letters: what failed, when, and why. */
export function deadColumns(now: number): Column<TaskView>[] {
  return [
    { title: "ID", cell: (task) => task.id, max: 24 },
    { title: "TYPE", cell: (task) => task.type, max: 20 },
    { title: "ARM", cell: (task) => task.arm, max: 16 },
    { title: "TRIES", cell: (task) => String(task.attempt), side: "right" },
    { title: "DIED", cell: (task) => relative(task.endedAt, now) },
    { title: "WHY", cell: causeOf, max: 36, colour: () => "red" },
    { title: "WHAT", cell: (task) => titleOf(task), max: 40 },
  ];
}

export function runColumns(now: number): Column<RunView>[] {
  return [
    { title: "ID", cell: (run) => run.id },
    { title: "STATE", cell: (run) => run.state, colour: (run) => colourOf(run.state) },
    { title: "WORKFLOW", cell: (run) => run.workflow, max: 40 },
    { title: "CREATED", cell: (run) => relative(run.createdAt, now) },
    { title: "TOOK", cell: (run) => elapsed(run.startedAt, run.endedAt, now), side: "right" },
    { title: "TASKS", cell: (run) => countsText(run.counts) },
  ];
}

/** `3 succeeded, 1 running`. */
export function countsText(counts: Partial<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== undefined && count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}

/** Why a task ended as it did, in one line; nothing when it succeeded. */
export function causeOf(task: TaskView): string {
  return task.error?.message ?? task.reason ?? (task.exitCode ? `exit code ${task.exitCode}` : "");
}

/** The same, or whose result it has. */
export function endOf(task: TaskView): string {
  return causeOf(task) || (task.cached === true ? `result of ${task.cachedFrom ?? "an earlier task"}` : "");
}
