/**
 * Signs of life over NATS from a thread of their own, as `heart.ts` gives them over HTTP: a function may hold the worker's
 * loop for a minute. The thread has a connection of its own, and only workers with code of their own have the thread.
 */
import { extname } from "node:path";
import type { NatsSettings } from "../../nats/settings.ts";

export interface NatsHeartOptions {
  nats: NatsSettings;
  /** How its connection is called at NATS. */
  name: string;
}

export interface NatsBeat {
  subject: string;
  session: string;
  everyMs: number;
}

const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 48 };

export function startNatsHeart(options: NatsHeartOptions): { beat(beat: NatsBeat): void; stop(): void } {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const file = new URL(`./heart-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(file, { workerData: options, resourceLimits: LIMITS });
  thread.unref();
  // Without it the worker's own heartbeats go on; only a function that holds the loop is then taken for a dead worker.
  thread.on("error", (error) => process.emitWarning(`the heartbeat thread ended: ${String(error)}`));
  return { beat: (beat) => thread.postMessage(beat), stop: () => void thread.terminate() };
}
