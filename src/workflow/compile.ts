/**
 * Compiles a workflow, the text of a file or a document that a program has made, into the tasks of a run. Pure: no clock, no
 * files, no environment.
 *
 * W1  Either every task comes out valid, or `invalid` is thrown with everything that is wrong and where.
 * W2  `id` is the key in the file, `needs` names such keys, and each task comes out after all that it needs; where that
 *     leaves a choice, in the order of the file. Tasks with a role come last.
 * W3  No value from outside becomes part of a command: shell tasks get params as `OCTOPUS_PARAM_<name>`.
 */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { ALL_WORKERS } from "../protocol/target.ts";
import { NodeSubmission, type TaskSpec } from "../protocol/task.ts";
import type { RunScope, RunSpec } from "../protocol/workflow.ts";
import type { Compiled, CompileOptions } from "./compile-options.ts";
import { type CompiledTask, compileTask } from "./compile-task.ts";
import { readDocument, readValue, type WorkflowDocument } from "./document.ts";
import { checkReferences } from "./check-references.ts";
import { NOTHING, plainTask } from "./compile-plain.ts";
import { findCycles, inOrderOfNeeds, isInOrder, type Need, unknownNeeds } from "./graph.ts";
import { escapeText, hasExpression, mapTexts } from "./expression.ts";
import { isMapping } from "./keys.ts";
import { STATIC_ROOTS, type TaskNames } from "./names.ts";
import { paramEnv } from "./params.ts";
import { paramsSchema } from "./params-schema.ts";
import { joinPath, stem } from "./paths.ts";
import { type Path, pathText } from "./problems.ts";
import { compileRoles } from "./roles.ts";
import { type Checked, checkSubWorkflows } from "./sub-workflows.ts";
import { type Head, readHead } from "./workflow-keys.ts";

/** The run that `text` describes; throws `invalid` with one issue per problem, each at its line and column. */
export function compileWorkflow(text: string, options: CompileOptions = {}): RunSpec {
  const source = options.source ?? "workflow.yaml";
  const [document, ...others] = readDocument(text, source);
  const { run } = compileRead(document!, options, others);
  document!.problems.check();
  return finishRun(run, document!, text);
}

/** The same for a document that a program has made: there are no lines, so problems name the path of the value. */
export function compileDocument(value: Json, options: CompileOptions & { definition?: string } = {}): RunSpec {
  const document = readValue(value, options.source ?? "workflow");
  const { run } = compileRead(document, options, []);
  document.problems.check();
  return finishRun(run, document, options.definition ?? JSON.stringify(value));
}

function finishRun(run: RunSpec, { problems }: WorkflowDocument, definition: string): RunSpec {
  run.definition = definition;
  const { warnings } = problems;
  if (warnings.length > 0) run.warnings = warnings;
  return run;
}

/** Compiles what was read. `others`: further documents of the same file. */
function compileRead(
  document: WorkflowDocument,
  options: CompileOptions,
  others: readonly WorkflowDocument[],
  checked: Checked = new Map(),
): Compiled {
  const { problems } = document;
  const source = options.source ?? "workflow.yaml";
  if (!isMapping(document.value)) {
    const seen = document.value === null ? "it is empty" : `not ${show(document.value)}`;
    problems.at(document.locate([]), `must be a mapping with tasks, ${seen}`);
    problems.check();
  }
  const top = document.value as Record<string, Json>;
  const head = newHead(document, top, options, source);
  readHead(top, head);
  if (!Object.hasOwn(top, "tasks")) problems.at(document.locate([]), "has no tasks: write tasks: {name: command}");
  if (options.arm !== undefined) head.defaults["arm"] = options.arm;
  if (options.target !== undefined) head.defaults["target"] = options.target;
  if (options.cwd !== undefined || head.draft["cwd"] !== undefined) {
    head.defaults["cwd"] = joinPath(options.cwd, head.draft["cwd"] as string | undefined);
  }
  const env = { ...paramEnv(head.scope.params), ...head.scope.env };
  head.hasEnv = Object.keys(env).length > 0;
  const shared = sharedFields(head.defaults);
  if (shared !== undefined) head.shared = shared;

  // For tasks whose texts are evaluated later: what came out of values is a text then, too.
  const escaped = mapTexts(env, escapeText) as Readonly<Record<string, string>>;
  const { cwd } = head.defaults as { cwd?: string };
  head.hasEscapes = escaped !== env || (cwd !== undefined && hasExpression(cwd));

  const tasks: TaskSpec[] = [];
  // Plain tasks, of which large graphs are made, have nothing that would be looked at again.
  const compiled: CompiledTask[] = [];
  for (const id in head.tasks) {
    const value = head.tasks[id]!;
    const plain = plainTask(id, value, head, env);
    if (plain !== undefined) tasks.push(plain);
    else {
      const made = compileTask(id, value, head, escaped);
      compiled.push(made);
      if (made.spec !== undefined) tasks.push(made.spec);
    }
  }
  const inOrder = isInOrder(tasks);
  if (!inOrder) checkGraph(tasks, head);
  const roles = compileRoles(head, compiled, escaped);
  checkReferences(tasks, compiled, roles, head);
  const files = checkSubWorkflows([...compiled, ...roles], {
    ...{ head, options, others, source, checked },
    compile: compileRead,
  });
  const ordered = inOrder || problems.count > 0 ? tasks : inOrderOfNeeds(tasks);
  return {
    run: runOf(head, roles.length === 0 ? ordered : [...ordered, ...specsOf(roles)], files, options),
    declared: head.declared,
  };
}

