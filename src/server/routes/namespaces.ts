/** Namespaces: which there are; made and deleted by admins of `default`. Each one's own API stands below `/ns/NAME`. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { CreatedNamespaceView, NamespaceSubmission, NamespaceView } from "../../protocol/namespace.ts";
import {
  DEFAULT_NAMESPACE,
  NAMESPACE_NAME_MAX,
  namespaceNameFault,
  namespacePrefix,
} from "../../protocol/namespace-name.ts";
import { show } from "../../protocol/parse.ts";
import type { CreatedNamespace, KnownNamespace, NamespaceDoor } from "../namespaces/door.ts";
import { unknownNamespace } from "../namespaces/dispatch.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { Flag } from "./queries.ts";

const tag = "namespaces";

export function addNamespaceRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addChanges(app, scope);
}

export function viewOf<N extends KnownNamespace | CreatedNamespace>(namespace: N): N & { path: string } {
  return { ...namespace, path: namespacePrefix(namespace.name) || "/" };
}

/** Those that there are; in a namespace nobody learns of others. */
function listOf({ options: { namespace, namespaces } }: ServerScope): NamespaceView[] {
  if (namespace !== undefined) throw notHere(namespace.name);
  return (namespaces?.list() ?? [{ name: DEFAULT_NAMESPACE, state: "here" }]).map(viewOf);
}

export function doorOf({ options: { namespace, namespaces } }: ServerScope): NamespaceDoor {
  if (namespace !== undefined) throw notHere(namespace.name);
  if (namespaces !== undefined) return namespaces;
  throw new OctopusError(
    "conflict",
    "this server keeps no namespaces: it is part of a program, or its data is in memory",
  );
}

/** Throws unless a namespace can have this name. */
export function checkNamespaceName(name: string): void {
  const fault = namespaceNameFault(name);
  if (fault === undefined) return;
  const message = `the name ${show(name.slice(0, 2 * NAMESPACE_NAME_MAX))} ${fault}`;
  throw new OctopusError("invalid", message, { issues: [{ path: "name", message }] });
}

function notHere(name: string): OctopusError {
  const message = `namespaces are looked after in default, and not in ${name}: ask ${BASE}/namespaces without /ns/${name}`;
  return new OctopusError("not_found", message);
}

function addReads(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/namespaces",
      tag,
      summary: "List namespaces, `default` first",
      answer: { status: 200, schema: z.object({ items: z.array(NamespaceView) }), description: "Every namespace" },
      errors: ["not_found"],
    },
    () => json({ items: listOf(scope) }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/namespaces/{name}",
      tag,
      summary: "Show a namespace",
      answer: { status: 200, schema: NamespaceView, description: "The namespace" },
      errors: ["not_found", "no_namespace"],
    },
    ({ id }) => {
      const found = listOf(scope).find(({ name }) => name === id);
      if (found === undefined) throw unknownNamespace(id);
      return json(found);
    },
  );
}

function addChanges(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/namespaces",
      tag,
      summary: "Make a namespace",
      description:
        "With data, limits, plugins, tokens and workers of its own. Where tokens are asked for, the answer is the only place " +
        "where its first ones are ever shown.",
      body: NamespaceSubmission,
      answer: { status: 201, schema: CreatedNamespaceView, description: "The namespace, with its first tokens" },
      errors: ["conflict", "not_found", "storage_full", "storage_failed"],
    },
    async ({ body: { name }, principal }) => {
      checkNamespaceName(name);
      const created = await doorOf(scope).create(name, principal.who);
      const location = `${BASE}/namespaces/${name}`;
      return json(viewOf(created), 201, { location, "cache-control": "no-store" });
    },
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/namespaces/{name}",
      tag,
      summary: "Delete a namespace with everything in it",
      description:
        "Refused while tasks in it have not ended, unless `force`. Its workers are sent away. It can be brought back for a " +
        "while: see `/deleted-namespaces`.",
      query: z.strictObject({ force: Flag }),
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found", "no_namespace", "conflict", "storage_failed"],
    },
    async ({ id, query: { force } }) => {
      const door = doorOf(scope);
      if (id === DEFAULT_NAMESPACE) throw new OctopusError("conflict", "default is always there: it cannot be deleted");
      if (!door.list().some(({ name }) => name === id)) throw unknownNamespace(id);
      await door.remove(id, { force: force === true });
      return new Response(null, { status: 204 });
    },
  );
}
