/** What passes between a worker process and its supervisor; plain data, because it travels to a child process. */
import type { ErrorCode } from "../base/errors.ts";
import type { NatsSettings } from "../nats/settings.ts";
import type { PolicySettings } from "../policy/settings.ts";

/** What a worker process is told. */
export interface WorkerSettings {
  /** Base URL of the server. */
  url: string;
  /** Others at which it may be reached, the likeliest first. */
  moreUrls?: string[];
  /** It comes over NATS to whichever server leads; addresses and fingerprint are of no use then. */
  nats?: NatsSettings & { cluster: string; /** The namespace. */ shard: string };
  /** SHA-256 of the certificate authority that the server must have, in hex; absent: what the machine trusts. */
  fingerprint?: string;
  /** Access token; absent where none is needed, or the worker shows its key. */
  token?: string;
  /** Where the token came from, when its server draws another one at each start. */
  tokenFile?: string;
  name: string;
  slots: number;
  /** Modules whose exports are functions for `call` tasks. */
  functions: string[];
  /** What it offers to tasks that ask for resources, in thousandths. */
  resources: Record<string, number>;
  /** By resource the names of its units, where these are told apart. */
  units?: Record<string, string[]>;
  /** The resources are the machine's, nobody named them: its GPUs are offered beside them. */
  findsGpus?: boolean;
  /** What it is, beside what every worker says of itself. */
  labels?: Record<string, string>;
  /** The only arms whose tasks it takes; absent = all. */
  arms?: string[];
  /** Longest time of an attempt, whatever its task says; 0 = none. */
  timeoutMs?: number;
  /** Folder for what must outlive the process, for this worker alone; absent = nothing does. */
  dir?: string;
  /** Most bytes of output that wait there while the server is away. */
  spoolBytes?: number;
  /** Folder for the files that commands leave, for this worker alone; absent = one for temporary files. */
  filesDir?: string;
  /** Modules of executors for tasks with `uses`. */
  executors?: string[];
  plugins?: {
    /** Python interpreter; default: `python3` of its PATH. */
    python?: string;
    /** By name the folder of a virtual environment. */
    venvs?: Record<string, string>;
    /** Folder where plugins are kept by their hash; absent = one for temporary files. */
    dir?: string;
    /** How long a runner without work stays. */
    idleMs?: number;
  };
  docker?: {
    /** `auto`: when an engine answers. */
    mode: "auto" | "on" | "off";
    /** `unix:///var/run/docker.sock` or `tcp://…`; absent = `DOCKER_HOST`, then the usual places. */
    host?: string;
    /** Folders of this machine that tasks may use, with all that is in them; `:ro` behind one = to read only. */
    volumes?: string[];
  };
  wasm?: {
    /** Folders of this machine that modules may be given, as for containers. */
    dirs?: string[];
    /** Most memory of a module that says nothing, in bytes. */
    memory?: number;
  };
  /** What commands are refused, beside what the server refuses. */
  policy?: PolicySettings;
  /** Time that running tasks get to end when the worker is stopped. */
  graceMs: number;
  /** Time between TERM and KILL of a command. */
  killGraceMs: number;
  version: string;
  log: { level: string; format: "auto" | "text" | "json"; file: string | null };
}

/** What a worker process says to its supervisor. */
export type WorkerMessage =
  | { type: "log"; level: "info" | "warn" | "error"; fields: object; message: string }
  | { type: "started" }
  /** It cannot begin, or the server will never have it. It ends after this. */
  | { type: "hopeless"; code: ErrorCode; message: string };
