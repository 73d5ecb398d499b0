/**
 * Server-sent events on a plain Node response. Owns heartbeats and the bound on what waits for a slow reader.
 *
 * E1  What waits for one reader is bounded: `room` says when to stop, and the stream's owner decides what that means.
 * E2  A stream ends when its reader goes, when its owner ends it, and when the server closes.
 * E3  Nothing is sent to a reader whose token has been revoked or has expired: the stream ends instead.
 */
import type { ServerResponse } from "node:http";

/** A comment this often keeps proxies from cutting an idle stream, and finds readers that are gone. */
const HEARTBEAT_MS = 15_000;

/** Bytes that may wait for a reader beyond what the kernel buffers. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Time for a reader to take what still waits, once the stream has ended. */
const LINGER_MS = 5_000;

export interface EventStream {
  /** Aborts when the stream is over, whoever ended it. */
  readonly signal: AbortSignal;
  send(event: { id?: string; event?: string; data: string }): void;
  /** False when the reader is too slow to be sent more. */
  hasRoom(): boolean;
  /** Resolves when the reader has taken what waits, or is gone. */
  drained(): Promise<void>;
  end(): void;
}

/** Whether the one who reads may still. */
export interface Reading {
  mayRead(): boolean;
  /** Calls back when that may have changed, until stopped. */
  watch(look: () => void): () => void;
}

const ANYBODY: Reading = { mayRead: () => true, watch: () => () => {} };

/** Begins a stream. `closing` ends it, and so does the first `false` of `mayRead`. */
export function openEventStream(
  response: ServerResponse,
  closing: AbortSignal,
  { mayRead, watch }: Reading = ANYBODY,
): EventStream {
  const over = new AbortController();
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  response.write("retry: 1000\n\n");

  const heartbeat = setInterval(() => {
    if (!mayRead()) end();
    else if (response.writableLength === 0) response.write(": here\n\n");
  }, HEARTBEAT_MS);
  const end = (): void => {
    if (over.signal.aborted) return;
    clearInterval(heartbeat);
    closing.removeEventListener("abort", end);
    unwatch();
    over.abort();
    if (response.destroyed) return;
    response.end();
    const timer = setTimeout(() => response.destroy(), LINGER_MS);
    response.on("close", () => clearTimeout(timer));
  };
  const unwatch = watch(() => {
    if (!mayRead()) end();
  });
  response.on("close", end).on("error", end);
  closing.addEventListener("abort", end);
  if (closing.aborted) end();

  return {
    signal: over.signal,
    send({ id, event, data }) {
      if (over.signal.aborted) return;
      if (!mayRead()) return end();
      response.write(
        `${event === undefined ? "" : `event: ${event}\n`}${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`,
      );
    },
    hasRoom: () => response.writableLength < WAITING_BYTES_MAX,
    drained: () =>
      new Promise((resolve) => {
        if (!response.writableNeedDrain || over.signal.aborted) return resolve();
        const done = (): void => {
          response.off("drain", done);
          over.signal.removeEventListener("abort", done);
          resolve();
        };
        response.on("drain", done);
        over.signal.addEventListener("abort", done);
      }),
    end,
  };
}
