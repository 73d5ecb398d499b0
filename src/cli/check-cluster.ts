/** What `octopus doctor` finds out about the cluster of the server that it asks. */
import { OctopusError } from "../base/errors.ts";
import type { ClusterView } from "../protocol/cluster-view.ts";
import type { Finding } from "./finding.ts";

/** Answers that say something of the server or of who asks, and nothing of a cluster. */
const NOT_TOLD: ReadonlySet<string> = new Set(["unreachable", "unauthorized", "forbidden", "no_namespace"]);

export async function checkCluster(client: { cluster(): Promise<ClusterView> }): Promise<Omit<Finding, "check">> {
  try {
    const { name, leader, members, backend } = await client.cluster();
    const more = "`octopus cluster` shows all of it";
    if (leader === undefined) return { result: "fail", message: `nobody leads cluster ${name}`, advice: more };
    if (backend.warnings.length > 0) return { result: "warn", message: backend.warnings.join("; "), advice: more };
    const there = members.filter(({ role }) => role !== "gone").length;
    return { result: "ok", message: `${name}, led by ${leader}; ${there} of ${members.length} servers are there` };
  } catch (error) {
    if (!(error instanceof OctopusError)) throw error;
    if (error.code === "not_found") return { result: "ok", message: "none: the server stands alone" };
    if (NOT_TOLD.has(error.code)) return { result: "ok", message: `not asked: ${error.message}` };
    throw error;
  }
}
