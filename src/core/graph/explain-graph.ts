/** Why a task of a workflow waits, in words, as far as its node says it. */
import type { Hold } from "../flow/flow.ts";
import type { Task } from "../task.ts";
import { isContainer } from "./node.ts";

interface Reason {
  code: string;
  message: string;
  about?: string;
  until?: number;
}

/** A queued task that is held for what its node says. */
export function explainNode(task: Task, why: Extract<Hold, "prepare" | "approval">): Reason {
  const node = task.node!;
  if (why === "prepare") {
    if (node.rule.workers === true) return { code: "prepare", message: CHOOSING };
    const what = isContainer(task) ? "what it holds is being made" : "what it says is being evaluated";
    return { code: "prepare", message: what };
  }
  const reason: Reason = { code: "approval", message: "waits for somebody to approve or reject it" };
  if (node.askedUntil === 0) return reason;
  const silence = node.rule.approval?.onTimeout === "approve" ? "approved" : "rejected";
  return { ...reason, message: `${reason.message}; after that it counts as ${silence}`, until: node.askedUntil };
}

const CHOOSING =
  "the workers that get one are being chosen; after a start of the server it waits for those that were there before";

const WHEN = {
  compensate: "runs when the run has failed or was cancelled, and what it undoes has succeeded",
  success: "runs when the run has succeeded",
  failure: "runs when the run has failed",
  cancel: "runs when the run was cancelled",
  exit: "runs when the run is over",
} as const;

/** A blocked task that waits for more than its needs. */
export function explainRole(task: Task): Reason[] {
  const role = task.run === undefined ? undefined : task.node?.rule.role;
  if (role === undefined) return [];
  return [{ code: "role", message: WHEN[role], about: `r${task.run!.seq}` }];
}

const TRIGGER = {
  all_succeeded: undefined,
  all_done: "runs when all that it needs has ended, however",
  any_succeeded: "runs when one of those that it needs has succeeded",
  any_failed: "runs when one of those that it needs has failed",
  none_failed: "runs when all that it needs has ended, and none has failed",
} as const;

export function explainTrigger({ node }: Task): Reason[] {
  const message = TRIGGER[node?.rule.trigger ?? "all_succeeded"];
  return message === undefined ? [] : [{ code: "trigger", message }];
}

/** What a container that has begun still waits for. */
export function explainBox({ node, lane }: Task): Reason[] {
  const box = node?.box;
  if (box === undefined) return [];
  if (lane.requires.kind === "workflow") {
    return [{ code: "run", message: `its run r${node!.run} has not ended`, about: `r${node!.run}` }];
  }
  const made = box.made < box.total ? `, and ${box.total - box.made} are still to be made` : "";
  return [{ code: "members", message: `${box.live} of its ${box.total} members have not ended${made}` }];
}
