/** Namespaces that were deleted and are kept for a while: brought back or removed for good by admins of `default`. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { DeletedNamespaceView, NamespaceUndelete, NamespaceView } from "../../protocol/namespace.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { checkNamespaceName, doorOf, viewOf } from "./namespaces.ts";

const tag = "namespaces";

export function addDeletedNamespaceRoutes(app: App, scope: ServerScope): void {
  const keptOf = async (id: string): Promise<DeletedNamespaceView> => {
    const found = (await doorOf(scope).deleted()).find((one) => one.id === id);
    if (found !== undefined) return found;
    const hint = "`octopus namespace list --deleted` lists what is";
    throw new OctopusError("not_found", `nothing is kept of a deleted namespace ${JSON.stringify(id)}; ${hint}`);
  };
  addRoute(
    app,
    {
      method: "get",
      path: "/deleted-namespaces",
      tag,
      summary: "List deleted namespaces that can be brought back, the newest first",
      answer: {
        status: 200,
        schema: z.object({ items: z.array(DeletedNamespaceView) }),
        description: "What is kept of deleted namespaces",
      },
      errors: ["not_found", "conflict", "not_ready"],
    },
    async () => json({ items: await doorOf(scope).deleted() }),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/deleted-namespaces/{id}/undelete",
      tag,
      summary: "Bring a deleted namespace back",
      description:
        "With all that it had when it was deleted, tokens included; tasks that were not done go on. In a cluster the output " +
        "of its tasks is gone. Refused while there is a namespace of the name.",
      body: NamespaceUndelete,
      answer: { status: 201, schema: NamespaceView, description: "The namespace" },
      errors: ["conflict", "not_found", "not_ready", "storage_full", "storage_failed"],
    },
    async ({ id, body, principal }) => {
      const deleted = await keptOf(id);
      const { name = deleted.name } = body;
      checkNamespaceName(name);
      const door = doorOf(scope);
      if (door.list().some((one) => one.name === name)) {
        const words = `there is a namespace ${name}: bring the deleted one back under another name (--as), or delete that one`;
        throw new OctopusError("conflict", words);
      }
      const namespace = await door.undelete(id, name, principal.who);
      return json(viewOf(namespace), 201, { location: `${BASE}/namespaces/${name}` });
    },
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/deleted-namespaces/{id}",
      tag,
      summary: "Remove for good what is kept of a deleted namespace",
      answer: { status: 204, description: "It is gone" },
      errors: ["conflict", "not_found", "not_ready", "storage_failed"],
    },
    async ({ id }) => {
      await keptOf(id);
      await doorOf(scope).purge(id);
      return new Response(null, { status: 204 });
    },
  );
}
