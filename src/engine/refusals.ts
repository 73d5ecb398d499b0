/** A refusal of core, in words. */
import { unreachable } from "../base/assert.ts";
import { OctopusError } from "../base/errors.ts";
import { RUN_DEPTH_MAX } from "../core/graph/rule.ts";
import type { Rejection } from "../core/reply.ts";
import { keyTaken, uniqueTaken } from "./submission.ts";

/** `from`: the number of the command's first task in the whole submission. */
export function rejected(rejection: Rejection, from = 0): OctopusError {
  switch (rejection.type) {
    case "KeyConflict":
      return keyTaken(rejection.key, from + rejection.index);
    case "UniqueTaken":
      return uniqueTaken(from + rejection.index, rejection.key, rejection.task);
    case "TaskNotFound":
      return new OctopusError("not_found", `there is no live task t${rejection.task}`);
    case "TaskHasEnded":
      return new OctopusError("conflict", `task t${rejection.task} has ended already: it is ${rejection.state}`);
    case "TaskNotEnded":
      return new OctopusError("conflict", `task t${rejection.task} has not ended: it is ${rejection.state}`);
    case "RunNotFound":
      return new OctopusError("not_found", `there is no live run r${rejection.run}`);
    case "WorkerNameTaken":
      return new OctopusError("conflict", `a worker named ${rejection.worker} is connected already`);
    case "ArmUnknown":
    case "ArmInUse":
    case "ArmDraining":
    case "QueueFull":
      return armRefusal(rejection, from);
    case "WorkflowNotFound":
      return new OctopusError(
        "not_found",
        `there is no workflow ${rejection.workflow}; \`octopus apply FILE\` registers one`,
      );
    case "PluginNotFound":
      return new OctopusError("not_found", `there is no plugin ${rejection.plugin}; \`octopus plugins\` lists them`);
    case "NotAwaited":
      return new OctopusError(
        "conflict",
        `task t${rejection.task} waits for nobody's approval: it is ${rejection.state}`,
      );
    case "NeedFailed": {
      const message = `name a task that this one would wait for in vain: ${rejection.reason}`;
      return new OctopusError("invalid", `tasks[0].needs ${message}`, {
        issues: [{ path: "tasks[0].needs", message }],
      });
    }
    case "RunTooDeep": {
      const why = "does a workflow run itself?";
      const message = `a run would be inside ${rejection.depth} others; at most ${RUN_DEPTH_MAX} are allowed: ${why}`;
      return new OctopusError("invalid", message);
    }
    case "RunSkipped":
      return new OctopusError(
        "conflict",
        `not run: r${rejection.by} has the place in the group ${rejection.group}, whose runs are skipped while it is taken`,
      );
    case "WorkerConnected":
      return new OctopusError(
        "conflict",
        `worker ${rejection.worker} is connected, or is still waited for: stop it; one that was cut off can go when link.lease is over`,
      );
    case "TokenNotFound":
      return new OctopusError("not_found", `there is no token ${rejection.token}`);
    case "KeyNotFound":
      return new OctopusError("not_found", `no such key is trusted for worker ${rejection.worker}`);
    case "ScheduleNotFound":
      return new OctopusError("not_found", `there is no schedule ${rejection.schedule}`);
    default:
      return unreachable(rejection);
  }
}

/** The same refusal where there is only one task, which is called `name`; nothing where that goes without saying. */
export function ofOneTask(error: OctopusError, name = ""): OctopusError {
  const inWords = (text: string): string =>
    name === "" ? text.replaceAll("tasks[0].", "") : text.replaceAll("tasks[0]", name);
  const issues = error.issues.map(({ path, message }) => ({ path: inWords(path), message }));
  return new OctopusError(error.code, inWords(error.message), { issues, retryable: error.retryable, cause: error });
}

type ArmRejection = Extract<Rejection, { type: "ArmUnknown" | "ArmDraining" | "QueueFull" | "ArmInUse" }>;

function armRefusal(rejection: ArmRejection, from: number): OctopusError {
  const { arm } = rejection;
  const refusal = (code: "conflict" | "queue_full" | "not_found", message: string, index?: number): OctopusError => {
    const issues = index === undefined ? [] : [{ path: `tasks[${from + index}].arm`, message }];
    return new OctopusError(code, message, { retryable: code === "queue_full", issues });
  };
  switch (rejection.type) {
    case "ArmUnknown":
      return refusal("not_found", `there is no arm ${arm}`, rejection.index);
    case "ArmInUse": {
      const { tasks } = rejection;
      const has = tasks === 1 ? "one task that has" : `${tasks} tasks that have`;
      return refusal("conflict", `arm ${arm} holds ${has} not ended; move or cancel them, then remove it`);
    }
    case "ArmDraining": {
      const message = `arm ${arm} is draining: it takes no new tasks until somebody undrains it`;
      return refusal("conflict", message, rejection.index);
    }
    case "QueueFull": {
      const { waiting, earlier, limit, index } = rejection;
      const much = `${waiting} of at most ${limit} tasks wait in it`;
      if (earlier === 0) return refusal("queue_full", `arm ${arm} is full: ${much}; try again later`, index);
      const message = `arm ${arm} has no room for all of it: ${much}, and this request brings more than ${earlier}`;
      return refusal("queue_full", `${message}; submit fewer at once, or try again later`, index);
    }
  }
}

/** Of what is done in several turns: some were durable when another server took the lead, so it is not so that nothing was done. */
export function inPart(error: unknown): unknown {
  if (!(error instanceof OctopusError) || error.code !== "not_leader") return error;
  const message = "it was done in part when another server took the lead; look what is there before it is done again";
  return new OctopusError("outcome_unknown", message, { cause: error });
}

/** A refusal of some tasks of a request, whose tasks in these stretches (first and last) were accepted: they are named. */
export function besides(error: unknown, accepted: readonly (readonly [number, number])[]): unknown {
  if (accepted.length === 0) return error;
  const told = inPart(error);
  if (!(told instanceof OctopusError)) return told;
  const whole: [number, number][] = [];
  for (const [first, last] of accepted) {
    const before = whole.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else whole.push([first, last]);
  }
  const names = whole.map(([first, last]) => `tasks[${first}] to tasks[${last}]`).join(", ");
  // Sent again as it is, it would bring those a second time that have no id.
  const message = `${told.message}; of the same request ${names} were accepted`;
  return new OctopusError(told.code, message, { cause: told, issues: told.issues });
}

/** What all of these answer; where one fails after others were done, with words for that. */
export async function allOrInPart<T>(parts: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(parts);
  const failed = settled.find((part) => part.status === "rejected");
  if (failed === undefined) return settled.map((part) => (part as PromiseFulfilledResult<T>).value);
  throw settled[0] === failed ? failed.reason : inPart(failed.reason);
}
