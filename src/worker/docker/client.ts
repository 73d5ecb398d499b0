/**
 * Speaks the Docker API: plain HTTP over a socket, and one connection that is taken over for the output of a container.
 *
 * EC1  Every call ends: each but `wait` and the streams has a longest time, and those end with their connection.
 * EC2  A refusal of the engine is an `EngineError` with its words; no answer at all is `EngineGone`.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { formatDuration } from "../../base/duration.ts";
import type { EngineHost } from "./host.ts";

const CALL_MS_MAX = 60_000;
/** Newest version of the API that this was written for; an older engine is spoken to in its own. */
const API_NEWEST = "1.50";
/** Longer words than these are no message. */
const MESSAGE_LENGTH_MAX = 2000;

/** The engine says no. */
export class EngineError extends Error {
  override name = "EngineError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nobody answers, or not in time, or the connection broke. */
export class EngineGone extends Error {
  override name = "EngineGone";

  /** It was us who broke the call off. */
  get wasAborted(): boolean {
    return this.cause instanceof Error && this.cause.name === "AbortError";
  }
}

export interface CallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  /** Default: a minute. 0 = none, for calls that wait. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export class EngineClient {
  readonly host: EngineHost;
  #prefix = "";

  constructor(host: EngineHost) {
    this.host = host;
  }

  /** Is it there? Answers which engine it is; rejects when none answers. */
  async ping(timeoutMs: number): Promise<{ api: string; isLinux: boolean; name: string }> {
    const response = await this.#send("GET", "/_ping", { timeoutMs });
    await textOf(response);
    const { "api-version": api, ostype = "linux", server } = response.headers;
    if (response.statusCode !== 200 || typeof api !== "string") throw new EngineGone("it is no container engine");
    this.#prefix = `/v${older(api, API_NEWEST)}`;
    return { api, isLinux: ostype === "linux", name: String(server ?? "an engine").replace("/", " ") };
  }

  /** One question, one answer: what stands in its body. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const response = await this.#send(method, this.#prefix + path, options);
    const text = await textOf(response);
    if (response.statusCode! >= 400) throw errorOf(response.statusCode!, text);
    return text === "" ? undefined : parsed(text);
  }

  /** An answer that comes bit by bit. */
  async stream(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const response = await this.#send(method, this.#prefix + path, { timeoutMs: 0, ...options });
    if (response.statusCode! >= 400) throw errorOf(response.statusCode!, await textOf(response));
    return response;
  }

  /** Takes the connection over: what is written goes to the container, what is read comes from it. */
  async attach(path: string, query: CallOptions["query"]): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const headers = { connection: "Upgrade", upgrade: "tcp" };
    const request = this.#open("POST", this.#prefix + path, { query: query ?? {}, headers });
    const timer = setTimeout(() => request.destroy(late(CALL_MS_MAX)), CALL_MS_MAX);
    request.once("upgrade", (_response, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", (response: IncomingMessage) => {
      textOf(response).then((text) => reject(errorOf(response.statusCode!, text)), reject);
    });
    request.once("error", (error: Error) => reject(gone(error)));
    request.end();
    return promise.finally(() => clearTimeout(timer));
  }

  async #send(method: string, path: string, options: CallOptions): Promise<IncomingMessage> {
    const { timeoutMs = CALL_MS_MAX } = options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#open(method, path, options);
    const timer = timeoutMs > 0 ? setTimeout(() => request.destroy(late(timeoutMs)), timeoutMs) : undefined;
    request.once("response", resolve);
    request.once("error", (error: Error) => reject(gone(error)));
    request.once("close", () => clearTimeout(timer));
    request.end(options.body === undefined ? undefined : JSON.stringify(options.body));
    return promise;
  }

  #open(method: string, path: string, { query, body, headers, signal }: CallOptions): ClientRequest {
    const { socketPath, host, port, tls } = this.host;
    const options: RequestOptions = {
      method,
      path: path + queryText(query),
      // A connection for each call: they cost nothing on a socket, and none is found dead when it is needed.
      agent: false,
      headers: { host: "engine", ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      ...(signal !== undefined && { signal }),
    };
    // Importing these would read each of their exports, among them those that load a WebSocket and fetch.
    if (tls === undefined) return process.getBuiltinModule("node:http").request(options);
    return process.getBuiltinModule("node:https").request({ ...options, ...tls });
  }
}

function queryText(query: CallOptions["query"]): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? "" : `?${params.toString()}`;
}

async function textOf(response: IncomingMessage): Promise<string> {
  try {
    const pieces: Buffer[] = [];
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  } catch (error) {
    throw gone(error as Error);
  }
}

function errorOf(status: number, text: string): EngineError {
  const said = (parsed(text) as { message?: unknown } | undefined)?.message;
  const message = typeof said === "string" ? said : text;
  return new EngineError(status, message.trim().slice(0, MESSAGE_LENGTH_MAX));
}

/** Undefined where it is no JSON: some answers are a word. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function gone(error: Error): EngineGone {
  if (error instanceof EngineGone) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new EngineGone(code === undefined ? error.message : `${code}: ${error.message}`, { cause: error });
}

function late(ms: number): EngineGone {
  return new EngineGone(`no answer in ${formatDuration(ms)}`);
}

/** Of two versions such as 1.41 and 1.50. */
function older(one: string, other: string): string {
  const minor = (version: string): number => Number(version.split(".")[1]);
  return minor(one) < minor(other) ? one : other;
}
