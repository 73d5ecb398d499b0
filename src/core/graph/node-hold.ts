/** What keeps a ready task with a node from its lane: first what it says is evaluated, then a person is asked. */
import type { Hold } from "../flow/flow.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { approvalOf, isContainer } from "./node.ts";

/** A container is in no lane: it is held until what it holds is made. */
export function nodeHold({ graph }: State, task: Task): Extract<Hold, "prepare" | "approval"> | undefined {
  const node = task.node!;
  const holds = isContainer(task);
  if (!node.prepared && (holds || node.rule.prepare === true)) return "prepare";
  const isKind = task.lane.requires.kind === "approval";
  if (approvalOf(task) !== undefined && (!node.approved || isKind)) {
    if (!node.asked) graph.asking.push(task);
    return "approval";
  }
  return holds ? "prepare" : undefined;
}
