/** A refusal of core, in words. */
import { unreachable } from "../base/assert.ts";
import { OctopusError } from "../base/errors.ts";
import type { Rejection } from "../core/reply.ts";
import { isLimitRejection, limitRefusal } from "./limits.ts";
import { keyTaken } from "./submission.ts";

/** `from`: the number of the command's first task in the whole submission. */
export function rejected(rejection: Rejection, from = 0): OctopusError {
  if (isLimitRejection(rejection)) return limitRefusal(rejection, from);
  switch (rejection.type) {
    case "KeyConflict":
      return keyTaken(rejection.key, from + rejection.index);
    case "UniqueTaken":
      return uniqueTaken(rejection, from);
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
    case "ScheduleNotFound":
      return new OctopusError("not_found", `there is no schedule ${rejection.schedule}`);
    default:
      return unreachable(rejection);
  }
}

function uniqueTaken({ index, key, task }: Extract<Rejection, { type: "UniqueTaken" }>, from: number): OctopusError {
  const who = task === 0 ? "an earlier task of the same request" : `t${task}`;
  const path = `tasks[${from + index}].uniqueKey`;
  const message = `is taken: ${who} has the key ${JSON.stringify(key)}`;
  return new OctopusError("conflict", `${path} ${message}`, { issues: [{ path, message }] });
}
