/** The cluster that a server is one of. */
import type { ClusterView, SnapshotView } from "../protocol/cluster-view.ts";
import { AccessCalls } from "./access-calls.ts";

export class ClusterCalls extends AccessCalls {
  /** As the server that is asked sees it; `not_found` when that stands alone. */
  cluster(): Promise<ClusterView> {
    return this.get("/cluster");
  }

  /** Lets another server lead. */
  stepDown(): Promise<ClusterView> {
    return this.send("POST", "/cluster/step-down", {});
  }

  /** Says that servers which had applied more than the log holds are not coming back. */
  repairCluster(): Promise<ClusterView> {
    return this.send("POST", "/cluster/repair", {});
  }

  /** Copies the tables of the server that is asked to where every server finds them. */
  snapshot(): Promise<SnapshotView> {
    return this.send("POST", "/cluster/snapshot", {});
  }
}
