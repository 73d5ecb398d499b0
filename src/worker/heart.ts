/**
 * Signs of life from a thread of their own. A function that computes for a minute without a pause holds the worker's loop,
 * and with it every message; the worker lives all the same, and its lease must not run out. A suspended or dead process has
 * no living threads, so the lease still means what it says.
 */
import { Worker } from "node:worker_threads";

export interface Beat {
  /** Base URL of the server. */
  url: string;
  name: string;
  session: string;
  everyMs: number;
}

export interface Heart {
  /** Beats for this session from now on, instead of the one before. */
  beat(beat: Beat): void;
  stop(): void;
}

export function startHeart(): Heart {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const thread = new Worker(new URL(`./heart-thread.${extension}`, import.meta.url));
  thread.unref();
  // Without it the worker's own heartbeats go on; only a function that holds the loop is then taken for a dead worker.
  thread.on("error", (error) => process.emitWarning(`the heartbeat thread ended: ${String(error)}`));
  return {
    beat: (beat) => thread.postMessage(beat),
    stop: () => void thread.terminate(),
  };
}
