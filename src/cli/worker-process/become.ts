/** Makes this process the worker, and nothing else (`main.ts`). */
import { fileURLToPath } from "node:url";
import { extname } from "node:path";
import type { WorkerSettings } from "../../worker/settings.ts";
import { settingsEnv } from "../../worker/settings-env.ts";

/** Returns where the system has no such call; elsewhere it does not return. */
export function becomeWorker(settings: WorkerSettings): void {
  const { execve } = process as { execve?: (file: string, args: string[], env: NodeJS.ProcessEnv) => never };
  if (execve === undefined || process.platform === "win32") return;
  const file = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  execve.call(process, process.execPath, [process.execPath, ...process.execArgv, file], settingsEnv(settings));
}
