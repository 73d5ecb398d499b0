/** The feed: what happens, as server-sent events. A reader names the last entry it saw and goes on from there. */
import { z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { EngineApi } from "../../engine/api.ts";
import type { FeedEntry, FeedEvent } from "../../protocol/feed.ts";
import { addRoute, type App } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { openEventStream } from "../sse.ts";
import { FeedTypes, Text } from "./queries.ts";

/** Tasks whose run is remembered per reader. */
const RUNS_KNOWN_MAX = 10_000;

export function addFeedRoutes(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      method: "get",
      path: "/feed",
      tag: "feed",
      summary: "Follow what happens",
      description:
        "Server-sent events; `data` is a feed event, `id` goes back as `Last-Event-ID` (or `?after=`). An event of " +
        "type `resync` says that something was missed: read the lists again. A reader that is too slow is told so " +
        "and cut off.",
      query: z.strictObject({ after: Text, run: Text, type: FeedTypes }),
      answer: { status: 200, type: "text/event-stream", description: "Events, until one side ends it" },
    },
    ({ query, request, response }) => {
      const header = request.headers["last-event-id"];
      const after = typeof header === "string" && header !== "" ? header : query.after;
      const wanted = createFilter(engine, query.run, query.type);
      const stream = openEventStream(response, scope.closing);
      if (request.method === "HEAD") {
        stream.end();
        return RESPONSE_ALREADY_SENT;
      }
      const send = (entries: FeedEntry[]): void => {
        for (const { id, event } of entries) if (wanted(event)) stream.send({ id, data: JSON.stringify(event) });
        if (stream.hasRoom()) return;
        // No id: the reader comes back with the last one that reached it, and misses nothing that is still held.
        stream.send({ data: JSON.stringify({ type: "resync", at: Date.now() }) });
        stream.end();
      };
      const stop = engine.subscribe(after, send);
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener("abort", stop);
      return RESPONSE_ALREADY_SENT;
    },
  );
}

/** Which events a reader asked for. `resync` is for everybody. */
function createFilter(engine: EngineApi, run?: string, types?: readonly string[]): (event: FeedEvent) => boolean {
  const runOf = new Map<string, string | undefined>();
  /** Progress and deletion do not carry the run; it is looked up once for each task. */
  const lookUp = (id: string): string | undefined => {
    if (runOf.has(id)) return runOf.get(id);
    if (runOf.size >= RUNS_KNOWN_MAX) runOf.clear();
    const found = engine.task(id)?.run;
    runOf.set(id, found);
    return found;
  };
  return (event) => {
    if (event.type === "resync") return true;
    if (types !== undefined && !types.includes(event.type)) return false;
    if (run === undefined) return true;
    switch (event.type) {
      case "task":
        runOf.set(event.id, event.run);
        return event.run === run;
      case "progress":
      case "task_deleted":
        return lookUp(event.id) === run;
      case "run":
        return event.id === run;
      default:
        return false;
    }
  };
}
