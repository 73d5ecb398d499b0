/**
 * Streams that outlive their connection: each event carries an id, and a new connection begins after the last one seen.
 * Waits between tries grow from 0.1 s to 5 s, and are short again once an event has come through.
 */
import { OctopusError } from "../base/errors.ts";
import { readEvents, type ServerEvent } from "./sse.ts";
import type { StreamReply } from "./transport.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5000;

export interface FollowOptions {
  /** Opens a stream that begins after the event `lastId`; rejects with what a refusing answer means. */
  open(lastId: string | undefined, signal: AbortSignal | undefined): Promise<StreamReply>;
  lastId?: string | undefined;
  signal?: AbortSignal | undefined;
  /** True for the event after which nothing follows. */
  isLast?(event: ServerEvent): boolean;
  /** Told when the connection is lost (with the reason) and when it is back (with nothing). */
  onConnection?: ((lost: OctopusError | undefined) => void) | undefined;
}

/**
 * The events of a stream until it has ended, the reader stops, or the signal aborts; then it just ends. A server that
 * cannot be reached the first time is an error; later it is waited for.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<ServerEvent> {
  const { signal } = options;
  let lastId = options.lastId;
  let waitMs = WAIT_MS_MIN;
  let isLost = false;
  let wasOpen = false;
  while (signal?.aborted !== true) {
    try {
      const reply = await options.open(lastId, signal);
      wasOpen = true;
      if (isLost) options.onConnection?.(undefined);
      isLost = false;
      for await (const event of readEvents(reply.chunks)) {
        waitMs = WAIT_MS_MIN;
        lastId = event.id ?? lastId;
        if (options.isLast?.(event)) return;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!wasOpen || !(error instanceof OctopusError) || !error.retryable) throw error;
      if (!isLost) options.onConnection?.(error);
      isLost = true;
    }
    await pause(waitMs * (0.5 + Math.random() / 2), signal);
    waitMs = Math.min(WAIT_MS_MAX, waitMs * 2);
  }
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done);
  });
}
