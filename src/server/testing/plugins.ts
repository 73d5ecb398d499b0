/** A folder of plugins for a server under test, and a worker that has plugins. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectWorker, type HandWorker } from "../../../test/sim/engine-harness.ts";
import type { Engine } from "../../engine/engine.ts";
import { PluginFolder } from "../../plugins/folder.ts";
import type { Hello } from "../../protocol/link.ts";
import type { PluginDoor } from "../options.ts";

export interface TestFolder extends AsyncDisposable {
  readonly dir: string;
  /** For the options of a server that is made before its engine is known. */
  readonly door: PluginDoor;
  open(engine: Engine): Promise<void>;
}

export function testFolder(): TestFolder {
  const dir = mkdtempSync(join(tmpdir(), "octopus-plugins-"));
  const quiet = (): void => {};
  let folder: PluginFolder | undefined;
  return {
    dir,
    door: { put: (...args) => folder!.put(...args), remove: (...args) => folder!.remove(...args) },
    async open(engine) {
      const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
      folder = await PluginFolder.open({ dir, plugins: engine.plugins, log, watch: false });
    },
    async [Symbol.asyncDispose]() {
      await folder?.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function pluginWorker(engine: Engine, name = "w", slots = 4): HandWorker {
  const says: Partial<Hello> = {
    features: ["plugins"],
    abilities: { kinds: ["plugin"], functions: [] },
    labels: { python: "3.11.2" },
  };
  return connectWorker(engine, slots, { name, says });
}
