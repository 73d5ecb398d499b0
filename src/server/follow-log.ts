/**
 * Follows the output of a task to its end. Pulls a page, sends it, waits for the reader, pulls the next: what waits in
 * memory for a reader is one page however fast the task prints.
 */
import { isEnded } from "../base/words.ts";
import type { EngineApi } from "../engine/api.ts";
import type { EventStream } from "./sse.ts";

const PAGE_LINES = 500;

/** The end is asked for again after this time, in case that the engine bounds its waits. */
const END_WAIT_MS = 3_600_000;

export interface LogPosition {
  attempt: number;
  /** Absent: from the beginning of the attempt. */
  after?: number | undefined;
}

/** Sends everything after `start`, then what comes, until the task (or, with `oneAttempt`, the attempt) has ended. */
export async function followLog(
  engine: EngineApi,
  id: string,
  start: LogPosition,
  oneAttempt: boolean,
  stream: EventStream,
): Promise<void> {
  let { attempt, after } = start;
  let wake = (): void => {};
  let stirred = false;
  const stir = (): void => {
    stirred = true;
    wake();
  };
  const stopWatching = engine.watchLogs(id, stir);
  stream.signal.addEventListener("abort", stir);
  watchEnd(engine, id, stream.signal, stir);
  try {
    while (!stream.signal.aborted) {
      for (let wait = engine.settled(); wait !== undefined; wait = engine.settled()) await wait;
      stirred = false;
      // The state is read before the output: what an ended task printed is all there.
      const task = engine.task(id);
      const lines = engine.logs(id, { attempt, limit: PAGE_LINES, ...(after === undefined ? {} : { after }) });
      if (task === undefined || lines === undefined) return stream.send({ event: "end", data: '{"state":"deleted"}' });
      for (const line of lines) stream.send({ id: `${line.attempt}-${line.n}`, data: JSON.stringify(line) });
      if (lines.length > 0) {
        after = lines.at(-1)!.n;
        await stream.drained();
      } else if (task.attempt > attempt && !oneAttempt) {
        attempt++;
        after = undefined;
      } else if (isEnded(task.state) || task.attempt > attempt) {
        return stream.send({ event: "end", data: JSON.stringify({ state: task.state, attempt: task.attempt }) });
      } else if (!stirred) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stopWatching();
    stream.signal.removeEventListener("abort", stir);
  }
}

/** Calls back when the task has ended. */
function watchEnd(engine: EngineApi, id: string, signal: AbortSignal, callback: () => void): void {
  engine.waitTask(id, END_WAIT_MS, signal).then(
    (task) => {
      callback();
      if (!signal.aborted && task !== undefined && !isEnded(task.state)) watchEnd(engine, id, signal, callback);
    },
    // The wait was stopped, or the engine is closing: the stream is ended from there.
    callback,
  );
}
