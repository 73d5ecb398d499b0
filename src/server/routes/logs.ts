/** Output of tasks: by the page, as a stream that follows, and as the bytes that were printed. */
import { z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import { LogFound, LogPage } from "../../protocol/log-views.ts";
import type { LogLine } from "../../protocol/views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { openEventStream } from "../sse.ts";
import { followLog, type LogPosition } from "../follow-log.ts";
import { watchLogs } from "../watch-logs.ts";
import { defined, wholeNumber } from "./queries.ts";
import { noTask } from "./tasks.ts";

const tag = "output";
const Attempt = wholeNumber(1, 1_000_000).optional();
const After = wholeNumber(0, Number.MAX_SAFE_INTEGER).optional();
const Line = wholeNumber(1, Number.MAX_SAFE_INTEGER).optional();
const PAGE_LINES = 500;
/** Tasks that one stream tells of. */
const WATCHED_MAX = 8;

const LogQuery = z
  .strictObject({
    attempt: Attempt,
    after: After,
    before: Line,
    line: Line,
    tail: wholeNumber(1, 10_000).optional(),
    limit: wholeNumber(1, 10_000).optional(),
    bytes: wholeNumber(1, 16 * 1024 * 1024).optional(),
  })
  .refine(
    ({ after, before, line, tail }) => [after, before, line, tail].filter((value) => value !== undefined).length <= 1,
    { error: "after, before, line and tail do not go together: choose one" },
  );

const TaskList = z
  .string()
  .min(1)
  .max(2000)
  .transform((text) => text.split(","))
  .refine((ids) => ids.length <= WATCHED_MAX, { error: `must name at most ${WATCHED_MAX} tasks` });

export function addLogRoutes(app: App, scope: ServerScope): void {
  addRawLog(app, scope);
  addParts(app, scope);
  addStreams(app, scope);
}

/** Output that is there: by its lines, and by what is looked for. */
function addParts(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/logs",
      tag,
      summary: "Read output",
      description:
        "Pieces of output in their order, with the lines that they begin with: after or before a position (`n` of a " +
        "piece), from a `line` on, or the newest lines (`tail`). `bytes` bounds what comes back, to a megabyte where " +
        "nothing is said and it is asked for by lines or backwards. `joins` says that a piece goes on with a line.",
      query: LogQuery,
      answer: { status: 200, schema: LogPage, description: "A part of the output, and which lines there are" },
    },
    ({ id, query }) => {
      const page = engine.logPage(id, query);
      if (page === undefined) throw noTask(id);
      return json(page);
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/logs/find",
      tag,
      summary: "Look for a text in output",
      description:
        "Lines that hold `text`, or without it those that read like an error. One answer holds at most 500 and looks " +
        "at 64 MB; `next` goes back as `after`. Escape sequences are no part of a line; capitals count with `exact`.",
      query: z.strictObject({
        attempt: Attempt,
        text: z.string().min(1).max(500).optional(),
        exact: z.enum(["true", "false"]).optional(),
        after: After,
        limit: wholeNumber(1, 500).optional(),
      }),
      answer: { status: 200, schema: LogFound, description: "Lines, and where to go on" },
    },
    async ({ id, query, response }) => {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const found = await engine.findInLog(id, { ...query, exact: query.exact === "true" }, gone.signal);
      if (found === undefined) throw noTask(id);
      return json(found);
    },
  );
}

/** Output as it comes, and news that it has. */
function addStreams(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      method: "get",
      path: "/logs/stream",
      tag,
      summary: "Be told when tasks print",
      description:
        "Server-sent events for up to eight tasks: `data` says which lines there are now, at most ten times a second for " +
        "each. What was printed is read with `GET /tasks/{id}/logs`; a reader that shows only the end reads only that.",
      query: z.strictObject({ tasks: TaskList }),
      answer: { status: 200, type: "text/event-stream", description: "Until one side ends it" },
    },
    ({ query, request, response, principal }) => {
      const stream = openEventStream(response, scope.closing, scope.guard.readingOf(principal));
      if (request.method === "HEAD") stream.end();
      else watchLogs(engine, query.tasks, stream);
      return RESPONSE_ALREADY_SENT;
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/logs/stream",
      tag,
      summary: "Follow output",
      description:
        "Server-sent events; `data` is a line of output, `id` goes back as `Last-Event-ID`. Goes on through further " +
        "attempts, and ends with the event `end` when the task has ended; its `data` holds the state.",
      query: z.strictObject({ attempt: Attempt, after: After }),
      answer: { status: 200, type: "text/event-stream", description: "Output, until the task has ended" },
    },
    ({ id, query, request, response, principal }) => {
      const task = engine.task(id);
      if (task === undefined) throw noTask(id);
      const header = request.headers["last-event-id"];
      const start = typeof header === "string" && header !== "" ? positionOf(header) : undefined;
      const stream = openEventStream(response, scope.closing, scope.guard.readingOf(principal));
      if (request.method === "HEAD") stream.end();
      else {
        const attempt = query.attempt ?? Math.max(1, task.attempt);
        followLog(engine, id, start ?? { attempt, after: query.after }, query.attempt !== undefined, stream)
          .catch((error: unknown) => scope.options.log.error({ err: error, task: id }, "a log stream failed"))
          .finally(() => stream.end());
      }
      return RESPONSE_ALREADY_SENT;
    },
  );
}

function addRawLog(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/logs/raw",
      tag,
      summary: "Download output as it was printed",
      query: z.strictObject({ attempt: Attempt }),
      answer: {
        status: 200,
        type: "text/plain",
        description: "The bytes; `application/octet-stream` where they are not text",
      },
    },
    async ({ id, query, request, response }) => {
      const first = engine.logs(id, { ...defined(query), limit: PAGE_LINES });
      if (first === undefined) throw noTask(id);
      const binary = first.some((line) => line.base64 !== undefined);
      const type = binary ? "application/octet-stream" : "text/plain; charset=utf-8";
      response.writeHead(200, { "content-type": type, "x-content-type-options": "nosniff" });
      if (request.method !== "HEAD") {
        await writeAll(
          response,
          first,
          (after, attempt) => engine.logs(id, { attempt, after, limit: PAGE_LINES }) ?? [],
        );
      }
      response.end();
      return RESPONSE_ALREADY_SENT;
    },
  );
}

async function writeAll(
  response: ServerResponse,
  first: LogLine[],
  more: (after: number, attempt: number) => LogLine[],
): Promise<void> {
  for (let lines = first; lines.length > 0 && !response.destroyed;) {
    const bytes = lines.map((line) =>
      Buffer.from(line.base64 ?? line.text ?? "", line.base64 === undefined ? "utf8" : "base64"),
    );
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    response.on("close", onClose);
    if (!response.write(Buffer.concat(bytes))) await once(response, "drain", { signal: gone.signal }).catch(() => {});
    response.off("close", onClose);
    const last = lines.at(-1)!;
    lines = more(last.n, last.attempt);
  }
}

/** `2-17`: after position 17 of attempt 2. */
function positionOf(text: string): LogPosition {
  const match = /^(\d{1,7})-(\d{1,15})$/.exec(text);
  if (match) return { attempt: Number(match[1]), after: Number(match[2]) };
  const issue = {
    path: "Last-Event-ID",
    message: `must be an id of this stream such as 1-42, not ${JSON.stringify(text.slice(0, 50))}`,
  };
  throw new OctopusError("invalid", `${issue.path} ${issue.message}`, { issues: [issue] });
}
