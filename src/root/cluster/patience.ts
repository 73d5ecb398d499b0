/**
 * A start asks again where an answer from what the cluster shares did not come: NATS servers that begin together elect for a
 * while, and a machine where everything starts at once is slow. What is refused for good is told at once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import type { Log } from "../../engine/ports.ts";

const PATIENCE_MS = 60_000;
const AGAIN_MS = 500;

/** What is done may be done twice. */
export async function patiently<T>(log: Log, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const mayCome = error instanceof OctopusError && error.retryable && performance.now() < deadline;
      if (!mayCome) throw error;
      log.warn({ cause: error.message }, "what the cluster shares does not answer; it is asked again");
      await delay(AGAIN_MS);
    }
  }
}
