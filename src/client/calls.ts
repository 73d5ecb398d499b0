/**
 * How the client asks: paths, bodies, refusals, streams that come back, waits that outlive a restart. The areas of the
 * API are classes on top of this one, each in a file of its own, and `Client` is the last of them.
 */
import { OctopusError } from "../base/errors.ts";
import { Seen } from "./seen.ts";
import { follow, pause } from "./follow.ts";
import type { WaitOptions } from "./options.ts";
import { errorOf, isGranted, jsonOf } from "./problem.ts";
import type { Call, Reply, StreamReply, Transport } from "./transport.ts";

export const BASE = "/api/v1";
const SILENCE_MS = 60_000;
/** Longest wait that is asked of the server at once. */
const POLL_MS = 30_000;
/** The server sends a sign of life every 15 s on a stream. */
const STREAM_SILENCE_MS = 45_000;
/** How long a wait goes on while the server cannot be reached. */
const AWAY_MS_MAX = 60_000;

export class Calls {
  /** The server's address, without a slash at its end. */
  readonly url: string;
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #seen = new Seen();

  constructor(url: string, transport: Transport, signal?: AbortSignal) {
    this.url = url;
    this.#transport = transport;
    this.#signal = signal;
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#transport.close();
  }

  protected async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.read(await this.call({ method: "GET", path: BASE + path, signal }), `GET ${path}`) as T;
  }

  protected async items<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  protected async send<T>(
    method: "POST" | "PUT" | "PATCH",
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const reply = await this.call({ method, path: BASE + path, body: JSON.stringify(body), signal });
    return this.read(reply, `${method} ${path}`) as T;
  }

  protected async remove(path: string): Promise<void> {
    const reply = await this.call({ method: "DELETE", path: BASE + path });
    if (!isGranted(reply)) throw errorOf(reply, `DELETE ${path}`);
  }

  protected call(call: Omit<Call, "silenceMs"> & { silenceMs?: number }): Promise<Reply> {
    const signal = this.#signalWith(call.signal);
    return this.#noted(this.#transport.call({ silenceMs: SILENCE_MS, ...this.#seen.with(call), signal }));
  }

  async #noted<R extends Reply | StreamReply>(answer: Promise<R>): Promise<R> {
    const reply = await answer;
    if (reply.sequence !== undefined) this.#seen.note(reply.sequence);
    return reply;
  }

  protected read(reply: Reply, what: string): unknown {
    if (!isGranted(reply)) throw errorOf(reply, what);
    return jsonOf(reply, this.url);
  }

  /** An answer that is read while it comes. */
  protected stream(path: string, signal?: AbortSignal): Promise<StreamReply> {
    return this.#open(path, {}, this.#signalWith(signal));
  }

  /** Events of a stream that comes back by itself after a lost connection. */
  protected follow(path: string, options: Omit<Parameters<typeof follow>[0], "open">): ReturnType<typeof follow> {
    return follow({
      ...options,
      signal: this.#signalWith(options.signal),
      open: (lastId, signal) => {
        const headers: Record<string, string> = { accept: "text/event-stream" };
        if (lastId !== undefined) headers["last-event-id"] = lastId;
        return this.#open(path, headers, signal);
      },
    });
  }

  protected async wait<T>(
    ask: (waitMs: number) => Promise<T>,
    isOver: (view: T) => boolean,
    options: WaitOptions,
  ): Promise<T> {
    const deadline = options.timeoutMs === undefined ? Infinity : performance.now() + options.timeoutMs;
    let lastAnswer = -Infinity;
    let view: T | undefined;
    for (;;) {
      const left = deadline - performance.now();
      try {
        view = await ask(Math.max(0, Math.min(POLL_MS, Math.ceil(left))));
        if (isOver(view) || performance.now() >= deadline) return view;
        lastAnswer = performance.now();
      } catch (error) {
        const away = performance.now() - lastAnswer;
        if (!(error instanceof OctopusError) || !error.retryable || away > AWAY_MS_MAX) throw error;
        if (left <= 0 && view !== undefined) return view;
        await pause(200, options.signal);
      }
    }
  }

  async #open(path: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<StreamReply> {
    const call = { method: "GET", path: BASE + path, headers, signal, silenceMs: STREAM_SILENCE_MS } as const;
    const reply = await this.#noted(this.#transport.stream(this.#seen.with(call)));
    if (!isGranted(reply)) throw await refusalOf(reply, path);
    return reply;
  }

  #signalWith(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (this.#signal === undefined || signal === undefined) return signal ?? this.#signal;
    return AbortSignal.any([this.#signal, signal]);
  }
}

async function refusalOf(reply: StreamReply, path: string): Promise<OctopusError> {
  const decoder = new TextDecoder();
  let body = "";
  for await (const chunk of reply.chunks) body += decoder.decode(chunk, { stream: true });
  return errorOf({ ...reply, body }, `GET ${path}`);
}
