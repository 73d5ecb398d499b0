/**
 * WfFormat of WfCommons, 1.4 and 1.5: tasks of a scientific workflow with what they ran and how long that took. The runtimes
 * become estimates. Most recorded commands run nowhere but where they were recorded; `sleep` makes tasks that only take time.
 */
import type { Json } from "../base/words.ts";
import { type Converted, Draft, literal, shellWord } from "./draft.ts";
import { isMapping, type Mapping, notThatKind, Source, textOf, textsOf } from "./source.ts";

export interface WfCommonsOptions {
  source: string;
  /** Each task sleeps so many times what it took, and runs nothing. */
  sleep?: number;
}

interface Recorded {
  runtimeMs: number | undefined;
  command: Mapping | undefined;
  cores: number | undefined;
  memoryBytes: number | undefined;
}

export function convertWfCommons(text: string, options: WfCommonsOptions): Converted {
  const source = new Source(text, options.source, "JSON");
  const [top] = source.values;
  const workflow = isMapping(top) ? top["workflow"] : undefined;
  if (!isMapping(top) || !isMapping(workflow))
    throw notThatKind(options.source, "workflow in WfFormat", "it needs a key workflow");
  const { specification } = workflow;
  const version = textOf(top["schemaVersion"]) ?? "without schemaVersion";
  if (!isMapping(specification) || !Array.isArray(specification["tasks"])) {
    const needs = `it needs workflow.specification.tasks, as 1.4 and 1.5 have it, and says that it is ${version}`;
    throw notThatKind(options.source, "workflow in WfFormat", needs);
  }
  const tasks = specification["tasks"].filter(isMapping);
  const recorded = recordedOf(workflow["execution"]);
  const draft = new Draft();
  draft.head["name"] = (textOf(top["name"]) ?? "workflow").slice(0, 200);
  const description = textOf(top["description"]);
  if (description !== undefined && description !== "") draft.head["description"] = literal(description);
  draft.comments.push(`From ${options.source} (WfFormat ${version}).`);
  for (const task of tasks) draft.nameFor(idOf(task));
  for (const [index, task] of tasks.entries()) addTask(task, index, { draft, source, recorded, sleep: options.sleep });
  const files = specification["files"];
  if (Array.isArray(files) && files.length > 0)
    source.note(`the ${files.length} files are not named: tasks read and write them where they lie`);
  return { text: draft.render(), losses: source.losses, notes: source.notes };
}

function idOf(task: Mapping): string {
  return textOf(task["id"]) ?? textOf(task["name"]) ?? "";
}

/** What each task took, by its id. */
function recordedOf(execution: Json | undefined): Map<string, Recorded> {
  const tasks = isMapping(execution) && Array.isArray(execution["tasks"]) ? execution["tasks"].filter(isMapping) : [];
  return new Map(
    tasks.map((task) => {
      const { runtimeInSeconds: runtime, command, coreCount, memoryInBytes } = task;
      return [
        textOf(task["id"]) ?? "",
        {
          runtimeMs: typeof runtime === "number" && runtime >= 0 ? Math.round(runtime * 1000) : undefined,
          command: isMapping(command) ? command : undefined,
          cores: typeof coreCount === "number" && coreCount > 0 ? coreCount : undefined,
          memoryBytes: typeof memoryInBytes === "number" && memoryInBytes > 0 ? Math.round(memoryInBytes) : undefined,
        },
      ];
    }),
  );
}

interface Work {
  draft: Draft;
  source: Source;
  recorded: ReadonlyMap<string, Recorded>;
  sleep: number | undefined;
}

function addTask(task: Mapping, index: number, { draft, source, recorded, sleep }: Work): void {
  const path = ["workflow", "specification", "tasks", index];
  const id = idOf(task);
  const known = recorded.get(id);
  const made: Mapping = {};
  const needs = textsOf(task["parents"]).map((parent) => draft.nameFor(parent));
  if (needs.length > 0) made["needs"] = needs.length === 1 ? needs[0]! : needs;
  made["shell"] =
    sleep === undefined ? commandOf(known, () => source.lose(path, noCommand(id))) : sleepOf(known, sleep);
  if (known?.runtimeMs !== undefined && known.runtimeMs > 0)
    made["estimate"] = `${sleep === undefined ? known.runtimeMs : Math.max(1, Math.round(known.runtimeMs * sleep))}ms`;
  const resources: Mapping = {};
  // Those of the machine that it was recorded on; a replay needs none of them.
  if (sleep === undefined && known?.cores !== undefined) resources["cpu"] = known.cores;
  if (sleep === undefined && known?.memoryBytes !== undefined) resources["memory"] = known.memoryBytes;
  if (Object.keys(resources).length > 0) made["resources"] = resources;
  const name = textOf(task["name"]);
  draft.addTask(draft.nameFor(id), made, name === undefined || name === id ? [] : [name]);
}

function noCommand(id: string): string {
  return `the task ${id} has no command in workflow.execution: it would do nothing; --sleep 1 makes tasks that take their time`;
}

function commandOf(known: Recorded | undefined, lost: () => void): string {
  const program = textOf(known?.command?.["program"]);
  if (program === undefined) {
    lost();
    return "true";
  }
  return literal([program, ...textsOf(known!.command!["arguments"])].map(shellWord).join(" "));
}

function sleepOf(known: Recorded | undefined, factor: number): string {
  return `sleep ${(((known?.runtimeMs ?? 0) * factor) / 1000).toFixed(3)}`;
}
