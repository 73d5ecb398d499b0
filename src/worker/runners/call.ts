/** One call of a plugin's action on its way through the pool: what is to be run, who hears of it, how it ended. */
import type { Json } from "../../base/words.ts";
import type { CallMessage, Done, Question } from "./messages.ts";
import type { ProcessEnd } from "./runner-process.ts";

/** What a runner is told of the call. */
export type CallRequest = Omit<CallMessage, "t" | "n">;

/** Who hears of it while it runs. */
export interface CallSink {
  output(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  log(text: string): void;
  progress(value: number, message: string | undefined): void;
  /** Answers what the plugin asks; a rejection is told to it as its message. */
  ask(question: Question): Promise<Json | undefined>;
}

export type CallEnd =
  | { type: "done"; done: Done }
  | CallDeath
  /** It was told to stop before it began. */
  | { type: "stopped" }
  /** No runner could be started for it. */
  | { type: "refused"; why: unknown };

/** Its process ended before it did. */
export interface CallDeath {
  type: "ended";
  end: ProcessEnd;
  /** By us, because it was to stop and did not. */
  isKilled: boolean;
  /** It said that its heap was full, or the system has ended processes for want of memory meanwhile. */
  isHeapFull: boolean;
  oomKills: number;
}

export interface Call {
  readonly n: number;
  readonly request: CallRequest;
  readonly sink: CallSink;
  settle(end: CallEnd): void;
  /** `performance.now()` at which its process is killed, once it shall stop. */
  killAt: number | undefined;
  stopReason: string;
  /** It was signalled. */
  isTold: boolean;
}
