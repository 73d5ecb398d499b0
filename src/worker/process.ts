/** A whole worker in this process: functions, executors, agent, state folder and a link that comes back by itself. */
import { OctopusError } from "../base/errors.ts";
import { Agent } from "./agent.ts";
import type { Refusal } from "./agent-options.ts";
import { describeWorker } from "./describe.ts";
import { FunctionRegistry } from "./functions.ts";
import { News, type WorkerLog } from "./news.ts";
import type { WorkerSettings } from "./settings.ts";
import { Spool } from "./spool/spool.ts";
import { lockStateDir } from "./state-folder.ts";
import { TakenName } from "./taken-name.ts";
import { GpuLook } from "./usage/gpu.ts";
import { Usage } from "./usage/usage.ts";
import { wayTo } from "./way.ts";
import { workOf } from "./work.ts";
import { openKey, type WorkerKey } from "./worker-key.ts";

export type { WorkerLog } from "./news.ts";

export interface RunningWorker {
  stop(): Promise<void>;
  /** Resolves when it was stopped; rejects when the server will never have it. */
  done: Promise<void>;
}

/** How often a worker that waits for somebody's approval asks again. */
const ASK_AGAIN_MS = 2000;
/** How often one asks again whose name another process has. */
const TAKEN_AGAIN_MS = 1000;
const SPOOL_BYTES = 256 * 1024 * 1024;

export async function startWorkerProcess(settings: WorkerSettings, log: WorkerLog): Promise<RunningWorker> {
  const { name, slots, version, graceMs, killGraceMs, dir } = settings;
  const way = await wayTo(settings);
  const { server } = way;
  const functions = new FunctionRegistry();
  for (const path of settings.functions) await functions.load(path);
  const unlock = dir === undefined ? undefined : lockStateDir(dir, name);
  const state = dir === undefined ? undefined : openState(dir, settings, log);
  const machine = await lookAtMachine(settings);
  const hasGpus = (machine.resources["gpu"] ?? 0) > 0;
  const { join, ...work } = await workOf({ ...way.files, settings, functions, hasGpus, log });
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const news = new News({ name, slots, server }, log);
  const giveUp = (message: string): void => {
    // Asking again would bring the same; what runs gets its grace, and what it leaves waits in the folder.
    link.stop();
    log.error({ url: server.url, name }, message);
    refusal = new OctopusError("failed", message);
    stop().catch(reject);
  };
  const refused = (reason: string): void => giveUp(`the server refused this worker: ${reason}`);
  const taken = new TakenName();
  let refusal: OctopusError | undefined;
  const agent = new Agent({
    ...{ name, slots, version, arms: settings.arms, timeoutMs: settings.timeoutMs ?? 0, graceMs: killGraceMs },
    ...machine,
    ...work,
    spool: state?.spool,
    onWelcome: (welcome) => {
      taken.welcomed();
      heart?.beat(welcome);
      news.up();
    },
    onRefuse: (refusal) => {
      const again = refusal.retryable ? askAgain(refusal, { news, taken, key: state?.key }) : "never";
      if (again === "never") return refused(refusal.reason);
      if (again !== undefined) link.waitOnce(again);
    },
    onStop: () => {
      log.info({ name }, "the server lets this worker go");
      void stop();
    },
  });
  join(agent);
  // Commands and requests never hold this loop; a function may, and so may an executor of one's own.
  const ownCode = functions.names().length + (settings.executors?.length ?? 0);
  const heart = ownCode > 0 ? way.startHeart() : undefined;
  const link = way.link({
    agent,
    random: Math.random,
    onDown: (error) => news.down(error),
    onForbidden: refused,
    onStranger: giveUp,
    key: state && { name, key: state.key },
  });
  link.start();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= agent.stop(graceMs).then(async () => {
      link.stop();
      await way.leave();
      heart?.stop();
      unlock?.();
      if (refusal === undefined) resolve();
      else reject(refusal);
    });
    return stopping;
  };
  return { stop, done };
}

interface Asking {
  news: News;
  taken: TakenName;
  key: WorkerKey | undefined;
}

/** Says why it may not come in yet; answers after which time it asks again, undefined = after the usual waits. */
function askAgain({ reason, waits, taken: isTaken }: Refusal, { news, taken, key }: Asking) {
  if (isTaken === true) {
    const { isOver, words } = taken.heard(reason, performance.now());
    if (isOver) return "never";
    news.refused(words);
    return TAKEN_AGAIN_MS;
  }
  if (waits !== true || key === undefined) news.refused(reason);
  else news.waits(key);
  return waits === true ? ASK_AGAIN_MS : undefined;
}

/** What the machine is and has. */
async function lookAtMachine(settings: WorkerSettings) {
  const look = new GpuLook();
  const gpus = await look.look();
  const usage = new Usage({ dir: settings.dir ?? process.cwd(), gpus: gpus.length > 0 ? look : undefined });
  return { ...describeWorker(settings, gpus, process.env["CUDA_VISIBLE_DEVICES"]), usage };
}

function openState(dir: string, { spoolBytes = SPOOL_BYTES }: WorkerSettings, log: WorkerLog) {
  const spool = new Spool({ dir, bytesMax: spoolBytes, onTrouble: (problem) => log.warn({}, problem) });
  if (spool.damaged > 0)
    log.warn({ dir, lines: spool.damaged }, "part of what the worker before left could not be read");
  const left = spool.results().length;
  if (left > 0) log.info({ dir, results: left }, "the worker before left results; the server gets them now");
  return { spool, key: openKey(dir) };
}
