/**
 * The values that a task calls a plugin with, against what the plugin says that it takes. Done when the task is accepted,
 * and again where an expression has given it its values.
 */
import { type Issue, OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { PluginVersion, Plugins } from "../../core/plugins/plugins.ts";
import { type InputCheck, inputCheck, propertiesOf } from "../../protocol/json-schema.ts";
import { pathText } from "../../protocol/parse.ts";
import type { PluginWork } from "../../protocol/work/plugin.ts";
import type { TaskSpec, Work } from "../../protocol/task.ts";
import { manifestOf, pluginOf, pluginRefOf, unknownPlugin } from "./lookup.ts";

type EachWork = Extract<Work, { kind: "each" }>["each"];

interface Action {
  check: InputCheck;
  /** Names that values in order stand for. */
  order: readonly string[];
}

const ACTIONS = new WeakMap<PluginVersion, Map<string, Action | undefined>>();

/** Throws `invalid` for a plugin that is not there, and for values that it does not take. `path`: where the task stands. */
export function checkPlugin(plugins: Plugins, { work, node }: Pick<TaskSpec, "work" | "node">, path: string): void {
  // Members of a list get values of their own; those on all workers are what the task says.
  if (work.kind === "each") return checkPlugin(plugins, memberOf(work.each), path);
  const ref = pluginRefOf(work);
  if (ref === undefined) return;
  const release = pluginOf(plugins, ref);
  const at = work.kind === "wasm" ? "wasm.module" : "plugin.name";
  if (release === undefined) throw unknownPlugin(plugins, ref, `${path}.${at}`);
  if ((work.kind === "wasm") !== (release.language === "wasm")) {
    const message =
      work.kind === "wasm"
        ? `must name a plugin that is a WebAssembly module: ${ref} is written in ${release.language}; say plugin: ${ref}`
        : `names a WebAssembly module: ${ref}; say wasm: {module: ${ref}}`;
    throw new OctopusError("invalid", `${path}.${at} ${message}`, { issues: [{ path: `${path}.${at}`, message }] });
  }
  // What an expression stands for is known when its turn has come.
  if (work.kind !== "plugin" || node?.dynamic === true) return;
  const issues = faults(release, work.plugin, `${path}.plugin`);
  if (issues.length === 0) return;
  throw new OctopusError("invalid", issues.map((issue) => `${issue.path} ${issue.message}`).join("; "), { issues });
}

function memberOf({ task, workers }: EachWork): Pick<TaskSpec, "work" | "node"> {
  return workers === true ? task : { work: task.work, node: { dynamic: true } };
}

/** The same in words, for work whose values have just been evaluated. */
export function pluginFault(plugins: Plugins, work: TaskSpec["work"], task: string): string | undefined {
  try {
    checkPlugin(plugins, { work }, `tasks.${task}`);
    return undefined;
  } catch (error) {
    if (error instanceof OctopusError) return error.message;
    throw error;
  }
}

/** What is wrong with the values. */
function faults(release: PluginVersion, { action: name, args = [], kwargs = {} }: PluginWork, path: string): Issue[] {
  const action = actionOf(release, name);
  if (action === undefined) return [];
  const { order, check } = action;
  if (args.length > order.length) {
    const takes = order.length === 0 ? "none" : `${order.length}: ${order.join(", ")}`;
    return [{ path: `${path}.args`, message: `holds ${args.length} values; the action ${name} takes ${takes}` }];
  }
  const given: Record<string, Json> = { ...kwargs };
  const places = new Map<string, number>();
  for (const [place, value] of args.entries()) {
    const input = order[place]!;
    if (Object.hasOwn(kwargs, input)) {
      const message = `is given twice: as value ${place + 1} in order, and by its name`;
      return [{ path: `${path}.kwargs.${input}`, message }];
    }
    given[input] = value;
    places.set(input, place);
  }
  return check(given).map(({ path: [input, ...rest], message }) => {
    if (input === undefined) return { path: `${path}.kwargs`, message };
    const place = places.get(String(input));
    const where = place === undefined ? `${path}.kwargs.${input}` : `${path}.args[${place}]`;
    const said = place === undefined ? message : `(${input}) ${message}`;
    return { path: pathText(rest, where), message: said };
  });
}

function actionOf(release: PluginVersion, name: string): Action | undefined {
  let actions = ACTIONS.get(release);
  if (actions === undefined) ACTIONS.set(release, (actions = new Map()));
  if (!actions.has(name)) actions.set(name, readAction(release, name));
  return actions.get(name);
}

function readAction(release: PluginVersion, name: string): Action | undefined {
  const { actions = {} } = manifestOf(release);
  const said = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (said?.inputs === undefined) return undefined;
  const order = said.args ?? propertiesOf(said.inputs);
  return { order, check: inputCheck(said.inputs, `actions.${name}.inputs`) };
}
