/** What each role may do: the one rule. Which route needs which role stands beside the route. */
import { ACCESS_ROLES, type AccessRole } from "../../base/words.ts";

/** Higher may do what lower may. `worker` stands beside them: it may be a worker and nothing else. */
const RANK: Readonly<Record<AccessRole | "none", number>> = {
  none: -1,
  viewer: ACCESS_ROLES.indexOf("viewer"),
  submitter: ACCESS_ROLES.indexOf("submitter"),
  operator: ACCESS_ROLES.indexOf("operator"),
  admin: ACCESS_ROLES.indexOf("admin"),
  worker: -1,
};

/** `needed` `worker`: for workers, and for an admin, who may do everything. */
export function mayDo(role: AccessRole | "none", needed: AccessRole): boolean {
  if (role === "admin") return true;
  if (needed === "worker" || role === "worker") return role === needed;
  return RANK[role] >= RANK[needed];
}
