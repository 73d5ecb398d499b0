/** The plugins of a worker, shared by the executors that run them. */
import { join } from "node:path";
import type { ExecutorPlace } from "../executors/place.ts";
import { PluginCopies } from "./copies.ts";

const caches = new WeakMap<ExecutorPlace, PluginCopies>();

export function pluginCacheOf(place: ExecutorPlace): PluginCopies {
  let copies = caches.get(place);
  if (copies === undefined) {
    const { plugins, dir } = place.settings;
    copies = new PluginCopies({
      dir: plugins?.dir ?? (dir && join(dir, "plugins")),
      fetch: (file, target, options) => place.fetch(file, target, options),
      tell: (ready, failed) => place.tellPlugins(ready, failed),
    });
    caches.set(place, copies);
  }
  return copies;
}
