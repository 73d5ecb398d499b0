/**
 * Waits for an end on behalf of a client. The answer comes when the engine has it, when the time is over, or when the
 * server closes; a client that hangs up stops the wait.
 */
import type { ServerResponse } from "node:http";
import type { ServerScope } from "./scope.ts";

/** What `wait` resolves with, or what `now` says when the server closes first. */
export async function answerWaiting<T>(
  scope: ServerScope,
  response: ServerResponse,
  wait: (signal: AbortSignal) => Promise<T>,
  now: () => T,
): Promise<T> {
  const stop = new AbortController();
  const stopped = new Promise<undefined>((resolve) => stop.signal.addEventListener("abort", () => resolve(undefined)));
  const onEnd = (): void => stop.abort();
  response.on("close", onEnd);
  scope.closing.addEventListener("abort", onEnd);
  try {
    if (scope.closing.aborted) return now();
    const waiting = wait(stop.signal).then((value) => ({ value }));
    // An engine may answer an abort by rejecting; by then nobody listens.
    waiting.catch(() => {});
    const first = await Promise.race([waiting, stopped]);
    return first === undefined ? now() : first.value;
  } finally {
    response.off("close", onEnd);
    scope.closing.removeEventListener("abort", onEnd);
  }
}
