/**
 * An evaluator that knows no expressions, for tests and for the simulated server: a few words in place of values. Pure, as
 * the real one is.
 *
 * `when` is `true`, `false`, `error`, or `NAME` (the task of that name has succeeded). In commands `{NAME}` stands for the
 * result of a task, `{item}` and `{index}` for those of a member. The items of an `each` are a list, a number of them, or
 * the name of the task whose result they are.
 */
import { OctopusError } from "../../src/base/errors.ts";
import type { Json } from "../../src/base/words.ts";
import type { Evaluator, Prepared, ScopeSource } from "../../src/engine/ports.ts";
import type { EachWork, WorkflowWork } from "../../src/protocol/node.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { RunSpec } from "../../src/protocol/workflow.ts";

export const evaluator: Evaluator = {
  prepare(spec, source) {
    const { when } = spec.node ?? {};
    if (when === "error") return { type: "fail", reason: "when: cannot be evaluated" };
    if (when === "false" || (when !== undefined && when !== "true" && source.task(when)?.state !== "succeeded")) {
      return { type: "skip", reason: `when is false: ${when}` };
    }
    const { work } = spec;
    switch (work.kind) {
      case "each":
        return each(work.each, spec, source);
      case "workflow":
        return workflow(work.workflow, source);
      case "shell": {
        const done = filled(work, source);
        return { type: "run", work: done, cache: spec.cache && { ...spec, work: done } };
      }
      default:
        return { type: "run", work };
    }
  },
  ended(spec, { result, attempt }) {
    const { repeat, outputs } = spec;
    for (const [name, { value }] of Object.entries(outputs ?? {})) {
      if (value !== "" && read(result, value) === undefined) {
        return { type: "fail", reason: `outputs.${name}: the result has no ${value}` };
      }
    }
    if (repeat === undefined) return { type: "done" };
    const isOver = repeat.until === undefined ? false : read(result, repeat.until) === true;
    if (isOver) return { type: "done" };
    if (attempt < repeat.limit) return { type: "again", afterMs: repeat.intervalMs };
    if (repeat.until === undefined) return { type: "done" };
    return { type: "fail", reason: `until was not true after ${attempt} times` };
  },
  outputs(task) {
    if (task.kind === "each") return { list: task.members!().map(({ result }) => result ?? null) };
    const computed = Object.entries(task.spec?.outputs ?? {}).map(([name, { value }]) => [
      name,
      read(task.result, value) ?? null,
    ]);
    return { ...(isObject(task.result) ? task.result : {}), ...(Object.fromEntries(computed) as Record<string, Json>) };
  },
  runOutputs(scope, source) {
    const outputs: Record<string, Json> = {};
    for (const [name, from] of Object.entries(scope.outputs ?? {})) {
      const task = source.task(textOf(from));
      if (task === undefined) throw new OctopusError("invalid", `outputs.${name} names no task: ${textOf(from)}`);
      outputs[name] =
        task.kind === "each" ? task.members!().map((member) => member.result ?? null) : (task.result ?? null);
    }
    return outputs;
  },
};

function each({ items, task }: EachWork, { id }: TaskSpec, source: ScopeSource): Prepared {
  const list = typeof items === "string" ? source.task(items)?.result : items;
  if (typeof list !== "number" && !Array.isArray(list)) {
    return { type: "fail", reason: `each: must be a list, not ${JSON.stringify(list)}` };
  }
  const total = typeof list === "number" ? list : list.length;
  const member = (index: number): TaskSpec => {
    const item = typeof list === "number" ? index : list[index]!;
    if (item === "broken") throw new OctopusError("invalid", `item ${index} is broken`);
    const text = JSON.stringify(task).replaceAll("{item}", textOf(item)).replaceAll("{index}", String(index));
    const { node, ...spec } = JSON.parse(text) as TaskSpec;
    // Its values are in their places.
    const { dynamic: _, ...rest } = node ?? {};
    return {
      ...spec,
      ...(Object.keys(rest).length > 0 && { node: rest }),
      id: `${id}[${index}]`,
      name: `${id}[${index}]`,
    };
  };
  return { type: "each", total, member };
}

/** The definition is the run itself. */
function workflow({ definition, use }: WorkflowWork, source: ScopeSource): Prepared {
  const text = use === undefined ? undefined : source.workflow(use)?.definition;
  const run = (text === undefined ? definition : JSON.parse(text)) as unknown as RunSpec | undefined;
  return run === undefined ? { type: "fail", reason: `there is no workflow ${use}` } : { type: "workflow", run };
}

function filled(work: Extract<TaskSpec["work"], { kind: "shell" }>, source: ScopeSource): TaskSpec["work"] {
  const command = work.shell.command.replaceAll(/\{([\w.]+)\}/g, (text, name: string) => {
    if (name.startsWith("params.")) return textOf(source.run.params[name.slice(7)] ?? null);
    const task = source.task(name);
    return task === undefined ? text : JSON.stringify(task.result ?? null);
  });
  return { kind: "shell", shell: { ...work.shell, command } };
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function read(result: Json | undefined, name: string): Json | undefined {
  return isObject(result) ? result[name] : undefined;
}

function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
