/** What a thread is told to run, and what it says of the end; plain data, because it travels between threads. */
import type { GivenFolder } from "./folders.ts";
import type { WasmModule } from "./engine.ts";

export interface Job {
  /** Names the module; threads keep those that they have had. */
  key: string;
  /** Absent: the thread has it. */
  module?: WasmModule;
  args: string[];
  env: Record<string, string>;
  stdin: string;
  folders: GivenFolder[];
}

export type JobEnd = (
  | { type: "exited"; code: number }
  /** The module did what ends it: `unreachable`, an address beyond its memory. */
  | { type: "trapped"; what: string; stack: string }
  /** It did not begin. */
  | { type: "unstarted"; why: string }
) & {
  memoryBytes: number;
  cpuMs: number;
  /** What it tried in vain. */
  refused: string[];
  refusedMore: number;
};

export type FromThread = { type: "full" } | { type: "end"; end: JobEnd };
