/**
 * Tokens that are bound to arms: what they submit and change must be in these arms, all of it.
 *
 * RM1  What cannot be told to be in an arm (a run that makes tasks as it goes, a schedule, a filter without an arm) is
 *      refused to them.
 */
import type { IncomingMessage } from "node:http";
import type { RunSpec } from "../../engine/api.ts";
import { OctopusError } from "../../base/errors.ts";
import type { Principal } from "../../protocol/access.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { ServerScope } from "../scope.ts";

/** Tasks of a run that are looked at in one go. */
const PAGE = 500;

/** Throws `forbidden` unless all of these tasks, and what they would submit, are in arms of the token. */
export function checkTasks(
  { options: { engine }, guard }: ServerScope,
  principal: Principal,
  specs: readonly TaskSpec[],
  request: IncomingMessage,
): void {
  for (const [index, spec] of specs.entries()) {
    const wrong = armsOf(spec, (one) => engine.access.armOf(one)).find((arm) => !principal.arms!.includes(arm));
    if (wrong === undefined) continue;
    const message =
      wrong === ANY
        ? "may make tasks of any arm"
        : `is the arm ${wrong}; this token is for ${principal.arms!.join(", ")}`;
    const path = `tasks[${index}].arm`;
    const { message: text } = guard.outside(principal, request, `${path} ${message}`);
    throw new OctopusError("forbidden", text, { issues: [{ path, message }] });
  }
}

export function checkRun(scope: ServerScope, principal: Principal, run: RunSpec, request: IncomingMessage): void {
  if (principal.arms === undefined) return;
  if (run.planner !== undefined)
    throw scope.guard.outside(principal, request, "a token that is for certain arms may not run a pipeline");
  checkTasks(scope, principal, run.tasks, request);
}

/** For what is done to a task that is there. A task that is not there is for the route to tell of. */
export function checkTask(scope: ServerScope, principal: Principal, id: string, request: IncomingMessage): void {
  const arm = principal.arms === undefined ? undefined : scope.options.engine.task(id)?.arm;
  if (arm !== undefined) scope.guard.checkArms(principal, [arm], request);
}

/** For what is done to a run: every task of it. */
export function checkTasksOfRun(scope: ServerScope, principal: Principal, id: string, request: IncomingMessage): void {
  if (principal.arms === undefined) return;
  let cursor: string | undefined;
  do {
    const page = scope.options.engine.tasks({ run: id, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    scope.guard.checkArms(
      principal,
      page.items.map(({ arm }) => arm),
      request,
    );
    cursor = page.next;
  } while (cursor !== undefined);
}

const ANY = "*";

/** Arms of the task, of its members and of its callbacks; `ANY` where nobody can say. */
function armsOf(spec: TaskSpec, armOf: (spec: TaskSpec) => string): string[] {
  const { work, on } = spec;
  const own = work.kind === "workflow" ? ANY : work.kind === "each" ? undefined : armOf(spec);
  const inside = work.kind === "each" ? armsOf(work.each.task, armOf) : [];
  return [...(own === undefined ? [] : [own]), ...inside, ...(on ?? []).flatMap(({ task }) => armsOf(task, armOf))];
}
