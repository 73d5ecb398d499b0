/** Workers: what they are and use, what people want of them, and who waits to be let in. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { parseSelector } from "../../protocol/selector.ts";
import { show, suggestKeys } from "../../protocol/parse.ts";
import { UsageHistory, WaitingWorkerView, WorkerDetail, WorkerView } from "../../protocol/worker-views.ts";
import { keyFingerprint } from "../join/challenge.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { pageByName, PageByName } from "./by-name.ts";
import { wholeNumber, WorkerStates } from "./queries.ts";

const tag = "workers";

suggestKeys(["session", "key"]);

const KeyChoice = z.strictObject({
  /** The key, or its fingerprint, where that is not plain. */
  key: z.string().min(1).max(200).optional(),
});

/** In the query as one line: `gpu, zone in (attic, cellar)`. */
const Labels = z
  .string()
  .max(4000)
  .transform((text, context) => {
    const terms = parseSelector(text);
    if (typeof terms !== "string") return terms;
    context.addIssue({ code: "custom", message: terms });
    return z.NEVER;
  })
  .optional();

export function addWorkerRoutes(app: App, scope: ServerScope): void {
  // Before `/workers/{name}`, which would take it for a name.
  addJoining(app, scope);
  addReads(app, scope);
  addUsages(app, scope);
  addCommands(app, scope);
  addBeat(app, scope);
}

function noWorker(name: string): OctopusError {
  return new OctopusError("not_found", `there is no worker ${show(name)}: none of this name was ever here`);
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  const { fleet } = engine;
  addRoute(
    app,
    {
      method: "get",
      path: "/workers",
      tag,
      summary: "List workers",
      description:
        "With `limit`, or `after` a name, by their names a page at a time: `next` is what the next is `after`.",
      query: z.object({ state: WorkerStates, labels: Labels, ...PageByName }),
      answer: {
        status: 200,
        schema: z.object({ items: z.array(WorkerView), next: z.string().optional() }),
        description: "Every worker that was ever here and was not removed",
      },
    },
    ({ query: { limit, after, ...query } }) => json(pageByName(fleet.workers(query), { limit, after })),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workers/{name}",
      tag,
      summary: "Show a worker, with what runs there",
      answer: { status: 200, schema: WorkerDetail, description: "The worker" },
      errors: ["not_found"],
    },
    ({ id }) => {
      const worker = fleet.worker(id);
      if (worker === undefined) throw noWorker(id);
      return json({ ...worker, keys: worker.keys.map((one) => ({ ...one, fingerprint: keyFingerprint(one.key) })) });
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workers/{name}/usage",
      tag,
      summary: "Show what a worker used over time",
      description: "In columns, oldest first; null where nothing is known. Kept in memory: it begins with the server.",
      query: z.object({ span: z.enum(["hour", "day"]).default("hour") }),
      answer: { status: 200, schema: UsageHistory, description: "Its usage" },
      errors: ["not_found"],
    },
    ({ id, query: { span } }) => {
      const usage = fleet.usage(id, span);
      if (usage !== undefined) return json(usage);
      if (fleet.worker(id) === undefined) throw noWorker(id);
      throw new OctopusError("not_found", `worker ${show(id)} has said nothing of its usage since the server started`);
    },
  );
}

/** What many workers used, for a picture of each in a list. */
function addUsages(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/usage",
      tag,
      summary: "Show what workers used over time, in few points each",
      description: "`workers`: names with commas between them. Workers of which nothing is known are left out.",
      query: z.object({
        span: z.enum(["hour", "day"]).default("hour"),
        points: wholeNumber(2, 360).default(60),
        workers: z
          .string()
          .min(1)
          .max(20_000)
          .transform((text) => text.split(","))
          .optional(),
      }),
      answer: {
        status: 200,
        schema: z.object({ items: z.array(UsageHistory) }),
        description: "The usage of each, in columns, oldest first",
      },
    },
    ({ query: { span, points, workers } }) => json({ items: engine.fleet.usages(span, points, workers) }),
  );
}

function addCommands(app: App, { options: { engine } }: ServerScope): void {
  const { fleet } = engine;
  const changes = [
    ["drain", "Drain a worker: what it runs may end, and it gets nothing new, also after it came back", fleet.drain],
    ["resume", "Let a drained worker take work again", fleet.resume],
  ] as const;
  for (const [word, summary, change] of changes) {
    addRoute(
      app,
      {
        method: "post",
        path: `/workers/{name}/${word}`,
        role: "operator",
        tag,
        summary,
        answer: { status: 200, schema: WorkerView, description: "The worker" },
        errors: ["not_found", "storage_full", "storage_failed"],
      },
      async ({ id }) => json(await change.call(fleet, id)),
    );
  }
  addRoute(
    app,
    {
      method: "delete",
      path: "/workers/{name}",
      role: "admin",
      tag,
      summary: "Take a worker that is gone off the list, with its keys",
      answer: { status: 204, description: "It is not known any more" },
      errors: ["not_found", "conflict", "storage_full", "storage_failed"],
    },
    async ({ id }) => {
      await fleet.forget(id);
      return new Response(null, { status: 204 });
    },
  );
}

function addJoining(app: App, { waiting }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/workers/waiting",
      tag,
      summary: "List workers without a token that wait to be let in",
      answer: { status: 200, schema: z.object({ items: z.array(WaitingWorkerView) }), description: "Those who wait" },
    },
    () => json({ items: waiting.list() }),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/workers/{name}/approve",
      role: "operator",
      tag,
      summary: "Let a worker in that waits",
      description: "From now on whoever has its key is the worker of this name.",
      body: KeyChoice,
      answer: {
        status: 200,
        schema: z.object({ name: z.string(), key: z.string(), fingerprint: z.string() }),
        description: "The key that is trusted",
      },
      errors: ["not_found", "conflict", "storage_full", "storage_failed"],
    },
    async ({ id, body, principal }) => {
      const key = await waiting.approve(id, body.key, principal.who);
      return json({ name: id, key, fingerprint: keyFingerprint(key) });
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/workers/{name}/deny",
      role: "operator",
      tag,
      summary: "Turn a worker away that waits, or take the right from one that was let in",
      body: KeyChoice,
      answer: {
        status: 200,
        schema: z.object({ name: z.string(), fingerprints: z.array(z.string()) }),
        description: "The keys that are turned away",
      },
      errors: ["not_found", "storage_full", "storage_failed"],
    },
    async ({ id, body }) => {
      const keys = await waiting.deny(id, body.key);
      return json({ name: id, fingerprints: keys.map(keyFingerprint) });
    },
  );
}

function addBeat(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/workers/{name}/beat",
      role: "worker",
      audit: false,
      tag,
      summary: "Say that a connected worker lives, though its own loop may be busy",
      body: z.strictObject({ session: z.string().min(1).max(100) }),
      answer: { status: 204, description: "Noted" },
      errors: ["not_found"],
    },
    ({ id, body, principal }) => {
      if (principal.worker !== undefined && principal.worker !== id)
        throw new OctopusError("forbidden", `this token is for worker ${principal.worker}, not for ${show(id)}`);
      if (engine.beat(id, body.session)) return new Response(null, { status: 204 });
      throw new OctopusError("not_found", `worker ${show(id)} has no session ${show(body.session)}`);
    },
  );
}
