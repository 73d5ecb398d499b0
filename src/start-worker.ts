/** Starts a worker in this process. Apart from `node.ts`, which loads the server with all that it needs. */
import type { Config } from "./config/schema.ts";
import { createLog } from "./log.ts";
import { startWorkerProcess, type RunningWorker } from "./worker/process.ts";
import type { ServerRef } from "./worker/reach/server-access.ts";
import { workerSettings } from "./worker-settings.ts";

export async function startWorker(config: Config, server: ServerRef): Promise<RunningWorker> {
  return startWorkerProcess(workerSettings(config, server), createLog(config.log));
}
