/** The feed: what happens, as server-sent events. A reader names the last entry it saw and goes on from there. */
import { z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { FeedEntry } from "../../protocol/feed.ts";
import { createFeedFilter } from "../feed-filter.ts";
import { addRoute, type App } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { openEventStream } from "../sse.ts";
import { FeedStates, FeedTypes, Text } from "./queries.ts";

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
        "and cut off. With filters, only what is about all that they name: `state` of a task or a run, `taskType`, …",
      query: z.strictObject({
        after: Text,
        type: FeedTypes,
        state: FeedStates,
        task: Text,
        run: Text,
        arm: Text,
        taskType: Text,
        schedule: Text,
      }),
      answer: { status: 200, type: "text/event-stream", description: "Events, until one side ends it" },
    },
    ({ query, request, response, principal }) => {
      const header = request.headers["last-event-id"];
      const { after: asked, ...filter } = query;
      const after = typeof header === "string" && header !== "" ? header : asked;
      const wanted = createFeedFilter(engine, filter);
      const stream = openEventStream(response, scope.closing, scope.guard.readingOf(principal));
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
