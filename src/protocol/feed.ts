/**
 * The feed: what happened, for screens and scripts. Each entry has an id `<boot>-<n>`; a reader that comes back names the
 * last one it saw and misses nothing, or is told `resync` when that one is no longer held.
 */
import type { AttemptOutcome, RunState, TaskState, TickAction, WorkerState } from "../base/words.ts";

export type FeedEvent =
  | {
      type: "task";
      id: string;
      run?: string;
      name?: string;
      taskType: string;
      arm: string;
      /** The schedule that made it. */
      schedule?: string;
      state: TaskState;
      attempt: number;
      outcome?: AttemptOutcome;
      worker?: string;
      reason?: string;
      /** The `each` that holds it. */
      inside?: string;
      at: number;
    }
  /** A task waits for a person. */
  | { type: "approval"; id: string; run?: string; name?: string; at: number }
  | { type: "workflow"; name: string; at: number }
  /** It has a new version, or was removed. */
  | { type: "plugin"; name: string; at: number }
  /** A task failed and no try is left. */
  | { type: "dead"; id: string; taskType: string; arm: string; reason?: string; at: number }
  | { type: "schedule"; name: string; at: number }
  | { type: "tick"; schedule: string; tick: number; action: TickAction; made?: string; reason?: string; at: number }
  | { type: "bulk"; id: string; done: number; failed: number; total: number; ended: boolean; at: number }
  | { type: "task_deleted"; id: string; at: number }
  | { type: "progress"; id: string; attempt: number; value: number; message?: string; at: number }
  | { type: "run"; id: string; workflow: string; schedule?: string; state: RunState; paused?: boolean; at: number }
  /** `reason`: why it left. */
  | { type: "worker"; name: string; state: WorkerState; reason?: string; at: number }
  | { type: "arm"; name: string; at: number }
  /** Sent in place of what is no longer held: read the lists again. */
  | { type: "resync"; at: number };

export interface FeedEntry {
  id: string;
  event: FeedEvent;
}
