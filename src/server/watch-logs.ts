/**
 * Tells a reader that tasks have printed, and which lines there are; never what. However fast a task prints, its reader is
 * told at most ten times a second, and reads what it shows.
 */
import type { EngineApi } from "../engine/api.ts";
import type { EventStream } from "./sse.ts";

const PAUSE_MS = 100;

export function watchLogs(engine: EngineApi, ids: readonly string[], stream: EventStream): void {
  for (const id of ids) watchOne(engine, id, stream);
}

function watchOne(engine: EngineApi, id: string, stream: EventStream): void {
  let timer: NodeJS.Timeout | undefined;
  let isStirred = false;
  const tell = (): void => {
    // A reader that is slow learns the newest once it has room; what is between does not matter.
    if (!stream.hasRoom()) {
      isStirred = true;
      timer = setTimeout(next, PAUSE_MS);
      return;
    }
    isStirred = false;
    const extent = engine.logExtent(id);
    const data = extent === undefined ? { id, isGone: true } : { id, ...extent };
    stream.send({ data: JSON.stringify(data) });
    if (extent !== undefined) timer = setTimeout(next, PAUSE_MS);
  };
  const next = (): void => {
    timer = undefined;
    if (isStirred) tell();
  };
  const stop = engine.watchLogs(id, () => {
    if (timer === undefined) tell();
    else isStirred = true;
  });
  stream.signal.addEventListener("abort", () => {
    stop();
    clearTimeout(timer);
  });
  if (stream.signal.aborted) stop();
  else tell();
}
