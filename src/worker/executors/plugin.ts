/**
 * Runs plugin tasks where it can. What starts processes is loaded by the first of them; the interpreters are asked before,
 * for tasks choose their worker by what these say.
 */
import type { PluginCopy } from "../../protocol/plugin.ts";
import { adaptersOf } from "../adapters/desk.ts";
import type { Executor } from "../executor.ts";
import { pluginCacheOf } from "../plugins/cache.ts";
import { Pythons } from "../runners/pythons.ts";
import type { ExecutorPlace } from "./place.ts";
import { once } from "./when-needed.ts";

export async function makePlugin(place: ExecutorPlace): Promise<Executor> {
  const { settings, log, changed } = place;
  const copies = pluginCacheOf(place);
  let pythons: Pythons | undefined;
  const asked = Pythons.find(settings.plugins ?? {}).then((found) => {
    pythons = found;
    const named = new Set(Object.keys(settings.plugins?.venvs ?? {}));
    if (settings.plugins?.python !== undefined) named.add("");
    for (const [venv, fault] of found.faults())
      if (named.has(venv))
        log.warn({}, `Python plugins ${venv === "" ? "" : `with venv ${venv} `}do not run here: ${fault}`);
    return found;
  });
  const first = await place.firstLook(asked);
  if (first === undefined) void asked.then(() => changed());
  let newest: readonly PluginCopy[] = [];
  const adapters = adaptersOf(place);
  let isUsed = false;
  const runs = once(async () => {
    const { PluginRuns } = await import("../runners/plugin-runs.ts");
    return new PluginRuns({ place, copies, pythons: await asked, plugins: () => newest });
  });
  adapters.serve(async (...call) => {
    isUsed = true;
    return (await runs()).callAdapter(...call);
  });
  return {
    kind: "plugin",
    labels: () => pythons?.labels() ?? {},
    plugins(plugins, its) {
      newest = plugins;
      adapters.set(its);
      copies.offer(plugins);
    },
    async execute(context) {
      if (context.assignment.work.kind !== "plugin")
        throw new Error(`a ${context.assignment.work.kind} task came to the plugin executor`);
      isUsed = true;
      return (await runs()).execute(context);
    },
    async close() {
      if (isUsed) await (await runs()).close();
      copies.close();
    },
  };
}
