/** Looks for what a picture of a run needs beside the run: the runs inside it, and why nothing of it goes on. */
import { isEnded } from "../base/words.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { type Beside, isAsked } from "../view/run-words.ts";
import type { RunSource } from "./run-source.ts";

/** A task that waits is asked why only after this time, and so often. */
const PATIENCE_MS = 1500;
const ASKED_MAX = 3;

/** What is found is only said: a question that is refused costs the picture nothing. */
export function createBeside(source: RunSource): (run: RunDetail) => Promise<Beside> {
  let waits: Map<string, string> | undefined;
  let askedAt = 0;
  return async (run) => {
    const holds = run.tasks.some((task) => task.subRun !== undefined && !isEnded(task.state));
    const nested = holds ? await source.runsIn(run.id).catch(() => []) : [];
    const still = stillWaiting(run);
    if (still.length === 0) waits = undefined;
    else if (performance.now() - askedAt > PATIENCE_MS) {
      askedAt = performance.now();
      waits = new Map();
      for (const id of still) waits.set(id, await source.explain(id).catch(() => ""));
    }
    return { nested: new Map(nested.map((one) => [one.id, one])), waits };
  };
}

/** Tasks that are worth asking about: nothing of the run is under way, and these have been ready for a while. */
function stillWaiting(run: RunDetail): string[] {
  if (run.endedAt !== undefined || run.tasks.some(({ state }) => state === "running")) return [];
  const since = Date.now() - PATIENCE_MS;
  return run.tasks
    .filter((task) => task.state === "queued" && !isAsked(task) && Date.parse(task.readyAt ?? run.createdAt) < since)
    .slice(0, ASKED_MAX)
    .map(({ id }) => id);
}
