/**
 * What a run will do, before it does it: in which order, what would run where, and what is known only when its turn has
 * come. For people who look before they leap; the engine goes by needs, not by levels.
 */
import { formatDuration } from "../base/duration.ts";
import type { Role, TaskKind, Trigger } from "../base/words.ts";
import type { EachWork } from "../protocol/node.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { OctopusError } from "../base/errors.ts";
import { compileDocument, compileWorkflow } from "./compile.ts";
import { readExpression } from "./cel/cel.ts";
import { hasExpression, piecesOf } from "./expression.ts";
import { levelsOf } from "./graph.ts";
import { known } from "./known.ts";
import { ALL_WORKERS } from "../protocol/target.ts";
import { countMembers } from "./members.ts";

export interface PlannedTask {
  name: string;
  kind: TaskKind;
  /** From 0; tasks with a role have none. */
  level?: number;
  needs: string[];
  role?: Role;
  /** For `compensate`: the task that it undoes. */
  of?: string;
  /** What it does, in a line. */
  does: string;
  /** Where: the arm, the worker, or nowhere (the server itself). */
  arm?: string;
  worker?: string;
  trigger?: Trigger;
  when?: string;
  /** A person is asked first. */
  approval?: string;
  /** Tasks that it stands for, where that is known. */
  members?: number;
  retries?: number;
  timeoutMs?: number;
  /** What is known only when its turn has come. */
  later: string[];
  /** The plan of the workflow that it runs, where its text is at hand. */
  inner?: WorkflowPlan;
}

export interface WorkflowPlan {
  workflow: string;
  /** Names, each level after all that its tasks need. */
  levels: string[][];
  tasks: PlannedTask[];
  /** Most tasks that a level holds, those inside others counted; a list of unknown length counts as one. */
  widest: number;
  /** Tasks whose lists may be of any length. */
  open?: string[];
}

/** Workflows in workflows that are looked into. */
const DEPTH_MAX = 4;

export function workflowPlan(run: RunSpec, depth = 0): WorkflowPlan {
  const levels = levelsOf(run);
  const levelOf = new Map(levels.flatMap((level, index) => level.map((name) => [name, index] as const)));
  const widths = new Map<string, number>();
  const open: string[] = [];
  const tasks = run.tasks.map((task) => {
    const inner = depth < DEPTH_MAX ? innerPlan(task.work, run, depth) : undefined;
    const members = membersAtOnce(task.work);
    if (members === undefined || inner?.open !== undefined) open.push(task.id!);
    widths.set(task.id!, (members ?? 1) * (inner?.widest ?? 1));
    return { ...plannedTask(task, levelOf), ...(inner !== undefined && { inner }) };
  });
  const widthOf = (level: readonly string[]): number => level.reduce((sum, name) => sum + widths.get(name)!, 0);
  return {
    workflow: run.workflow,
    levels,
    tasks,
    widest: Math.max(0, ...levels.map(widthOf)),
    ...(open.length > 0 && { open }),
  };
}

/** Most of them at once; undefined for a list that nothing bounds. */
function membersAtOnce(work: Work): number | undefined {
  if (work.kind !== "each") return 1;
  const { maxParallel } = work.each;
  const members = countMembers(work.each);
  return members === undefined ? maxParallel : Math.min(members, maxParallel ?? Infinity);
}

function plannedTask(task: TaskSpec, levelOf: ReadonlyMap<string, number>): PlannedTask {
  const { node = {}, work } = task;
  const { role, of, trigger, when } = node;
  // What a task with `each` says beside that is said of its members.
  const inner = work.kind === "each" ? work.each.task : task;
  const asked = node.approval ?? (work.kind === "approval" ? work.approval : undefined);
  return {
    ...{ name: task.id!, kind: task.kind, needs: task.needs ?? [], does: doesOf(work), later: laterOf(task) },
    ...known({
      level: role === undefined ? levelOf.get(task.id!) : undefined,
      ...{ role, of, trigger, when, arm: inner.arm, worker: isOnAll(work) ? ALL_WORKERS : inner.worker },
      approval: asked && (asked.message ?? ""),
      members: work.kind === "each" ? countMembers(work.each) : undefined,
      retries: inner.retries?.limit,
      timeoutMs: inner.timeout,
    }),
  };
}

function isOnAll(work: Work): boolean {
  return work.kind === "each" && work.each.workers === true;
}

