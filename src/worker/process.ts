/** A whole worker in this process: functions, executors, agent and a link that comes back by itself. */
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { Agent } from "./agent.ts";
import { createCallExecutor } from "./executors/call.ts";
import { createHttpExecutor } from "./executors/http.ts";
import { createShellExecutor } from "./executors/shell.ts";
import { keepOverHttp } from "./keep-http.ts";
import { FunctionRegistry } from "./functions.ts";
import { startHeart } from "./heart.ts";
import { fetchOverHttp } from "./inputs/fetch-http.ts";
import { InputFolders } from "./inputs/folders.ts";
import { WebSocketLink } from "./link-websocket.ts";
import type { WorkerSettings } from "./settings.ts";
import { SpawnerClient } from "./spawner/client.ts";

export interface WorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunningWorker {
  stop(): Promise<void>;
  /** Resolves when it was stopped; rejects when the server will never have it. */
  done: Promise<void>;
}

export async function startWorkerProcess(settings: WorkerSettings, log: WorkerLog): Promise<RunningWorker> {
  const { url, name, slots, version, graceMs, killGraceMs, filesDir } = settings;
  const functions = new FunctionRegistry();
  for (const path of settings.functions) await functions.load(path);
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const spawner = new SpawnerClient({ graceMs: killGraceMs });
  const agent = new Agent({
    name,
    slots,
    version,
    resources: settings.resources,
    keepFile: keepOverHttp(url),
    inputs: new InputFolders(fetchOverHttp(url), filesDir && join(filesDir, "inputs")),
    executors: [
      createShellExecutor({ spawner, ...(filesDir !== undefined && { filesDir: join(filesDir, "left") }) }),
      createHttpExecutor(),
      createCallExecutor(functions),
    ],
    functions: () => functions.names(),
    graceMs: killGraceMs,
    onWelcome: ({ session, heartbeatMs }) => {
      isUp = true;
      heart?.beat({ url, name, session, everyMs: heartbeatMs });
      log.info({ url, name, slots }, "connected");
    },
    onRefuse: (reason, retryable) => {
      log.error({ url, name }, `the server refused this worker: ${reason}`);
      if (!retryable)
        stop().then(() => reject(new OctopusError("failed", `the server refused this worker: ${reason}`)), reject);
    },
  });
  // Commands and requests never hold this loop; a function may.
  const heart = functions.names().length > 0 ? startHeart() : undefined;
  // A server that is away is told of once, not at every try.
  let isUp = true;
  const onDown = (error: string): void => {
    if (isUp) log.warn({ url }, `no connection to the server (${error}); trying again until it is there`);
    isUp = false;
  };
  const link = new WebSocketLink({ url, agent, random: Math.random, onDown });
  link.start();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= agent.stop(graceMs).then(() => {
      link.stop();
      heart?.stop();
      resolve();
    });
    return stopping;
  };
  return { stop, done };
}
