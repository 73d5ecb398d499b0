/**
 * Waits for an end on behalf of a client. The answer comes when the engine has it, when the time is over, or when the
 * server closes; a client that hangs up stops the wait.
 *
 * LP1  Whatever ended the wait, the engine gives the answer: it comes when nothing is under way. A server that closes in the midst
 *      of an append would tell of what may never have happened.
 */
import type { ServerResponse } from "node:http";
import type { ServerScope } from "./scope.ts";

/** What `wait` resolves with, also where its signal has stopped it. */
export async function answerWaiting<T>(
  scope: ServerScope,
  response: ServerResponse,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onEnd = (): void => stop.abort();
  response.on("close", onEnd);
  scope.closing.addEventListener("abort", onEnd);
  try {
    if (scope.closing.aborted) stop.abort();
    return await wait(stop.signal);
  } finally {
    response.off("close", onEnd);
    scope.closing.removeEventListener("abort", onEnd);
  }
}
