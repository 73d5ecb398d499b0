/**
 * What every route does with whoever asks: its role, its arms, and the row of the audit log that a change leaves. What a
 * route needs stands beside the route.
 *
 * AM1  A route that changes something and says nothing is for admins, and for no token that is bound to arms.
 */
import type { IncomingMessage } from "node:http";
import type { AccessRole } from "../../base/words.ts";
import type { Principal } from "../../protocol/access.ts";
import type { ServerScope } from "../scope.ts";
import { addressOf } from "./address.ts";
import { checkTask, checkTasksOfRun } from "./arms.ts";

export interface Admission {
  method: "get" | "post" | "put" | "patch" | "delete";
  path: string;
  /** The least role that may. Absent: for GET a viewer, for everything else an admin. */
  role?: AccessRole;
  /** A worker may, too. */
  orWorker?: true;
  /** Nobody is asked who he is. */
  isOpen?: true;
  /**
   * How a token that is bound to arms is held to them: the path names a task, a run or an arm; `free`: it is not about
   * arms; `own`: the route looks itself.
   */
  arms?: "task" | "run" | "arm" | "free" | "own";
  /** False: it leaves no row in the audit log. */
  audit?: false;
  /** The word for it there; absent: made of path and method. */
  action?: string;
}

/** Who asks; throws unless he may. `id` is what the path names. */
export function admit(scope: ServerScope, route: Admission, request: IncomingMessage, id: string): Principal {
  const { guard } = scope;
  const principal = guard.of(request);
  if (route.isOpen === true) return principal;
  guard.check(principal, roleOf(route), request, route.orWorker === true);
  if (principal.arms === undefined || route.method === "get") return principal;
  switch (route.arms) {
    case "task":
      checkTask(scope, principal, id, request);
      return principal;
    case "run":
      checkTasksOfRun(scope, principal, id, request);
      return principal;
    case "arm":
      guard.checkArms(principal, [id], request);
      return principal;
    case "free":
    case "own":
      return principal;
    case undefined:
    default:
      // Workers are bound to arms in what they take, and no route of theirs is about an arm.
      if (principal.role === "worker") return principal;
      throw guard.outside(principal, request, `this token is for the arms ${principal.arms.join(", ")} only`);
  }
}

/** Carries out a route, and notes that it was. */
export async function audited(
  scope: ServerScope,
  route: Admission,
  { request, principal, id }: { request: IncomingMessage; principal: Principal; id: string },
  handle: () => Response | Promise<Response>,
): Promise<Response> {
  if (route.method === "get" || route.audit === false) return handle();
  const deed = { who: principal.who, address: addressOf(request), action: actionOf(route) };
  try {
    const answer = await handle();
    const { headers } = answer;
    const subject = id === "" ? lastOf(headers.get("location") ?? headers.get("content-location")) : id;
    scope.audit.done({ ...deed, subject });
    return answer;
  } catch (error) {
    scope.audit.failed({ ...deed, subject: id === "" ? undefined : id, detail: (error as Error).message });
    throw error;
  }
}

export function roleOf({ method, role }: Admission): AccessRole {
  return role ?? (method === "get" ? "viewer" : "admin");
}

const WORDS = { get: "read", post: "create", put: "set", patch: "change", delete: "delete" } as const;

/** `POST /arms/{name}/pause` is `arm.pause`, `DELETE /arms/{name}` is `arm.delete`. */
export function actionOf({ method, path, action }: Admission): string {
  if (action !== undefined) return action;
  const [thing = "", ...words] = path.split("/").filter((part) => part !== "" && !part.startsWith("{"));
  return `${thing.replace(/-actions$|s$/, "")}.${words.at(-1) ?? WORDS[method]}`;
}

function lastOf(location: string | null): string | undefined {
  return location === null ? undefined : decodeURIComponent(location.slice(location.lastIndexOf("/") + 1));
}
