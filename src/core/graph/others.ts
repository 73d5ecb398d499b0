/** The end of a run that has outputs, and the workflows that are registered. */
import type { Command } from "../command.ts";
import { settle } from "../follow.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Turn } from "../turn.ts";
import { IGNORED, planOutputs } from "./phases.ts";

export function closeRun(turn: Turn, command: Extract<Command, { type: "CloseRun" }>): Reply {
  const run = planOutputs(turn, command);
  if (run === undefined) return IGNORED;
  settle(turn, [], new Set([run]));
  return DONE;
}

export function setWorkflow(turn: Turn, command: Extract<Command, { type: "SetWorkflow" }>): Reply {
  const { workflow, description, hash, definition, files } = command;
  turn.emit({ type: "WorkflowSet", workflow, description, hash, definition, files });
  return DONE;
}

export function removeWorkflow(turn: Turn, workflow: string): Reply {
  if (!turn.state.graph.workflows.has(workflow)) return refuse({ type: "WorkflowNotFound", workflow });
  turn.emit({ type: "WorkflowRemoved", workflow });
  return DONE;
}
