/**
 * An executor that is made for its first attempt: a worker that never runs a kind of task keeps nothing of it in memory.
 * For kinds that every worker can do; one that has something to say of itself before that has a file of its own.
 */
import type { TaskKind } from "../../base/words.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import { stoppedOutcome } from "./stopped.ts";

type Distributed = Parameters<NonNullable<Executor["plugins"]>>;

export function whenNeeded(kind: TaskKind, make: () => Promise<Executor>): Executor {
  let made: Executor | undefined;
  let newest: Distributed | undefined;
  const get = once(async () => {
    const executor = await make();
    if (newest !== undefined) executor.plugins?.(...newest);
    made = executor;
    return executor;
  });
  const first = async (context: AttemptContext): Promise<AttemptReport> => {
    const executor = await get();
    // It may have been told to stop while its executor was loaded.
    return context.signal.aborted ? { outcome: stoppedOutcome(context.signal) } : executor.execute(context);
  };
  return {
    kind,
    // Not async: functions run by the hundred thousand a second, and each promise between costs.
    execute: (context) => (made === undefined ? first(context) : made.execute(context)),
    plugins(...distributed) {
      newest = distributed;
      made?.plugins?.(...distributed);
    },
    close: async () => made?.close?.(),
  };
}

/** Makes it once; what failed is tried again by whoever asks next. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
