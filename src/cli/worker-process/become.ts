/** Makes this process the worker, and nothing else (`main.ts`). */
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import { extname } from "node:path";
import { SETTINGS_VARIABLE, type WorkerSettings } from "../../worker/settings.ts";

/** Returns where the system has no such call; elsewhere it does not return. */
export function becomeWorker(settings: WorkerSettings): void {
  const { execve } = process as { execve?: (file: string, args: string[], env: NodeJS.ProcessEnv) => never };
  if (execve === undefined || process.platform === "win32") return;
  const file = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  const cache = getCompileCacheDir();
  const env = {
    ...process.env,
    [SETTINGS_VARIABLE]: JSON.stringify(settings),
    ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
  };
  execve.call(process, process.execPath, [process.execPath, ...process.execArgv, file], env);
}
