/** The cluster: its servers, who leads, and what an operator may ask of it. A server that stands alone says so. */
import { OctopusError } from "../../base/errors.ts";
import { ClusterView, SnapshotView } from "../../protocol/cluster-view.ts";
import type { ClusterDoor } from "../cluster-door.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const tag = "cluster";

export function addClusterRoutes(app: App, scope: ServerScope): void {
  const door = (): ClusterDoor => {
    const { cluster } = scope.options;
    if (cluster !== undefined) return cluster;
    throw new OctopusError("not_found", "this server stands alone: --nats or --journal makes it one of a cluster");
  };
  addRoute(
    app,
    {
      method: "get",
      path: "/cluster",
      tag,
      summary: "Show the cluster as this server sees it",
      answer: { status: 200, schema: ClusterView, description: "Servers, who leads, how far each is, durability" },
      errors: ["not_found"],
    },
    async () => json(await door().view()),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/cluster/step-down",
      tag,
      action: "cluster.step-down",
      summary: "Let another server lead",
      description:
        "Work goes on; what was asked in that moment is answered by the next leader, or refused as retryable.",
      answer: { status: 200, schema: ClusterView, description: "The cluster after it" },
      errors: ["not_found", "conflict"],
    },
    async () => {
      await door().stepDown();
      return json(await door().view());
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/cluster/snapshot",
      tag,
      action: "cluster.snapshot",
      summary: "Copy the tables of this server to where every server finds them",
      answer: { status: 201, schema: SnapshotView, description: "The snapshot" },
      errors: ["not_found", "storage_failed", "storage_full"],
    },
    async () => json(await door().snapshot(), 201),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/cluster/repair",
      tag,
      action: "cluster.repair",
      summary: "Go on without servers that are not coming back",
      description:
        "When the log has lost its end, the server that had applied most puts its state back, and nobody leads before it is " +
        "there. This says that it will not be: what it alone had applied is given up.",
      answer: { status: 202, schema: ClusterView, description: "The cluster; somebody leads it soon" },
      errors: ["not_found"],
    },
    async () => {
      door().repair();
      return json(await door().view(), 202);
    },
  );
}
