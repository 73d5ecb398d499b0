/**
 * Keeps a worker process running beside the server: starts it, starts it again with growing waits, and stops it. One that
 * cannot even begin (a functions module that does not load) is not tried again: `onHopeless` gets the reason.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { OctopusError } from "../base/errors.ts";
import type { Log } from "../engine/ports.ts";
import { settingsEnv } from "../worker/settings-env.ts";
import type { WorkerMessage, WorkerSettings } from "../worker/settings.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 10_000;
/** A process that lived this long starts the waits afresh. */
const STABLE_MS = 30_000;
/** Beyond its graces, a worker that does not end is killed after this. */
const KILL_MS = 10_000;

export interface SupervisedWorker {
  stop(): Promise<void>;
}

export function superviseWorker(
  settings: WorkerSettings,
  log: Log,
  onHopeless: (error: OctopusError) => void,
): SupervisedWorker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`../worker/main.${extension}`, import.meta.url));
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopping = false;
  /** A worker has run: what keeps the next one from starting may pass. */
  let hasRun = false;

  function start(): void {
    const startedAt = Date.now();
    const env = settingsEnv(settings);
    child = spawn(process.execPath, [...process.execArgv, file], {
      env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message) => receive(message as WorkerMessage));
    child.on("error", (error) => log.error({ cause: error.message }, "the worker process could not be started"));
    child.on("exit", (code, signal) => {
      child = undefined;
      if (stopping) return;
      if (Date.now() - startedAt > STABLE_MS) failures = 0;
      const waitMs = Math.min(WAIT_MS_MIN * 2 ** failures++, WAIT_MS_MAX);
      log.warn({ code, signal, waitMs }, "the worker process ended; starting it again");
      timer = setTimeout(start, waitMs);
    });
  }

  function receive(message: WorkerMessage): void {
    if (message.type === "log") {
      // That it connected, the server has said already.
      if (message.level !== "info") log[message.level]({ ...message.fields, from: "worker" }, message.message);
    } else if (message.type === "started") hasRun = true;
    else if (hasRun) log.error({ from: "worker" }, message.message);
    else {
      stopping = true;
      onHopeless(new OctopusError(message.code, message.message));
    }
  }

  start();
  return {
    stop() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const kill = setTimeout(() => running.kill("SIGKILL"), settings.graceMs + 2 * settings.killGraceMs + KILL_MS);
        running.on("exit", () => {
          clearTimeout(kill);
          resolve();
        });
        running.kill("SIGTERM");
      });
    },
  };
}
