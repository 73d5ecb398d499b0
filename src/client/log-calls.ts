/** Output of tasks by its lines, for screens; `Client.logs` reads it from the beginning to the end. */
import type { LogExtent, LogFound, LogPage, LogPart, LogSearch } from "../protocol/log-views.ts";
import { type QueryValue, segment, withQuery } from "./query.ts";
import { RunCalls } from "./run-calls.ts";

export class LogCalls extends RunCalls {
  logPart(id: string, part: LogPart = {}, signal?: AbortSignal): Promise<LogPage> {
    return this.get(withQuery(`/tasks/${segment(id)}/logs`, part as Record<string, QueryValue>), signal);
  }

  /** The newest lines. */
  logTail(id: string, lines: number, options: { attempt?: number; signal?: AbortSignal } = {}): Promise<LogPage> {
    return this.logPart(id, { tail: lines, attempt: options.attempt }, options.signal);
  }

  /** Lines that hold a text, as far as one request looks; `next` goes on. */
  findInLog(id: string, search: LogSearch, signal?: AbortSignal): Promise<LogFound> {
    return this.get(withQuery(`/tasks/${segment(id)}/logs/find`, search as Record<string, QueryValue>), signal);
  }

  /** Which lines these tasks have printed, told again when they print; goes on until the signal aborts. */
  async *logNews(ids: readonly string[], signal?: AbortSignal): AsyncGenerator<{ id: string } & LogExtent> {
    for await (const { data } of this.follow(withQuery("/logs/stream", { tasks: ids.join(",") }), { signal }))
      yield JSON.parse(data) as { id: string } & LogExtent;
  }
}
