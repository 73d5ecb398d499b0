/**
 * Files of tasks: what an attempt left, on its way in and on its way out. Both ways a file passes in pieces, so a large
 * one costs no memory.
 */
import { z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { IncomingMessage } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import type { ArtifactSink } from "../../engine/ports.ts";
import { show } from "../../protocol/parse.ts";
import { ArtifactView } from "../../protocol/views.ts";
import { discard, gone, tooLarge } from "../body.ts";
import { answerFile } from "../answer-file.ts";
import { addRoute, type App, document, json, serve } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { wholeNumber } from "./queries.ts";
import { noTask } from "./tasks.ts";

const tag = "artifacts";
const OfAttempt = z.strictObject({ attempt: wholeNumber(1, 1_000_000).optional() });
const ARTIFACTS_PATH = "/artifacts";
const UPLOAD = { method: "put", path: ARTIFACTS_PATH, role: "worker", audit: false } as const;

export function addArtifactRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addReadByContent(app, scope);
  addUpload(app, scope);
}

function addReads(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/artifacts",
      tag,
      summary: "List the files that a task left",
      query: OfAttempt,
      answer: {
        status: 200,
        schema: z.object({ items: z.array(ArtifactView) }),
        description: "Files of the newest attempt that left any",
      },
    },
    ({ id, query }) => {
      const items = engine.artifacts(id, query.attempt);
      if (items === undefined) throw noTask(id);
      return json({ items });
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/artifacts/{path}",
      tag,
      summary: "Download a file that a task left",
      query: OfAttempt,
      answer: { status: 200, type: "application/octet-stream", description: "The bytes, as an attachment" },
    },
    async ({ id, rest, query, request, response }) => {
      const file = engine.readArtifact(id, rest, query.attempt);
      if (file === undefined) throw noArtifact(id, rest, engine.artifacts(id, query.attempt));
      const isWanted = request.method !== "HEAD";
      await answerFile(response, file, { name: rest, isWanted, log: scope.options.log, task: id });
      return RESPONSE_ALREADY_SENT;
    },
  );
}

const HASH_FORM = /^[0-9a-f]{64}$/;

function addReadByContent(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: `${ARTIFACTS_PATH}/{id}`,
      orWorker: true,
      tag,
      summary: "Download a file by the SHA-256 of its content",
      description: "The id is the hash in hex. Workers fetch the files this way that their tasks are given.",
      answer: { status: 200, type: "application/octet-stream", description: "The bytes, as an attachment" },
    },
    async ({ id, request, response }) => {
      // The hash becomes a path: nothing else may.
      const file = HASH_FORM.test(id) ? scope.options.engine.openArtifact(id) : undefined;
      if (file === undefined) throw new OctopusError("not_found", `there is no file with the SHA-256 ${show(id)}`);
      await answerFile(response, file, { name: id, isWanted: request.method !== "HEAD", log: scope.options.log });
      return RESPONSE_ALREADY_SENT;
    },
  );
}

function noArtifact(id: string, path: string, known: readonly ArtifactView[] | undefined): OctopusError {
  if (known === undefined) return noTask(id);
  const paths = known.slice(0, 10).map((one) => one.path);
  const hint = paths.length === 0 ? "it left none" : `it left ${paths.join(", ")}${known.length > 10 ? ", …" : ""}`;
  return new OctopusError("not_found", `the task ${id} has no file ${show(path)}: ${hint}`);
}

function addUpload(app: App, { options: { engine, limits } }: ServerScope): void {
  document(app, {
    ...UPLOAD,
    tag,
    summary: "Hand over a file of an attempt that is about to end",
    description: "The body is the file. Workers do this; the result of the attempt then names the file by its hash.",
    bodyType: "application/octet-stream",
    answer: {
      status: 201,
      schema: z.object({ sha256: z.string(), bytes: z.int() }),
      description: "Kept, and on disk",
    },
    errors: ["storage_full", "storage_failed"],
  });
  serve(app, UPLOAD, async (context) => {
    const request = context.env.incoming;
    const name = Object.keys(context.req.queries())[0];
    if (name !== undefined)
      throw new OctopusError("invalid", `${name} is not a query parameter here: this route takes none`);
    return json(await receiveFile(request, engine.putArtifact(), limits.artifactBytes), 201);
  });
}

/** Writes the body into the sink as it comes, and keeps it; whatever goes wrong, nothing of it stays. */
async function receiveFile(
  request: IncomingMessage,
  sink: ArtifactSink,
  bytesMax: number,
): Promise<{ sha256: string; bytes: number }> {
  try {
    let bytes = 0;
    for await (const chunk of chunksOf(request)) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge("the file", bytesMax);
      sink.write(chunk);
    }
    const { sha256, bytes: kept, shared } = sink.commit();
    await shared?.();
    return { sha256, bytes: kept };
  } catch (error) {
    sink.abort();
    await discard(request);
    throw error;
  }
}

/** The body's pieces; throws when it ends too early. Reading stops while a piece is being written. */
async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    yield* chunks;
  } catch {
    throw gone();
  }
}
