/** Watches a run: its newest picture whenever something about it has changed, until it has ended. */
import { OctopusError } from "../base/errors.ts";
import type { RunDetail } from "../protocol/views.ts";
import type { Client } from "./client.ts";
import { pause } from "./follow.ts";
import { isRunEnded } from "./run-calls.ts";

/** Least time between two pictures, and how many times longer than the picture itself took. */
const SPACING_MS_MIN = 50;
const SPACING_FACTOR = 3;
/** A picture is taken at least this often: a feed that was cut off says nothing. */
const SPACING_MS_MAX = 1000;

/**
 * Pictures of the run. The feed only says *that* something changed, so nothing is missed when it is late or was
 * interrupted. A server that goes away is waited for.
 */
export async function* watchRun(client: Client, id: string, signal?: AbortSignal): AsyncGenerator<RunDetail> {
  const stop = new AbortController();
  let wake = (): void => undefined;
  let hasChanged = false;
  const listen = async (): Promise<void> => {
    for await (const entry of client.feed(undefined, { run: id, signal: stop.signal })) {
      if (entry.event.type === "progress") continue;
      hasChanged = true;
      wake();
    }
  };
  // Without a feed the run is still watched, once a second.
  listen().catch(() => undefined);
  try {
    let isKnown = false;
    for (;;) {
      const started = performance.now();
      hasChanged = false;
      try {
        const run = await client.run(id, { signal });
        isKnown = true;
        yield run;
        if (isRunEnded(run.state)) return;
      } catch (error) {
        if (!isKnown || !(error instanceof OctopusError) || !error.retryable) throw error;
      }
      const took = performance.now() - started;
      await pause(Math.max(SPACING_MS_MIN, took * SPACING_FACTOR), signal);
      if (!hasChanged) {
        const rest = new AbortController();
        wake = () => rest.abort();
        await pause(SPACING_MS_MAX, signal === undefined ? rest.signal : AbortSignal.any([rest.signal, signal]));
        wake = () => undefined;
      }
      if (signal?.aborted) return;
    }
  } finally {
    stop.abort();
  }
}
