/** Keeps a worker process running beside the server: starts it, starts it again with growing waits, and stops it. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Log } from "./engine/ports.ts";
import { SETTINGS_VARIABLE, type WorkerSettings } from "./worker/settings.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 10_000;
/** A process that lived this long starts the waits afresh. */
const STABLE_MS = 30_000;
/** Beyond its graces, a worker that does not end is killed after this. */
const KILL_MS = 10_000;

export interface SupervisedWorker {
  stop(): Promise<void>;
}

export function superviseWorker(settings: WorkerSettings, log: Log): SupervisedWorker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./worker/main.${extension}`, import.meta.url));
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopping = false;

  function start(): void {
    const startedAt = Date.now();
    const env = { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) };
    child = spawn(process.execPath, [...process.execArgv, file], { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (message) => relay(message as { level: "info" | "warn" | "error"; fields: object; message: string }));
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

  function relay({ level, fields, message }: { level: "info" | "warn" | "error"; fields: object; message: string }): void {
    log[level]({ ...fields, from: "worker" }, message);
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
