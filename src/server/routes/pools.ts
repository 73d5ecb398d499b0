/** Pools of workers: how many there are and should be. What a pool is, the configuration says. */
import { z } from "@hono/zod-openapi";
import { PoolView } from "../../protocol/worker-views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

export function addPoolRoutes(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/pools",
      tag: "system",
      summary: "Show how many workers each pool has and should have",
      description: "`desired` follows from the tasks that wait and from how long their like took.",
      answer: {
        status: 200,
        schema: z.object({ items: z.array(PoolView) }),
        description: "Every pool of the configuration",
      },
    },
    () => json({ items: engine.fleet.pools() }),
  );
}
