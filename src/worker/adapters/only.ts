/**
 * Adapters for a worker that runs no tasks of plugins: that of a program which is connected to a server for its own functions.
 * It offers nothing, and fetches a plugin with the first call of an adapter that is made of it.
 */
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { Executor } from "../executor.ts";
import type { ExecutorPlace } from "../executors/place.ts";
import { once } from "../executors/when-needed.ts";
import { pluginCacheOf } from "../plugins/cache.ts";
import { adaptersOf } from "./desk.ts";

export function makeAdapters(place: ExecutorPlace): Executor {
  const desk = adaptersOf(place);
  const copies = pluginCacheOf(place);
  let newest: readonly PluginCopy[] = [];
  let isUsed = false;
  const runs = once(async () => {
    const { PluginRuns } = await import("../runners/plugin-runs.ts");
    const { Pythons } = await import("../runners/pythons.ts");
    const pythons = await Pythons.find(place.settings.plugins ?? {});
    return new PluginRuns({ place, copies, pythons, plugins: () => newest });
  });
  desk.serve(async (...call) => {
    isUsed = true;
    return (await runs()).callAdapter(...call);
  });
  return {
    kind: "plugin",
    isReady: () => false,
    plugins(plugins, adapters) {
      newest = plugins;
      desk.set(adapters);
    },
    execute: () => Promise.reject(new Error("a plugin task came to a worker that offers none")),
    async close() {
      if (isUsed) await (await runs()).close();
      copies.close();
    },
  };
}
