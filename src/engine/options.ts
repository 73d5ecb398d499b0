/** What an engine is made of and set to, by whoever puts the process together. */
import type { Placement } from "../base/words.ts";
import type { State } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import type { CommandPolicy } from "../policy/policy.ts";
import type { AdapterCopy } from "../protocol/plugin.ts";
import type { Artifacts, Clock, Journal, Library, Log, LogStore, Outside, Scaler } from "./ports.ts";
import type { RetentionPolicy } from "./retention.ts";
import type { PoolSettings } from "./scaling/steer.ts";
import type { TaskDefaults } from "./submission.ts";

export interface EngineOptions {
  clock: Clock;
  journal: Journal;
  library: Library;
  logs: LogStore;
  artifacts: Artifacts;
  outside: Outside;
  log: Log;
  version: string;
  dataDir: string;
  /** Distinguishes this process's feed from the one before; any short text without a dash. */
  boot: string;
  leaseMs: number;
  heartbeatMs: number;
  /** How a worker is chosen where the task does not say; absent = `spread`. */
  placement?: Placement | undefined;
  /** How long a task with large needs waits until a worker is reserved for it; absent = 30 s, Infinity = none ever is. */
  reserveAfterMs?: number | undefined;
  /** Results of more JSON bytes than this are kept as artifacts. */
  resultBytesMax: number;
  defaults: TaskDefaults;
  retention: RetentionPolicy;
  /** Which commands are refused; absent: none. */
  policy?: CommandPolicy | undefined;
  /** What handlers get under names of their own: plugins with settings. */
  adapters?: Readonly<Record<string, AdapterCopy>> | undefined;
  /** Versions of each plugin that are kept; absent = 20. */
  pluginsKept?: number | undefined;
  /** Pools of workers, in the order in which work is counted for them, and who starts and ends their workers. */
  pools?: readonly PoolSettings[];
  scaler?: Scaler | undefined;
  /** Called after every turn; for tests and the simulator. */
  inspect?: ((state: State, turn: Turn) => void) | undefined;
  /** It starts as one that follows: see `Engine.follow`. */
  follower?: true | undefined;
  /** Tasks of a run, or of a list, that are decided in one command; the simulator wants few. */
  stretch?: number;
}
