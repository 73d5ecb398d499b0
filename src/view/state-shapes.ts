/**
 * How a state looks on every screen: a shape, so that nobody needs colours to tell them apart, and a tone, which the web
 * and the terminal each turn into a colour of their own.
 */
import type { AttemptOutcome, RunState, TaskState, WorkerState } from "../base/words.ts";

export type Shape =
  | "dot"
  | "ring"
  | "clock"
  | "pause"
  | "check"
  | "cross"
  | "bar"
  | "hourglass"
  | "skip"
  | "chain"
  | "half"
  | "question";
/** What a reader feels about it: fine, trouble, look at it, at work, waits, over. */
export type Tone = "good" | "bad" | "warn" | "busy" | "wait" | "off";

export interface Look {
  shape: Shape;
  tone: Tone;
  /** One or two words, as a person says them. */
  label: string;
}

export type AnyState = TaskState | RunState | WorkerState | AttemptOutcome;

const LOOKS: Readonly<Record<AnyState, Look>> = {
  blocked: { shape: "pause", tone: "off", label: "blocked" },
  scheduled: { shape: "clock", tone: "wait", label: "scheduled" },
  queued: { shape: "ring", tone: "wait", label: "queued" },
  running: { shape: "dot", tone: "busy", label: "running" },
  succeeded: { shape: "check", tone: "good", label: "succeeded" },
  failed: { shape: "cross", tone: "bad", label: "failed" },
  cancelled: { shape: "bar", tone: "off", label: "cancelled" },
  expired: { shape: "hourglass", tone: "warn", label: "expired" },
  skipped: { shape: "skip", tone: "off", label: "skipped" },
  upstream_failed: { shape: "chain", tone: "warn", label: "upstream failed" },
  partial: { shape: "half", tone: "warn", label: "partial" },
  timed_out: { shape: "hourglass", tone: "bad", label: "timed out" },
  lost: { shape: "question", tone: "bad", label: "lost" },
  refused: { shape: "bar", tone: "bad", label: "refused" },
  interrupted: { shape: "half", tone: "warn", label: "interrupted" },
  online: { shape: "dot", tone: "good", label: "online" },
  idle: { shape: "ring", tone: "warn", label: "idle" },
  offline: { shape: "cross", tone: "bad", label: "offline" },
  draining: { shape: "half", tone: "warn", label: "draining" },
};

/** The look of a state. */
export function lookOf(state: AnyState): Look {
  return LOOKS[state];
}

/** One letter or sign of a terminal for each shape; all of them are one cell wide in common fonts. */
export const SIGNS: Readonly<Record<Shape, string>> = {
  dot: "●",
  ring: "○",
  clock: "◷",
  pause: "‖",
  check: "✓",
  cross: "✗",
  bar: "⊘",
  hourglass: "⧗",
  skip: "»",
  chain: "⤬",
  half: "◐",
  question: "?",
};
