/** What is said of a run once it has ended: the tasks that failed with the last that they printed, wherever they are. */
import type { TaskView } from "../protocol/views.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { taskWords } from "../view/run-words.ts";
import { causeOf, titleOf } from "../view/tasks.ts";
import { clean } from "../view/text.ts";
import { lastLines } from "./last-lines.ts";
import type { Output } from "./output.ts";
import type { RunSource } from "./run-source.ts";

const FAILED_SHOWN = 5;
const OUTPUT_LINES = 10;
/** Runs inside runs that are looked into. */
const DEPTH_MAX = 4;
const ALLOWED_SHOWN = 10;

export async function printEnd(out: Output, source: RunSource, run: RunDetail): Promise<void> {
  if (run.state === "partial") noteAllowed(out, run);
  if (out.mode !== "table") return;
  const failed = run.tasks.filter(isAlarm);
  const shown: { task: TaskView; within: string }[] = [];
  for (const task of failed) {
    if (shown.length >= FAILED_SHOWN) break;
    shown.push(...(await leavesOf(source, task, "", FAILED_SHOWN - shown.length, DEPTH_MAX)));
  }
  for (const { task, within } of shown) {
    const line = `${within}${clean(titleOf(task))} failed: ${clean(causeOf(task))}`;
    out.raw(`\n${out.paint("red", line)}\n`);
    for (const text of await lastLines(source.logs(task.id), OUTPUT_LINES)) out.raw(`  ${text}\n`);
  }
  // Who holds others fails with them, and is no failure more.
  const holders = failed.filter((task) => task.members !== undefined || task.subRun !== undefined).length;
  const all = (run.counts.failed ?? 0) - holders;
  if (shown.length > 0 && all > shown.length && failed.length > 0)
    out.raw(`\n… of ${all} tasks that failed: octopus ls --run ${run.id} --state failed, octopus explain ${run.id}\n`);
}

/** A run that is partial went through; what it went over is told of, on whatever form of output. */
function noteAllowed(out: Output, run: RunDetail): void {
  const allowed = run.tasks.filter((task) => task.allowed === true);
  const names = allowed.slice(0, ALLOWED_SHOWN).map((task) => {
    const words = taskWords(task).filter((word) => word !== "allowed");
    return `${clean(titleOf(task))}${words.length === 0 ? "" : ` (${clean(words.join(", "))})`}`;
  });
  const rest = allowed.length - names.length;
  const list = `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  out.warn(`${run.id} is partial: it went through, with failures that were allowed: ${list}`);
}

function isAlarm(task: TaskView): boolean {
  return task.state === "failed" && task.allowed !== true;
}

/** The task itself; for one that holds others, those of them that failed. */
async function leavesOf(
  source: RunSource,
  task: TaskView,
  within: string,
  limit: number,
  depth: number,
): Promise<{ task: TaskView; within: string }[]> {
  const inside = depth === 0 ? [] : await heldBy(source, task, limit);
  if (inside.length === 0) return [{ task, within }];
  const found: { task: TaskView; within: string }[] = [];
  for (const one of inside) {
    if (found.length >= limit) break;
    // With the innermost run alone, so that what is printed is a name that other commands take.
    const place = task.subRun === undefined ? within : `${task.subRun}/`;
    found.push(...(await leavesOf(source, one, place, limit - found.length, depth - 1)));
  }
  return found;
}

async function heldBy(source: RunSource, task: TaskView, limit: number): Promise<TaskView[]> {
  const state = ["failed" as const];
  if (task.members !== undefined) return source.tasks({ inside: task.id, state, limit });
  if (task.subRun === undefined) return [];
  return (await source.tasks({ run: task.subRun, state, limit })).filter(
    (one) => one.inside === undefined && isAlarm(one),
  );
}
