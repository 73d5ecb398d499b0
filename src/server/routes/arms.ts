/** Arms and quotas: how much of what may run at once. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { ArmSubmission, Owner, QuotaSubmission } from "../../protocol/arm.ts";
import type { HistoryMinutes } from "../../engine/metrics/history.ts";
import { HistoryView } from "../../protocol/history.ts";
import { Name } from "../../protocol/common.ts";
import { parse, show } from "../../protocol/parse.ts";
import { ArmDetail, ArmView, QuotaView } from "../../protocol/views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { Text } from "./queries.ts";

const tag = "arms";

/** What each of the short commands sets. */
const SWITCHES = {
  pause: ["Pause an arm: nothing of it starts, submissions wait", { enabled: false }],
  resume: ["Let a paused arm go on", { enabled: true }],
  drain: ["Drain an arm: it takes nothing new, and what waits still runs", { draining: true }],
  undrain: ["Let a drained arm take new tasks again", { draining: false }],
} as const;

export function addArmRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addHistory(app, scope);
  addChanges(app, scope);
  addQuotas(app, scope);
}

function noArm(name: string): OctopusError {
  return new OctopusError("not_found", `there is no arm ${show(name)}; PUT /api/v1/arms/NAME registers one`);
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/arms",
      tag,
      summary: "List arms",
      answer: { status: 200, schema: z.object({ items: z.array(ArmView) }), description: "Every arm there is" },
    },
    () => json({ items: engine.arms() }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/arms/{name}",
      tag,
      summary: "Show an arm and who holds its slots",
      answer: { status: 200, schema: ArmDetail, description: "The arm" },
      errors: ["not_found"],
    },
    ({ id }) => {
      const arm = engine.arm(id);
      if (arm === undefined) throw noArm(id);
      return json(arm);
    },
  );
}

function addHistory(app: App, { options: { engine } }: ServerScope): void {
  const Minutes = z.enum(["15", "60", "1440"], { error: "must be 15, 60 or 1440" }).default("15");
  addRoute(
    app,
    {
      method: "get",
      path: "/history",
      tag,
      summary: "Show what went through arms over time",
      description:
        "For the last 15 minutes in steps of 10 seconds, for an hour in minutes, for a day in quarters of an hour. In columns, " +
        "oldest first; null where nothing is known. Kept in memory: it begins with the server, and an arm with its first task. Of more than a hundred arms those are left " +
        "out in which nothing happened, and of more than 250 others the least busy stand as one in `others`, unless one is asked for.",
      query: z.strictObject({ minutes: Minutes, arm: Text }),
      answer: { status: 200, schema: HistoryView, description: "By arm" },
    },
    ({ query: { minutes, arm } }) => json(engine.history(Number(minutes) as HistoryMinutes, arm)),
  );
}

function addChanges(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "put",
      path: "/arms/{name}",
      role: "operator",
      arms: "arm",
      tag,
      summary: "Register an arm, or change one",
      description: "What is left out stays as it is; null is the default.",
      body: ArmSubmission,
      answer: { status: 200, schema: ArmView, description: "The arm as it is now" },
    },
    async ({ id, body }) => json(await engine.configureArm(parse(Name, id, "name"), body)),
  );
  for (const [word, [summary, change]] of Object.entries(SWITCHES)) {
    addRoute(
      app,
      {
        method: "post",
        path: `/arms/{name}/${word}`,
        role: "operator",
        arms: "arm",
        tag,
        summary,
        answer: { status: 200, schema: ArmView, description: "The arm as it is now" },
        errors: ["not_found"],
      },
      async ({ id }) => {
        // A name that is misspelled must not become an arm.
        if (engine.arm(id) === undefined) throw noArm(id);
        return json(await engine.configureArm(id, change));
      },
    );
  }
  addRoute(
    app,
    {
      method: "delete",
      path: "/arms/{name}",
      role: "operator",
      arms: "arm",
      tag,
      summary: "Remove an arm that holds no tasks and is none of the built-in ones",
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found", "conflict"],
    },
    async ({ id }) => {
      await engine.removeArm(id);
      return new Response(null, { status: 204 });
    },
  );
}

function addQuotas(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/quotas",
      tag,
      summary: "List quotas and what is used of them",
      answer: { status: 200, schema: z.object({ items: z.array(QuotaView) }), description: "Every quota" },
    },
    () => json({ items: engine.quotas() }),
  );
  addRoute(
    app,
    {
      method: "put",
      path: "/quotas/{owner}",
      role: "operator",
      tag,
      summary: "Set what an owner may use",
      description: "What is left out has no limit. `*` is every owner without a quota of its own.",
      body: QuotaSubmission,
      answer: { status: 200, schema: QuotaView, description: "The quota as it is now" },
    },
    async ({ id, body }) => json(await engine.setQuota(parse(Owner, id, "owner"), body)),
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/quotas/{owner}",
      role: "operator",
      tag,
      summary: "Remove a quota",
      answer: { status: 204, description: "The owner is bound by the quota of * alone, if there is one" },
      errors: ["not_found"],
    },
    async ({ id }) => {
      await engine.removeQuota(id);
      return new Response(null, { status: 204 });
    },
  );
}
