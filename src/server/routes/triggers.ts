/** Triggers: what starts tasks from outside, and what has come of it. Their webhooks are served by `hooks.ts`. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { show } from "../../protocol/parse.ts";
import { TriggerDraft, TriggerTest, TriggerView } from "../../protocol/trigger.ts";
import { addRoute, type App, json } from "../route.ts";
import type { TriggerDoor } from "../options.ts";
import type { ServerScope } from "../scope.ts";

const tag = "triggers";
/** An event may hold the body of a request. */
const EVENT_BYTES_MAX = 4 * 1024 * 1024;

export function addTriggerRoutes(app: App, { options: { triggers } }: ServerScope): void {
  const door = (name: string): TriggerDoor => {
    if (triggers !== undefined) return triggers;
    const why = "this server has none; `triggers` in its configuration makes them";
    throw new OctopusError("not_found", `there is no trigger ${show(name)}: ${why}`);
  };
  addRoute(
    app,
    {
      method: "get",
      path: "/triggers",
      tag,
      summary: "List triggers",
      answer: { status: 200, schema: z.object({ items: z.array(TriggerView) }), description: "All of them, by name" },
    },
    () => json({ items: triggers?.list() ?? [] }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/triggers/{name}",
      tag,
      summary: "Show a trigger: its counts, its last event, its last error",
      answer: { status: 200, schema: TriggerView, description: "The trigger" },
      errors: ["not_found"],
    },
    ({ id }) => json(door(id).show(id)),
  );
  for (const word of ["pause", "resume"] as const) {
    addRoute(
      app,
      {
        method: "post",
        path: `/triggers/{name}/${word}`,
        role: "operator",
        tag,
        summary: word === "pause" ? "Pause a trigger, also over restarts" : "Let a paused trigger go on",
        answer: { status: 200, schema: TriggerView, description: "The trigger as it is now" },
        errors: ["not_found"],
      },
      async ({ id }) => json(await door(id).pause(id, word === "pause")),
    );
  }
  addRoute(
    app,
    {
      method: "post",
      path: "/triggers/{name}/test",
      role: "viewer",
      arms: "free",
      audit: false,
      tag,
      summary: "Show what an event would start, without starting it",
      body: TriggerTest,
      bodyBytes: EVENT_BYTES_MAX,
      answer: { status: 200, schema: TriggerDraft, description: "What it would start" },
      errors: ["not_found"],
    },
    ({ id, body }) => json(door(id).test(id, body.event)),
  );
}
