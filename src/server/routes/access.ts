/** Tokens and the audit log. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { AuditView, TokenCreatedView, TokenSubmission, TokenView } from "../../protocol/access.ts";
import { show } from "../../protocol/parse.ts";
import { auditOfAll } from "../forward/audit-of-all.ts";
import { forwardedOf } from "../forward/forwarded.ts";
import { createToken, tokenView } from "../access/new-token.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined, Limit, Moment, Text } from "./queries.ts";

const tag = "access";
const AUDIT_PAGE = 100;
const AuditCursor = z
  .string()
  .regex(/^(?:\d{1,15}|all\.[\w-]{1,4000})$/, { error: "must be what a page before gave as next" })
  .optional();

export function addAccessRoutes(app: App, scope: ServerScope): void {
  addTokenReads(app, scope);
  addTokenChanges(app, scope);
  addAudit(app, scope);
}

function viewOf({ guard, options: { engine } }: ServerScope, id: string): TokenView {
  const token = engine.access.token(id);
  if (token === undefined) throw new OctopusError("not_found", `there is no token ${show(id)}`);
  return tokenView(token, guard.lastUse(id), Date.now());
}

function addTokenReads(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/tokens",
      role: "admin",
      tag,
      summary: "List tokens, newest first",
      description: "Those that were revoked stay known. Of none the secret is kept.",
      answer: { status: 200, schema: z.object({ items: z.array(TokenView) }), description: "Every token" },
    },
    () => {
      const tokens = scope.options.engine.access.tokens().toSorted((a, b) => b.createdAt - a.createdAt);
      return json({ items: tokens.map(({ token }) => viewOf(scope, token)) });
    },
  );
}

function addTokenChanges(app: App, scope: ServerScope): void {
  const { engine, tls } = scope.options;
  addRoute(
    app,
    {
      method: "post",
      path: "/tokens",
      role: "admin",
      tag,
      summary: "Make a token",
      description: "The answer is the only place where its secret is ever shown.",
      body: TokenSubmission,
      answer: { status: 201, schema: TokenCreatedView, description: "The token with its secret" },
      errors: ["storage_full", "storage_failed"],
    },
    async ({ body, principal }) => {
      // Whoever joins a cluster may find this server gone.
      const urls = [...new Set([...scope.urls(), ...scope.clusterUrls()])];
      const meeting = { urls, ...(tls && { fingerprint: tls.fingerprint }) };
      const { id, ...secrets } = await createToken(engine.access, body, {
        by: principal.who,
        now: Date.now(),
        meeting,
      });
      const location = `${scope.prefix}${BASE}/tokens/${id}`;
      return json({ ...viewOf(scope, id), ...secrets, ...meeting }, 201, { location, "cache-control": "no-store" });
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/tokens/{id}/revoke",
      role: "admin",
      tag,
      summary: "Make a token useless from now on",
      description: "Connections of workers and streams of events that were opened with it are ended.",
      answer: { status: 200, schema: TokenView, description: "The token as it is now" },
      errors: ["not_found"],
    },
    async ({ id }) => {
      await engine.access.revokeToken(id);
      scope.guard.revoked();
      return json(viewOf(scope, id));
    },
  );
}

function addAudit(app: App, scope: ServerScope): void {
  const audit = scope.options.access?.audit;
  addRoute(
    app,
    {
      method: "get",
      path: "/audit",
      role: "admin",
      tag,
      summary: "List what was done and what was refused, newest first",
      description:
        "`action` may be the first word alone: `token` is `token.create` and the like. In a cluster each server keeps the " +
        "rows of what it was asked: they are shown together, and `missing` names servers that did not answer.",
      query: z.strictObject({
        who: Text,
        action: Text,
        outcome: z.enum(["done", "refused", "failed"]).optional(),
        from: Moment,
        to: Moment,
        limit: Limit,
        cursor: AuditCursor,
      }),
      answer: {
        status: 200,
        schema: z.object({
          items: z.array(AuditView),
          next: z.string().optional(),
          missing: z.array(z.string()).optional(),
        }),
        description: "A page of the audit log",
      },
    },
    async ({ query, request }) => {
      if (audit === undefined) return json({ items: [] });
      scope.audit.settle();
      const { cluster } = scope.options;
      const filter = defined(query);
      const { front } = scope;
      if (cluster === undefined || front === undefined || forwardedOf(request) !== undefined)
        return json(audit.read(filter));
      const { limit = AUDIT_PAGE, cursor, ...rest } = filter;
      const own = (from: string | undefined) =>
        audit.read({ ...rest, limit, ...(from !== undefined && { cursor: from }) });
      const forwarded = front.forwarded(request);
      return json(await auditOfAll({ cluster, prefix: scope.prefix, request, forwarded, limit, cursor, own }));
    },
  );
}