/** What the run inside will be, as far as its text says it: its params may be known only then. */
function innerPlan(work: Work, { files = {} }: RunSpec, depth: number): WorkflowPlan | undefined {
  if (work.kind === "each") return innerPlan(work.each.task.work, { files } as RunSpec, depth);
  if (work.kind !== "workflow") return undefined;
  const { use, definition } = work.workflow;
  try {
    const options = { check: true, files, ...(use !== undefined && { source: use, base: use }) };
    if (definition !== undefined) return workflowPlan(compileDocument(definition, options), depth + 1);
    const text = use === undefined ? undefined : files[use];
    return text === undefined ? undefined : workflowPlan(compileWorkflow(text, options), depth + 1);
  } catch (error) {
    // It was checked with the file that runs it; what is wrong now will be told when it runs.
    if (error instanceof OctopusError) return undefined;
    throw error;
  }
}

const LINE_MAX = 100;

/** What work does, in a line. */
function doesOf(work: Work): string {
  switch (work.kind) {
    case "shell":
      return line(work.shell.command);
    case "http":
      return line(`${work.http.method} ${work.http.url}`);
    case "call":
      return `call ${work.call}`;
    case "plugin":
      return line(`plugin ${work.plugin.name} ${work.plugin.action}`);
    case "docker":
      return line(`${work.docker.image} ${(work.docker.command ?? []).join(" ")}`);
    case "wasm":
      return line(`wasm ${work.wasm.module} ${(work.wasm.args ?? []).join(" ")}`);
    case "custom":
      return line(`uses ${work.custom.uses}`);
    case "approval":
      return line(work.approval.message === undefined ? "ask a person" : `ask: ${work.approval.message}`);
    case "each": {
      const count = countMembers(work.each);
      const list = count === undefined ? listOf(work.each) : `${count} times`;
      return line(`${list}: ${doesOf(work.each.task.work)}`);
    }
    case "workflow": {
      const { use, pipeline } = work.workflow;
      return pipeline === undefined ? line(`run ${use ?? "the workflow that stands there"}`) : "run a pipeline";
    }
  }
}

function line(text: string): string {
  const first = text.trim().split("\n");
  const shown = first.length > 1 ? `${first[0]!} …` : first[0]!;
  return shown.length > LINE_MAX ? `${shown.slice(0, LINE_MAX - 1)}…` : shown;
}

function listOf({ items, matrix }: EachWork): string {
  const list = matrix === undefined ? items : `a matrix of ${Object.keys(matrix).join(", ")}`;
  return `each of ${typeof list === "string" ? list : "a list"}`;
}

/** What is evaluated when its turn has come, in words. */
function laterOf({ node = {}, work }: TaskSpec): string[] {
  const later: string[] = [];
  if (node.when !== undefined) later.push(`whether it runs: ${node.when}`);
  if (work.kind === "each" && countMembers(work.each) === undefined) later.push("how many tasks it stands for");
  // In other tasks a text that looks like an expression is a text.
  const isLater = node.dynamic === true || work.kind === "each" || work.kind === "workflow";
  const named = isLater ? namedTasks(work) : [];
  if (named.length > 0) later.push(`values of ${named.join(", ")}`);
  if (work.kind === "workflow" && work.workflow.use !== undefined) later.push(`the tasks of ${work.workflow.use}`);
  if (node.repeat !== undefined) later.push(repeatText(node.repeat));
  return later;
}

function repeatText({
  while: again,
  until,
  limit,
  intervalMs,
}: NonNullable<TaskSpec["node"]>["repeat"] & object): string {
  const condition = until === undefined ? (again === undefined ? "" : ` while ${again}`) : ` until ${until}`;
  const pause = intervalMs > 0 ? `, every ${formatDuration(intervalMs)}` : "";
  return `how often: up to ${limit} times${condition}${pause}`;
}

/** Tasks whose values stand in the work. */
function namedTasks(work: Work): string[] {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      if (!hasExpression(value)) return;
      for (const piece of piecesOf(value)) {
        if (typeof piece === "string") continue;
        for (const { path } of readExpression(piece.expression).references) {
          if ((path[0] === "tasks" || path[0] === "needs") && path[1] !== undefined) names.add(path[1]);
        }
      }
    } else if (typeof value === "object" && value !== null) {
      // A workflow inside of it names its own tasks.
      for (const [key, one] of Object.entries(value)) if (key !== "definition") visit(one);
    }
  };
  visit(work);
  return [...names];
}
