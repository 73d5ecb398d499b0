/** Every route of the API has a role, and keeps it: each is asked as each role, and as nobody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCESS_ROLES } from "../../base/words.ts";
import { mayDo } from "./roles.ts";
import { startWithAccess } from "./testing.ts";

/** What only an admin may. A route that says nothing lands here, so a new one must be put here by hand or get a role. */
const FOR_ADMINS = [
  "get /api/v1/audit",
  "get /api/v1/tokens",
  "post /api/v1/backup",
  "post /api/v1/cluster/repair",
  "post /api/v1/cluster/snapshot",
  "post /api/v1/cluster/step-down",
  "get /api/v1/settings",
  "post /api/v1/namespaces",
  "post /api/v1/deleted-namespaces/{id}/undelete",
  "post /api/v1/tokens",
  "post /api/v1/tokens/{id}/revoke",
  "delete /api/v1/workers/{name}",
  "put /api/v1/plugins/{name}",
  "delete /api/v1/namespaces/{name}",
  "delete /api/v1/deleted-namespaces/{id}",
  "delete /api/v1/plugins/{name}",
];

test("every route of the API asks for its role", async () => {
  await using server = await startWithAccess({ refusals: { limit: 1_000_000, perMs: 1, burst: 1_000_000 } });
  const tokens = Object.fromEntries(
    await Promise.all(ACCESS_ROLES.map(async (role) => [role, (await server.token(role)).secret] as const)),
  );
  const { body: description } = await server.as(tokens["viewer"], "GET", "/openapi.json");
  const admins: string[] = [];
  let routes = 0;
  for (const [path, methods] of Object.entries(description.paths as Record<string, Record<string, object>>)) {
    for (const [method, route] of Object.entries(methods)) {
      routes++;
      const [needed, orWorker] = (route as Record<string, string>)["x-octopus-role"]!.split(" or ");
      if (needed === "anybody") continue;
      if (needed === "admin") admins.push(`${method} ${path}`);
      // A stream would not end: whether it may be asked is told by the same rule.
      const verb = method === "get" && /feed|stream/.test(path) ? "HEAD" : method.toUpperCase();
      const asked = path.replace(/\{\w+\}/g, "nothing").replace("/artifacts/nothing", `/artifacts/${"0".repeat(64)}`);
      const body = method === "get" || method === "delete" ? undefined : {};
      assert.equal((await server.as(undefined, verb, asked, body)).status, 401, `${method} ${path} as nobody`);
      for (const role of ACCESS_ROLES) {
        const { status } = await server.as(tokens[role], verb, asked, body);
        const may =
          mayDo(role, needed as (typeof ACCESS_ROLES)[number]) || (role === "worker" && orWorker !== undefined);
        assert.equal(status !== 403 && status !== 401, may, `${method} ${path} as ${role}: ${status}`);
      }
    }
  }
  assert.ok(routes > 60, `${routes} routes`);
  assert.deepEqual(admins.toSorted(), FOR_ADMINS.toSorted());
});
