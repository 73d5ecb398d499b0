/** What the server is given by whoever composes the process. */
import type { EngineApi, RunSpec } from "../engine/api.ts";
import type { Audit } from "../engine/ports.ts";
import type { Json } from "../base/words.ts";
import type { Principal } from "../protocol/access.ts";
import type { PipelineSpec } from "../protocol/pipeline.ts";
import type { Lent } from "./access/guard.ts";
import type { MeterRule } from "./access/meter.ts";
import type { TlsIdentity } from "./tls/files.ts";

/** The part of a pino logger that the server uses. */
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

export interface ServerOptions {
  engine: EngineApi;
  log: Log;
  /** Version of Octopus, for `/version` and the OpenAPI document. */
  version: string;
  limits: Limits;
  /** Turns the text of a workflow file into tasks, or throws `invalid`. */
  compile(text: string, options: CompileOptions): RunSpec | Promise<RunSpec>;
  /** Turns a pipeline into its run, or throws `invalid`. */
  compilePipeline(pipeline: PipelineSpec): RunSpec | Promise<RunSpec>;
  /** Absent: it is open, and notes nothing. */
  access?: AccessOptions | undefined;
  /** Absent: plain HTTP. */
  tls?: TlsIdentity | undefined;
  /** Writes a copy of the database; absent where there is no file to copy. */
  backup?(path: string): Promise<{ path: string; bytes: number }>;
}

/** A server that was created but may not be listening yet. */
export interface HttpServer {
  /** Begins to accept; answers the URL that it has, and those to reach it at. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ url: string; urls: readonly string[] }>;
  /** A token that is good while this server runs. */
  lend(principal: Principal): Lent;
  /** Takes another certificate for connections from now on. */
  renew(tls: TlsIdentity): void;
  /** Stops accepting, ends streams and long polls, and gives requests in flight `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}
