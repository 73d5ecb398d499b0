/**
 * Compiles the text of a workflow file into the tasks of a run. Pure: no clock, no files, no environment.
 *
 * W1  Either every task comes out valid, or `invalid` is thrown with everything that is wrong and where.
 * W2  `id` is the key in the file, `needs` names such keys, and each task comes out after all that it needs; where that
 *     leaves a choice, in the order of the file.
 * W3  No value from outside becomes part of a command: shell tasks get params as `OCTOPUS_PARAM_<name>`.
 */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { compileTask, joinPath } from "./compile-task.ts";
import { readDocument } from "./document.ts";
import { findCycles, inOrderOfNeeds, type Need, unknownNeeds } from "./graph.ts";
import { isMapping } from "./keys.ts";
import { paramEnv } from "./params.ts";
import { type Path, pathText } from "./problems.ts";
import { type Head, readHead } from "./workflow-keys.ts";

export interface CompileOptions {
  /** File name: begins the place of each problem, and names a workflow that has no name. */
  source?: string | undefined;
  /** Values for the workflow's params. */
  params?: Record<string, Json> | undefined;
  /** Folder of shell commands; a relative `cwd` in the file is taken from here. */
  cwd?: string | undefined;
  /** Arm of the tasks that name none; stronger than `arm` at the top of the file. */
  arm?: string | undefined;
}

/** The run that `text` describes; throws `invalid` with one issue per problem, each at its line and column. */
export function compileWorkflow(text: string, options: CompileOptions = {}): RunSpec {
  const source = options.source ?? "workflow.yaml";
  const document = readDocument(text, source);
  const { problems } = document;
  if (!isMapping(document.value)) {
    const seen = document.value === null ? "it is empty" : `not ${show(document.value)}`;
    problems.at(document.locate([]), `must be a mapping with tasks, ${seen}`);
    problems.check();
  }
  const scope = { params: {}, env: {} };
  const given = options.params ?? {};
  const head: Head = { document, scope, path: [], draft: {}, given, params: {}, env: {}, defaults: {}, tasks: {} };
  const top = document.value as Record<string, Json>;
  readHead(top, head);
  if (!Object.hasOwn(top, "tasks")) problems.at(document.locate([]), "has no tasks: write tasks: {name: command}");
  if (options.arm !== undefined) head.defaults["arm"] = options.arm;
  if (options.cwd !== undefined || head.draft["cwd"] !== undefined) {
    head.defaults["cwd"] = joinPath(options.cwd, head.draft["cwd"] as string | undefined);
  }
  const env = { ...paramEnv(head.params), ...head.env };

  const tasks: TaskSpec[] = [];
  for (const [id, value] of Object.entries(head.tasks)) {
    const spec = compileTask(id, value, head, env);
    if (spec !== undefined) tasks.push(spec);
  }
  checkGraph(tasks, head);
  problems.check();
  return {
    workflow: (head.draft["name"] as string | undefined) ?? stem(source),
    tasks: inOrderOfNeeds(tasks),
    params: head.params,
    definition: text,
  };
}

function checkGraph(tasks: TaskSpec[], head: Head): void {
  const { document } = head;
  // A need of a task that is wrong in itself is not unknown.
  const names = Object.keys(head.tasks);
  const broken = new Set(names).difference(new Set(tasks.map((task) => task.id!)));
  const tellNeed = (need: Need, message: string): void => {
    const task = head.tasks[need.task] as Record<string, Json>;
    const path: Path = ["tasks", need.task, "needs" in task ? "needs" : "depends", need.index];
    document.problems.at(document.locate(path), `${pathText(path.slice(0, 3))} ${message}`);
  };
  for (const need of unknownNeeds(tasks)) {
    if (broken.has(need.name)) continue;
    const near = document.problems.suggest(need.name, names);
    tellNeed(need, `names the unknown task ${JSON.stringify(need.name)}${near}`);
  }
  for (const cycle of findCycles(tasks)) tellNeed(cycle.closing, `closes a cycle: ${cycle.text}`);
}

/** `etl` of `flows/etl.yaml`. */
function stem(source: string): string {
  const file = source.replace(/^.*[\\/]/, "");
  return file.replace(/\.[^.]*$/, "") || file || "workflow";
}
