/** Counts who listens to an engine, so that a test sees that nobody was forgotten. */
import type { EngineApi } from "../../engine/api.ts";
import type { FeedEntry } from "../../protocol/feed.ts";

export interface Listeners {
  /** How many are subscribed to anything, or wait for an end, now. */
  count(): number;
  /** Tells the listeners of the feed, as if the engine had. */
  tell(entries: FeedEntry[]): void;
}

export function watchListeners(engine: EngineApi): Listeners {
  const feed = new Set<(entries: FeedEntry[]) => void>();
  let others = 0;
  const { subscribe, watchLogs, waitTask, waitRun } = engine;
  engine.subscribe = (lastId, listener) => {
    feed.add(listener);
    const stop = subscribe.call(engine, lastId, listener);
    return () => {
      feed.delete(listener);
      stop();
    };
  };
  engine.watchLogs = (id, listener) => {
    others++;
    const stop = watchLogs.call(engine, id, listener);
    let isOver = false;
    return () => {
      if (!isOver) others--;
      isOver = true;
      stop();
    };
  };
  const counted = async <T>(waiting: Promise<T>): Promise<T> => {
    others++;
    return waiting.finally(() => void others--);
  };
  engine.waitTask = (...args) => counted(waitTask.apply(engine, args));
  engine.waitRun = (...args) => counted(waitRun.apply(engine, args));
  return {
    count: () => feed.size + others,
    tell: (entries) => {
      for (const listener of [...feed]) listener(entries);
    },
  };
}
