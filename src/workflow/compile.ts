/**
 * Compiles the text of a workflow file into the tasks of a run. Pure: no clock, no files, no environment.
 *
 * W1  Either every task comes out valid, or `invalid` is thrown with everything that is wrong and where.
 * W2  Tasks come out in the order of the file, `id` is the key in the file, and `needs` names keys of the same file.
 * W3  No value from outside becomes part of a command: shell tasks get params as `OCTOPUS_PARAM_<name>`.
 */
import type { Json } from "../base/words.ts";
import { Name } from "../protocol/common.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import { type TaskSpec, TaskSubmission } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { readDocument } from "./document.ts";
import { findCycles, type Need, unknownNeeds } from "./graph.ts";
import { isMapping, type Place, readKeys, tell } from "./keys.ts";
import { paramEnv } from "./params.ts";
import { type Path, pathText } from "./problems.ts";
import { TASK_KEYS } from "./task-keys.ts";
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
  return { workflow: (head.draft["name"] as string | undefined) ?? stem(source), tasks, params: head.params, definition: text };
}

function compileTask(id: string, value: Json, head: Head, env: Record<string, string>): TaskSpec | undefined {
  const { document } = head;
  const path = ["tasks", id];
  const wrong = (message: string, keys: Path = []): undefined => {
    const at = [...path, ...keys];
    document.problems.at(document.locate(at, keys.length === 0 ? "key" : "value"), `${pathText(at)} ${message}`);
  };
  const named = Name.safeParse(id);
  if (!named.success) wrong(named.error.issues[0]!.message);
  if (value === null) return wrong("is empty: say what it does with shell, http or call");
  if (typeof value !== "string" && !isMapping(value)) {
    return wrong(`must be a command, or a mapping with shell, http or call, not ${show(value)}`);
  }
  const place: Place = { document, scope: head.scope, path, draft: {} };
  const before = document.problems.count;
  readKeys(typeof value === "string" ? { shell: value } : value, TASK_KEYS, place);
  const { env: ownEnv, cwd: ownCwd, ...draft } = place.draft;
  const { cwd, ...defaults } = head.defaults;
  for (const [key, fallback] of Object.entries(defaults)) draft[key] ??= fallback;
  draft["name"] ??= id;
  if (draft["shell"] !== undefined) {
    draft["shell"] = completeShell(draft["shell"] as Json, { ownEnv, ownCwd, cwd, env, place });
  } else {
    for (const key of ["env", "cwd"]) if (key in place.draft) tell(place, key, "belongs to a shell task");
  }
  const parsed = TaskSubmission.safeParse(draft);
  if (parsed.success) return { ...parsed.data, id, ...onlyOnce(parsed.data.needs) };
  const told = document.problems.count > before;
  for (const finding of findingsOf(parsed.error, draft)) {
    const [first, ...rest] = finding.path as (string | number)[];
    // What is missing may be what was refused above.
    if (told && (first === undefined || finding.message.startsWith("is missing"))) continue;
    if (first === undefined) wrong(finding.message.replace(`, not ${show(draft)}`, ""));
    else wrong(finding.message, [first === "needs" && isMapping(value) && !("needs" in value) ? "depends" : first, ...rest]);
  }
  return undefined;
}

interface ShellParts {
  ownEnv: unknown;
  ownCwd: unknown;
  cwd: unknown;
  env: Record<string, string>;
  place: Place;
}

/** A shell task with its env and folder: what the task says, over what the workflow says, over the params. */
function completeShell(shell: Json, { ownEnv, ownCwd, cwd, env, place }: ShellParts): unknown {
  const long: Record<string, unknown> = isMapping(shell) ? { ...shell } : { command: shell };
  for (const [key, own] of [["env", ownEnv], ["cwd", ownCwd]] as const) {
    if (own === undefined) continue;
    if (long[key] !== undefined) tell(place, key, `must not stand beside shell.${key}, which says the same`);
    long[key] = own;
  }
  const taskEnv = long["env"] as Record<string, string> | undefined;
  if (taskEnv !== undefined) long["env"] = { ...env, ...taskEnv };
  else if (Object.keys(env).length > 0) long["env"] = env;
  const folder = joinPath(cwd as string | undefined, long["cwd"] as string | undefined);
  if (folder !== undefined) long["cwd"] = folder;
  return long;
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

/** The same need twice is one need. */
function onlyOnce(needs: string[] | undefined): { needs?: string[] } {
  return needs === undefined ? {} : { needs: [...new Set(needs)] };
}

/** `path` seen from `base`. Folders are those of the machine that runs the task, so both kinds of paths are known. */
function joinPath(base: string | undefined, path: string | undefined): string | undefined {
  if (base === undefined || path === undefined) return path ?? base;
  const absolute = path.startsWith("/") || /^([A-Za-z]:)?[\\/]/.test(path);
  return absolute ? path : `${base.replace(/[\\/]+$/, "")}/${path}`;
}

/** `etl` of `flows/etl.yaml`. */
function stem(source: string): string {
  const file = source.replace(/^.*[\\/]/, "");
  return file.replace(/\.[^.]*$/, "") || file || "workflow";
}
