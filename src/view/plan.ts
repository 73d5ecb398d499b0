/** What a run would do, as text: level by level, with what runs where and what is known only then. */
import { formatDuration } from "../base/duration.ts";
import type { Json, Role, TaskKind, Trigger } from "../base/words.ts";
import type { Paint } from "./paint.ts";
import { clean, cut, pad, width } from "./text.ts";

/** The parts of a plan that are shown. */
export interface ShownPlan {
  workflow: string;
  levels: readonly (readonly string[])[];
  tasks: readonly ShownTask[];
  widest: number;
  open?: readonly string[];
  params: Record<string, Json>;
  maxParallel?: number | undefined;
  group?: { name: string; limit: number; overlap: string } | undefined;
  timeoutMs?: number | undefined;
}

interface ShownTask {
  name: string;
  kind: TaskKind;
  needs: readonly string[];
  role?: Role;
  of?: string;
  does: string;
  arm?: string;
  worker?: string;
  trigger?: Trigger;
  when?: string;
  approval?: string;
  retries?: number;
  timeoutMs?: number;
  later: readonly string[];
}

const NAMES_MAX = 32;
/** Tasks of a level that are written out. */
const LEVEL_MAX = 100;

export function planText(plan: ShownPlan, { paint, columns }: { paint: Paint; columns: number | undefined }): string {
  const byName = new Map(plan.tasks.map((task) => [task.name, task]));
  const names = Math.min(
    NAMES_MAX,
    plan.tasks.reduce((most, { name }) => Math.max(most, width(name)), 4),
  );
  const linesOf = (task: ShownTask): string[] => taskLines(task, names, paint, columns);
  const levels = plan.levels.flatMap((level, i) => {
    const title = i === 0 ? "first" : i === plan.levels.length - 1 ? "last" : "then";
    const shown = level.slice(0, LEVEL_MAX).flatMap((name) => linesOf(byName.get(name)!));
    const rest = level.length - LEVEL_MAX;
    return ["", paint("bold", `${i + 1}  ${title}`), ...shown, ...(rest > 0 ? [`   … and ${rest} more`] : [])];
  });
  const after = plan.tasks.filter(({ role }) => role !== undefined);
  return [
    headOf(plan, paint),
    ...levels,
    ...(after.length > 0 ? ["", paint("bold", "afterwards, where it fits"), ...after.flatMap(linesOf)] : []),
  ].join("\n");
}

function headOf(
  { workflow, tasks, levels, widest, open = [], params, maxParallel, group, timeoutMs }: ShownPlan,
  paint: Paint,
): string {
  const count = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
  const facts = [
    `${count} in ${levels.length === 1 ? "1 level" : `${levels.length} levels`}`,
    `at most ${widest} side by side${open.length === 0 ? "" : ` (${listText(open)}: any number)`}`,
    ...(maxParallel === undefined ? [] : [`${maxParallel} at once`]),
    ...(group === undefined ? [] : [`group ${group.name}: ${group.limit} at once, then ${group.overlap}`]),
    ...(timeoutMs === undefined ? [] : [`ends after ${formatDuration(timeoutMs)}`]),
  ];
  const given = Object.entries(params).map(([name, value]) => `${name}=${clean(JSON.stringify(value))}`);
  return [
    `${paint("bold", clean(workflow))}  ${clean(facts.join(", "))}`,
    ...(given.length === 0 ? [] : [`params  ${given.join("  ")}`]),
  ].join("\n");
}

const WHEN: Record<Role, string> = {
  compensate: "when the run fails or is cancelled",
  success: "when it has succeeded",
  failure: "when it has failed",
  cancel: "when it was cancelled",
  exit: "last, however it went",
};

/** The task with what it does, and below it what else there is to say. */
function taskLines(task: ShownTask, names: number, paint: Paint, columns: number | undefined): string[] {
  const { role, of, needs, trigger, when, approval, arm, worker, retries, timeoutMs, later } = task;
  const head = `   ${pad(cut(clean(task.name), names), names)}  `;
  const facts = [
    role === undefined ? "" : of === undefined ? WHEN[role] : `undoes ${of}, ${WHEN[role]}`,
    needs.length === 0 ? "" : `${trigger === undefined ? "needs" : `${trigger} of`} ${listText(needs)}`,
    when === undefined ? "" : `when ${when}`,
    approval === undefined ? "" : `asks a person${approval === "" ? "" : `: ${approval}`}`,
    arm === undefined ? "" : `arm ${arm}`,
    worker === undefined ? "" : `worker ${worker}`,
    retries === undefined || retries === 0 ? "" : `${retries} ${retries === 1 ? "retry" : "retries"}`,
    timeoutMs === undefined ? "" : `at most ${formatDuration(timeoutMs)}`,
  ].filter(Boolean);
  const room = (columns ?? 1000) - width(head) - 1;
  const indent = " ".repeat(width(head));
  return [
    `${head}${cut(clean(task.does), Math.max(20, room))}`,
    ...(facts.length === 0 ? [] : [`${indent}${paint("grey", cut(clean(facts.join(", ")), Math.max(20, room)))}`]),
    ...later
      .filter((text) => when === undefined || !text.startsWith("whether it runs"))
      .map((text) => `${indent}${paint("yellow", cut(`then: ${clean(text)}`, Math.max(20, room)))}`),
  ];
}

const NEEDS_MAX = 6;

function listText(names: readonly string[]): string {
  const rest = names.length - NEEDS_MAX;
  return `${names.slice(0, NEEDS_MAX).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
