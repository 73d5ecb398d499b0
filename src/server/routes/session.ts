/** Who asks, and a browser's way in and out: its token goes into a cookie, so that no script of a page ever has it. */
import type { IncomingMessage } from "node:http";
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { type Principal, SessionSubmission, SessionView, SettingView } from "../../protocol/access.ts";
import { addressOf } from "../access/address.ts";
import { type CookieRule, dropCookie, keepCookie } from "../access/cookie.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const tag = "access";
const PATH = "/session";

/** Whoever signs in or out may have a cookie that is no good any more. */
export function isSignInOrOut({ method, url = "" }: IncomingMessage): boolean {
  return (method === "POST" || method === "DELETE") && url.split("?", 1)[0] === BASE + PATH;
}

export function addSessionRoutes(app: App, scope: ServerScope): void {
  addLook(app, scope);
  addSignIn(app, scope);
  addSignOut(app, scope);
  addSettings(app, scope);
}

function viewOf(scope: ServerScope, principal: Principal): SessionView {
  const { guard, operators, options } = scope;
  const { engine, version, namespace, cluster } = options;
  const { who, role, arms } = principal;
  const known = guard.isOn ? engine.access.token(who) : undefined;
  return {
    who: known?.name ?? operators?.nameOf(principal) ?? who,
    ...(known && { token: who }),
    role,
    ...(arms && { arms: [...arms] }),
    ...(namespace && { namespace: namespace.name }),
    ...(namespace && isOperator(scope, principal) && { isOperator: true }),
    ...(cluster && { cluster: cluster.name }),
    isOpen: !guard.isOn,
    version,
  };
}

/** It may look after namespaces. */
function isOperator({ guard, operators }: ServerScope, principal: Principal): boolean {
  return !guard.isOn || operators?.isGood(principal) === true;
}

function addLook(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: PATH,
      tag,
      summary: "Show who asks, and what they may do",
      answer: { status: 200, schema: SessionView, description: "The role and arms of the token that was sent" },
    },
    ({ principal }) => json(viewOf(scope, principal), 200, { "cache-control": "no-store" }),
  );
}

function addSignIn(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: PATH,
      isOpen: true,
      audit: false,
      tag,
      summary: "Sign a browser in",
      description:
        "Answers with a cookie that holds the token, for the pages of this server alone. It is good until the token is " +
        "revoked or expires, the browser signs out, or for 30 days.",
      body: SessionSubmission,
      answer: { status: 200, schema: SessionView, description: "Who that is; the cookie is in Set-Cookie" },
    },
    ({ body, request, principal }) => {
      // Nobody needs a token here, and none is kept.
      if (!scope.guard.isOn) return json(viewOf(scope, principal));
      const who = scope.guard.signIn(request, body.token.trim());
      if (who.role === "worker")
        throw new OctopusError(
          "forbidden",
          "this token is for workers, which see nothing here; `octopus token create --role viewer` makes one for a person",
        );
      scope.audit.done({ who: who.who, address: addressOf(request), action: "session.create" });
      const expiresAt = scope.guard.expiresAt(who);
      const cookie = keepCookie(
        body.token.trim(),
        expiresAt === undefined ? undefined : expiresAt - Date.now(),
        ruleOf(scope, request),
      );
      return json(viewOf(scope, who), 200, { "set-cookie": cookie, "cache-control": "no-store" });
    },
  );
}

function addSignOut(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "delete",
      path: PATH,
      isOpen: true,
      audit: false,
      tag,
      summary: "Sign a browser out",
      description: "Its cookie is forgotten. The token stays good: `POST /tokens/{id}/revoke` ends it.",
      answer: { status: 204, description: "The cookie is gone" },
    },
    ({ request }) => {
      const rule = ruleOf(scope, request);
      const { operators } = scope;
      const rules = [rule];
      // Whoever came as an admin of `default` would still be in.
      if (operators?.bySession(request) !== undefined)
        rules.push({ ...operators.cookieOwner, isSecure: rule.isSecure });
      return new Response(null, { status: 204, headers: rules.map((one) => ["set-cookie", dropCookie(one)]) });
    },
  );
}

/** Behind a proxy that speaks TLS for this server the page still says so. */
function ruleOf({ options: { engine, tls, namespace } }: ServerScope, { headers }: IncomingMessage): CookieRule {
  const isSecure = tls !== undefined || headers.origin?.startsWith("https:") === true;
  return { cluster: engine.access.cluster(), namespace: namespace?.name, isSecure };
}

function addSettings(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/settings",
      role: "admin",
      tag: "system",
      summary: "List the settings of this server, with where each was said",
      description: "What is secret is masked.",
      answer: { status: 200, schema: z.object({ items: z.array(SettingView) }), description: "Every setting" },
    },
    () => json({ items: scope.options.settings?.() ?? [] }),
  );
}
