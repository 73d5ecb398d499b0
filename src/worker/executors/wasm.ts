/** WebAssembly tasks; what they need is loaded with the first one. */
import { join } from "node:path";
import { pluginCacheOf } from "../plugins/cache.ts";
import type { MakeExecutor } from "./place.ts";
import { whenNeeded } from "./when-needed.ts";

export const makeWasm: MakeExecutor = async (place) => {
  const { filesDir, wasm, plugins } = place.settings;
  // What is wrong with a setting is said at the start, and not by the first task.
  if ((wasm?.dirs ?? []).length > 0) (await import("../wasm/dirs.ts")).parseAllowedDirs(wasm!.dirs!);
  return whenNeeded("wasm", async () => {
    const { createWasmExecutor } = await import("../wasm/run.ts");
    return createWasmExecutor({
      copies: pluginCacheOf(place),
      filesDir: filesDir && join(filesDir, "wasm"),
      dirs: wasm?.dirs,
      memory: wasm?.memory,
      idleMs: plugins?.idleMs,
    });
  });
};
