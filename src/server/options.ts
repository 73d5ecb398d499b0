/** What the server is given by whoever composes the process. */
import type { EngineApi, RunSpec } from "../engine/api.ts";
import type { Json } from "../base/words.ts";
import type { PipelineSpec } from "../protocol/pipeline.ts";

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
  /** Writes a copy of the database; absent where there is no file to copy. */
  backup?(path: string): Promise<{ path: string; bytes: number }>;
}

/** A server that was created but may not be listening yet. */
export interface HttpServer {
  /** Begins to accept; answers the URL to reach it at. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ url: string }>;
  /** Stops accepting, ends streams and long polls, and gives requests in flight `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}
