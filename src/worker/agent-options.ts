/** What an agent is made of. */
import type { ToWorker } from "../protocol/link.ts";
import type { Executor } from "./executor.ts";
import type { InputFolders } from "./inputs/folders.ts";
import type { KeepFile } from "./keep-file.ts";
import type { Spool } from "./spool/spool.ts";
import type { Timers } from "./timers.ts";
import type { UsageSource } from "./usage/usage.ts";

export interface AgentOptions {
  name: string;
  slots: number;
  version: string;
  executors: readonly Executor[];
  /** Names of the registered functions; read at each hello. */
  functions: () => string[];
  /** Time that a function gets to return after it was told to stop. */
  graceMs?: number;
  /** Default: Node's own. */
  timers?: Timers;
  /** What it offers to tasks that ask for resources, in thousandths. */
  resources?: Readonly<Record<string, number>>;
  /** By resource the names of its units, where these are told apart. */
  units?: Readonly<Record<string, readonly string[]>>;
  /** What it is, for tasks that choose by that. */
  labels?: Readonly<Record<string, string>>;
  /** The only arms whose tasks it takes. */
  arms?: readonly string[] | undefined;
  /** Longest time of an attempt, whatever its task says; 0 = none. */
  timeoutMs?: number;
  /** Keeps what the server is not known to have; absent = it ends with the process. */
  spool?: Spool | undefined;
  /** What the machine and the attempts use; absent = nothing is said of it. */
  usage?: UsageSource;
  /** How files get to the server; absent = nothing keeps them. */
  keepFile?: KeepFile;
  /** Where files of other tasks are laid; absent = nothing fetches them. */
  inputs?: InputFolders;
  onWelcome?: (welcome: Welcome) => void;
  /** The server will not have this worker, or not now. */
  onRefuse?: (refusal: Refusal) => void;
  /** The server wants this process to end, and what it ran has ended. */
  onStop?: () => void;
  /** Ends what the executors share, after they have ended. */
  onClose?: () => Promise<void>;
}

export type Refusal = Omit<Extract<ToWorker, { type: "refuse" }>, "type">;
export type Welcome = Extract<ToWorker, { type: "welcome" }>;
