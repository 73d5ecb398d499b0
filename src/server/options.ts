/** What the server is given by whoever composes the process. */
import type { Duplex } from "node:stream";
import type { EngineApi, RunSpec } from "../engine/api.ts";
import type { Audit } from "../engine/ports.ts";
import type { Json } from "../base/words.ts";
import type { Principal, SettingView } from "../protocol/access.ts";
import type { PluginDetail } from "../protocol/plugin.ts";
import type { ServerView } from "../protocol/server-view.ts";
import type { TriggerDraft, TriggerView } from "../protocol/trigger.ts";
import type { WorkflowPlanView } from "../protocol/workflow-views.ts";
import type { PipelineSpec } from "../protocol/pipeline.ts";
import type { Lent } from "./access/guard.ts";
import type { MainServer, NamespaceDoor, NamespaceHandler } from "./namespaces/door.ts";
import type { MeterRule } from "./access/meter.ts";
import type { ClusterDoor } from "./cluster-door.ts";
import type { Forwarded } from "./forward/forwarded.ts";
import type { NatsWorkers, NatsWorkersOptions } from "./nats/gateway.ts";
import type { TlsIdentity } from "./tls/files.ts";

/** Where the server says what a person may want to know. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Largest inputs, in bytes. */
export interface Limits {
  /** A whole request body. */
  bodyBytes: number;
  /** One task within it. */
  taskBytes: number;
  /** One file that a task leaves. */
  artifactBytes: number;
}

/** How a workflow file is to be read. */
export interface CompileOptions {
  source?: string | undefined;
  files?: Record<string, string> | undefined;
  params?: Record<string, Json> | undefined;
  cwd?: string | undefined;
  arm?: string | undefined;
  /** It is only looked at: values for params may be missing. */
  check?: true | undefined;
}

/** Who may do what. */
export interface AccessOptions {
  /** Tokens are needed; otherwise everybody is an admin. */
  isOn: boolean;
  /** Most connections of one address, the loopback address aside. */
  connectionsMax: number;
  /** Most requests of one token or address, the loopback address aside. */
  requests: MeterRule | null;
  /** Wrong tokens of one address. */
  refusals: MeterRule;
  /** The only names that workers may have; null = any. */
  workers: readonly string[] | null;
  /** Where refusals and changes are noted; absent = nowhere. */
  audit?: Audit | undefined;
  auditKeepMs: number;
  /** Names beyond its addresses under which this server may be asked; absent = any. */
  hosts?: readonly string[] | undefined;
}

/** The folder of plugins. */
export interface PluginDoor {
  put(name: string, files: readonly { path: string; content: Uint8Array }[], by?: string): Promise<PluginDetail>;
  remove(name: string, by?: string): Promise<void>;
}

/** A request to a webhook, as it came. */
export interface HookDelivery {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What starts tasks from outside. */
export interface TriggerDoor {
  list(): TriggerView[];
  /** Each throws `not_found` for a name that there is not. */
  show(name: string): TriggerView;
  pause(name: string, paused: boolean): Promise<TriggerView>;
  test(name: string, event: Record<string, unknown>): TriggerDraft;
  /** Bounds of a webhook. */
  hook(name: string): { bodyBytes: number; rate: MeterRule };
  receive(name: string, delivery: HookDelivery): Promise<{ status: number; body: Json }>;
}

export interface ServerOptions {
  engine: EngineApi;
  log: Log;
  /** Version of Octopus, for `/version` and the OpenAPI document. */
  version: string;
  limits: Limits;
  /** Turns the text of a workflow file into tasks, or throws `invalid`. */
  compile(text: string, options: CompileOptions): RunSpec | Promise<RunSpec>;
  /** What a run would do, as the editor draws it; absent = it draws nothing. */
  plan?: ((run: RunSpec) => Promise<WorkflowPlanView>) | undefined;
  /** Turns a pipeline into its run, or throws `invalid`. */
  compilePipeline(pipeline: PipelineSpec): RunSpec | Promise<RunSpec>;
  /** Where uploads of plugins go; absent = nobody takes any. */
  plugins?: PluginDoor | undefined;
  /** Absent: nothing starts tasks from outside. */
  triggers?: TriggerDoor | undefined;
  /** Absent: it is open, and notes nothing. */
  access?: AccessOptions | undefined;
  /** Absent: plain HTTP. */
  tls?: TlsIdentity | undefined;
  /** Every setting of the deployment, secrets masked; absent: nothing is told. */
  settings?: (() => readonly SettingView[]) | undefined;
  /** Folder of the built dashboard; absent: there is none. */
  dashboard?: string | undefined;
  /** Writes a copy of the database; absent where there is no file to copy. */
  backup?(path: string): Promise<{
    path: string;
    bytes: number;
    namespaces?: string[] | undefined;
    missing?: string[] | undefined;
  }>;
  /** Absent: this server stands alone. */
  cluster?: ClusterDoor | undefined;
  /** What the data takes of its disk; undefined where it is in memory. */
  sizes?(): ServerView["data"];
  /** It serves this namespace, through the main server, and never listens; absent: it is the main one, of `default`. */
  namespace?: { name: string; main: MainServer } | undefined;
  /** For the main server: the namespaces beside `default`; absent: it serves none. */
  namespaces?: NamespaceDoor | undefined;
}

/** A server that was created but may not be listening yet. */
export interface HttpServer {
  /** Begins to accept; answers the URL that it has, and those to reach it at. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ url: string; urls: readonly string[] }>;
  /** Of a namespace: serves what the main server hands on. Of the main one: serves as if it had come by a socket. */
  readonly handler: NamespaceHandler;
  /** What servers of namespaces need of the main one, and have of it. */
  readonly main: MainServer;
  /** A token that is good while this server runs. */
  lend(principal: Principal): Lent;
  /**
   * Serves a stream of bytes as a connection. `who`: whoever is at its other end; absent: another server of the cluster,
   * which says of each request from where it comes.
   */
  accept(stream: Duplex, who?: Forwarded): void;
  /** Takes workers over NATS from now on, for as long as this server leads the shard. */
  workersOverNats(options: NatsWorkersOptions): Promise<NatsWorkers>;
  /** Takes another certificate for connections from now on. */
  renew(tls: TlsIdentity): void;
  /** Stops accepting, ends streams and long polls, and gives requests in flight `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}
