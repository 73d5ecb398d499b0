/**
 * How the settings of a worker reach its process: in its environment, from which they are taken at once. With them comes a
 * cache of compiled modules, without which a worker from source keeps a compiler in memory.
 */
import { getCompileCacheDir } from "node:module";
import type { WorkerSettings } from "./settings.ts";

const SETTINGS_VARIABLE = "OCTOPUS_WORKER_SETTINGS";
const CACHE_VARIABLE = "NODE_COMPILE_CACHE";

/** The environment of a worker's process. */
export function settingsEnv(settings: WorkerSettings): NodeJS.ProcessEnv {
  const cache = process.env[CACHE_VARIABLE] === undefined ? getCompileCacheDir() : undefined;
  const text = JSON.stringify({ settings, ownCache: cache !== undefined });
  return { ...process.env, [SETTINGS_VARIABLE]: text, ...(cache !== undefined && { [CACHE_VARIABLE]: cache }) };
}

/** What this process was told, taken out of its environment: it is not for the commands that it runs. */
export function takeSettings(): WorkerSettings | undefined {
  const text = process.env[SETTINGS_VARIABLE];
  if (text === undefined) return undefined;
  delete process.env[SETTINGS_VARIABLE];
  const { settings, ownCache } = JSON.parse(text) as { settings: WorkerSettings; ownCache: boolean };
  if (ownCache) delete process.env[CACHE_VARIABLE];
  return settings;
}
