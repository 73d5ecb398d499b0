/** A whole worker in this process: functions, executors, agent, state folder and a link that comes back by itself. */
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { Agent } from "./agent.ts";
import { describeWorker } from "./describe.ts";
import { createCallExecutor } from "./executors/call.ts";
import { createHttpExecutor } from "./executors/http.ts";
import { createShellExecutor } from "./executors/shell.ts";
import { keepOverHttp } from "./keep-http.ts";
import { FunctionRegistry } from "./functions.ts";
import { beatOf, startHeart } from "./heart.ts";
import { fetchOverHttp } from "./inputs/fetch-http.ts";
import { InputFolders } from "./inputs/folders.ts";
import { WebSocketLink } from "./link-websocket.ts";
import { ServerAccess } from "./reach/server-access.ts";
import type { WorkerSettings } from "./settings.ts";
import { SpawnerClient } from "./spawner/client.ts";
import { Spool } from "./spool/spool.ts";
import { lockStateDir } from "./state-folder.ts";
import { GpuLook } from "./usage/gpu.ts";
import { Usage } from "./usage/usage.ts";
import { openKey, type WorkerKey } from "./worker-key.ts";

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

/** How often a worker that waits for somebody's approval asks again. */
const ASK_AGAIN_MS = 2000;
const SPOOL_BYTES = 256 * 1024 * 1024;

export async function startWorkerProcess(settings: WorkerSettings, log: WorkerLog): Promise<RunningWorker> {
  const { url, moreUrls = [], name, slots, version, graceMs, killGraceMs, filesDir, dir } = settings;
  const server = new ServerAccess({
    urls: [url, ...moreUrls],
    fingerprint: settings.fingerprint,
    token: settings.token,
  });
  const functions = new FunctionRegistry();
  for (const path of settings.functions) await functions.load(path);
  const unlock = dir === undefined ? undefined : lockStateDir(dir, name);
  const state = dir === undefined ? undefined : openState(dir, settings, log);
  const gpuLook = new GpuLook();
  const gpus = await gpuLook.look();
  const described = describeWorker(settings, gpus, process.env["CUDA_VISIBLE_DEVICES"]);
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const spawner = new SpawnerClient({ graceMs: killGraceMs });
  const told = new Told(settings, server, state?.key, log);
  const giveUp = (reason: string): void => {
    const message = `the server refused this worker: ${reason}`;
    log.error({ url: server.url, name }, message);
    stop().then(() => reject(new OctopusError("failed", message)), reject);
  };
  const agent = new Agent({
    name,
    slots,
    version,
    ...described,
    arms: settings.arms,
    timeoutMs: settings.timeoutMs ?? 0,
    spool: state?.spool,
    usage: new Usage({ dir: dir ?? process.cwd(), gpus: gpus.length > 0 ? gpuLook : undefined }),
    keepFile: keepOverHttp(server),
    inputs: new InputFolders(fetchOverHttp(server), filesDir && join(filesDir, "inputs")),
    executors: [
      createShellExecutor({
        spawner,
        hasGpus: (described.resources["gpu"] ?? 0) > 0,
        ...(filesDir !== undefined && { filesDir: join(filesDir, "left") }),
      }),
      createHttpExecutor(),
      createCallExecutor(functions),
    ],
    functions: () => functions.names(),
    graceMs: killGraceMs,
    onWelcome: (welcome) => {
      heart?.beat(beatOf(server, name, welcome));
      told.up();
    },
    onRefuse: (reason, retryable, waits) => {
      if (waits) {
        told.waits(reason);
        link.waitOnce(ASK_AGAIN_MS);
      } else if (retryable) told.refused(reason);
      else giveUp(reason);
    },
    onStop: () => {
      log.info({ name }, "the server lets this worker go");
      void stop();
    },
  });
  // Commands and requests never hold this loop; a function may.
  const heart = functions.names().length > 0 ? startHeart() : undefined;
  const link = new WebSocketLink({
    server,
    agent,
    random: Math.random,
    onDown: (error) => told.down(error),
    onForbidden: giveUp,
    key: state && { name, key: state.key },
  });
  link.start();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= agent.stop(graceMs).then(() => {
      link.stop();
      heart?.stop();
      unlock?.();
      resolve();
    });
    return stopping;
  };
  return { stop, done };
}

function openState(dir: string, { spoolBytes = SPOOL_BYTES }: WorkerSettings, log: WorkerLog) {
  const spool = new Spool({ dir, bytesMax: spoolBytes, onTrouble: (problem) => log.warn({}, problem) });
  if (spool.damaged > 0)
    log.warn({ dir, lines: spool.damaged }, "part of what the worker before left could not be read");
  const left = spool.results().length;
  if (left > 0) log.info({ dir, results: left }, "the worker before left results; the server gets them now");
  return { spool, key: openKey(dir) };
}

/** What was said of the connection: the same is not said at every try. */
class Told {
  readonly #settings: WorkerSettings;
  readonly #server: ServerAccess;
  readonly #key: WorkerKey | undefined;
  readonly #log: WorkerLog;
  #isUp = true;
  #last = "";

  constructor(settings: WorkerSettings, server: ServerAccess, key: WorkerKey | undefined, log: WorkerLog) {
    this.#settings = settings;
    this.#server = server;
    this.#key = key;
    this.#log = log;
  }

  up(): void {
    const { name, slots } = this.#settings;
    this.#isUp = true;
    this.#last = "";
    this.#log.info({ url: this.#server.url, name, slots }, "connected");
  }

  down(error: string): void {
    const text = `no connection to the server (${error}); trying again until it is there`;
    if (this.#isUp) this.#log.warn({ url: this.#server.url }, text);
    this.#isUp = false;
  }

  refused(reason: string): void {
    const { name } = this.#settings;
    if (this.#last !== reason)
      this.#log.error({ url: this.#server.url, name }, `the server refused this worker: ${reason}`);
    this.#last = reason;
    this.#isUp = false;
  }

  /** A person has to do something, and should read what. */
  waits(reason: string): void {
    this.#isUp = false;
    if (this.#last === reason || this.#key === undefined) return;
    this.#last = reason;
    const { name } = this.#settings;
    const { fingerprint } = this.#key;
    const text = `waiting to be approved: ${reason}; on the server: octopus workers approve ${name} --key ${fingerprint.replaceAll(" ", "")}`;
    this.#log.warn({ url: this.#server.url, name, key: fingerprint }, text);
  }
}
