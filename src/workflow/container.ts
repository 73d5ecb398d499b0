/**
 * Makes the container of a task with `each` or `matrix`: it waits and is asked for, and what the task says beside that is
 * said of each of its members.
 */
import type { NodeSpec } from "../protocol/node.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { known } from "./known.ts";
import { unescaped, type TaskReading } from "./task-reading.ts";

/** `spec`: the task as it was read. Texts in the member are evaluated with its item. */
export function containerOf(spec: TaskSpec, task: TaskReading): TaskSpec {
  const { id, name, needs, delay, runAt, priority, arm, ...rest } = spec;
  const { node } = task;
  const { allow, outputs, repeat, inputs, when, trigger, approval, allowSkip, estimateMs } = node;
  const { timeout, ...each } = task.container;

  const member: TaskSpec = { ...rest, ...known({ priority, arm }) };
  const question = task.isQuestion ? approval : undefined;
  const memberNode: NodeSpec = known({ allow, outputs, repeat, inputs, when: task.memberWhen, approval: question });
  if (Object.keys(memberNode).length > 0) member.node = memberNode;

  const own: NodeSpec = known({ when, trigger, allowSkip, estimateMs });
  // Exit codes are those of members; that it may fail at all holds for the whole too.
  if (allow === true) own.allow = true;
  if (approval !== undefined && question === undefined)
    own.approval = task.escaped && !task.dynamic ? unescaped(approval) : approval;
  const container: TaskSpec = {
    ...known({ id, name, needs, delay, runAt, timeout }),
    type: "each",
    kind: "each",
    work: { kind: "each", each: { ...each, task: member } },
  };
  if (typeof priority === "number" && !task.patches("priority")) container.priority = priority;
  if (arm !== undefined && !task.patches("arm")) container.arm = arm;
  if (Object.keys(own).length > 0) container.node = own;
  return container;
}
