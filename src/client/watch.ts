/** Watches a run: its newest picture whenever something about it has changed, until it has ended. */
import { OctopusError } from "../base/errors.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import type { Client } from "./client.ts";
import { pause } from "./follow.ts";
import { isRunEnded } from "./run-calls.ts";

/** Least time between two pictures, and how many times longer than the picture itself took: looking must cost little. */
const SPACING_MS_MIN = 50;
const SPACING_FACTOR = 20;
const SPACING_MS_MAX = 5000;
/** A picture is taken at least this often, where that is not too often: a feed that was cut off says nothing. */
const REST_MS_MAX = 1000;

/** How long to wait after a picture that took so long. */
export function spacingAfter(tookMs: number): number {
  return Math.min(SPACING_MS_MAX, Math.max(SPACING_MS_MIN, tookMs * SPACING_FACTOR));
}

/**
 * Pictures of the run. The feed only says *that* something changed, so nothing is missed when it is late or was
 * interrupted; the end of the run is looked at as soon as it is told of. A server that goes away is waited for.
 */
export async function* watchRun(client: Client, id: string, signal?: AbortSignal): AsyncGenerator<RunDetail> {
  const stop = new AbortController();
  /** Ends the pause that is under way. */
  let wake = new AbortController();
  let hasChanged = false;
  let isOver = false;
  let isSpaced = false;
  const listen = async (): Promise<void> => {
    for await (const { event } of client.feed(undefined, { run: id, signal: stop.signal })) {
      if (event.type === "progress") continue;
      hasChanged = true;
      isOver ||= event.type === "run" && event.id === id && isRunEnded(event.state);
      if (isOver || isSpaced) wake.abort();
    }
  };
  const rest = async (ms: number): Promise<void> => {
    wake = new AbortController();
    await pause(ms, signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal]));
  };
  // Without a feed the run is still watched, once a second.
  listen().catch(() => undefined);
  try {
    let isKnown = false;
    for (;;) {
      const started = performance.now();
      hasChanged = false;
      isSpaced = false;
      isOver = false;
      try {
        const run = await client.run(id, { signal });
        isKnown = true;
        yield run;
        if (isRunEnded(run.state)) return;
      } catch (error) {
        if (!isKnown || !(error instanceof OctopusError) || !error.retryable) throw error;
      }
      if (!isOver) await rest(spacingAfter(performance.now() - started));
      isSpaced = true;
      if (!hasChanged) await rest(REST_MS_MAX);
      if (signal?.aborted) return;
    }
  } finally {
    stop.abort();
  }
}