function specsOf(compiled: readonly CompiledTask[]): TaskSpec[] {
  return compiled.flatMap(({ spec }) => (spec === undefined ? [] : [spec]));
}

function newHead(document: WorkflowDocument, top: Record<string, Json>, options: CompileOptions, source: string): Head {
  const named = isMapping(top["tasks"]) ? top["tasks"] : {};
  const tasks: TaskNames = { has: (name) => Object.hasOwn(named, name), all: () => Object.keys(named) };
  const scope = { params: {}, later: new Set<string>(), env: {}, workflow: stem(source), tasks };
  return {
    ...{ document, scope, roots: STATIC_ROOTS, path: [], draft: {} },
    ...{ given: options.params ?? {}, check: options.check === true, declared: new Map(), defaults: {} },
    ...{ hasEnv: false, hasEscapes: false, tasks: {}, handlers: [], run: {} },
  };
}

/** What holds for all tasks as the schema reads it; undefined when it does not fit, which each task then tells. */
function sharedFields(defaults: Record<string, unknown>): Partial<TaskSpec> | undefined {
  const { cwd: _cwd, ...fields } = defaults;
  if (Object.keys(fields).length === 0) return NOTHING;
  const parsed = NodeSubmission.safeParse({ call: "any", ...fields });
  // What is for all workers is more than its fields.
  if (!parsed.success || parsed.data.worker === ALL_WORKERS) return undefined;
  const { type: _type, kind: _kind, work: _work, ...shared } = parsed.data;
  return shared;
}

function runOf(head: Head, tasks: TaskSpec[], files: Record<string, string>, options: CompileOptions): RunSpec {
  const given = {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.arm !== undefined && { arm: options.arm }),
    ...(options.target !== undefined && { target: options.target }),
  };
  const scope: RunScope = {
    ...(Object.keys(head.scope.env).length > 0 && { env: head.scope.env }),
    ...(Object.keys(given).length > 0 && { given }),
    ...(head.outputs !== undefined && { outputs: head.outputs }),
  };
  return {
    workflow: head.scope.workflow,
    ...(typeof head.draft["description"] === "string" && { description: head.draft["description"] }),
    tasks,
    params: head.scope.params,
    ...head.run,
    ...(Object.keys(scope).length > 0 && { scope }),
    ...(Object.keys(files).length > 0 && { files }),
    ...(options.check === true && { paramsSchema: paramsOf(head) }),
  };
}

function paramsOf({ document: { value } }: Head): Record<string, Json> {
  return paramsSchema((value as Record<string, Json>)["params"]);
}

function checkGraph(tasks: TaskSpec[], head: Head): void {
  const { document } = head;
  // A need of a task that is wrong in itself is not unknown.
  const names = Object.keys(head.tasks);
  const tellNeed = (need: Need, message: string): void => {
    const task = head.tasks[need.task] as Record<string, Json>;
    const path: Path = ["tasks", need.task, "needs" in task ? "needs" : "depends", need.index];
    document.problems.at(document.locate(path), `${pathText(path.slice(0, 3))} ${message}`);
  };
  for (const need of unknownNeeds(tasks)) {
    if (Object.hasOwn(head.tasks, need.name)) continue;
    const near = document.problems.suggest(need.name, names);
    tellNeed(need, `names the unknown task ${JSON.stringify(need.name)}${near}`);
  }
  for (const cycle of findCycles(tasks)) tellNeed(cycle.closing, `closes a cycle: ${cycle.text}`);
}
