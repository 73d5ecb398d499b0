/** A run as boxes and arrows, for all the forms in which it is drawn. */
import type { Role } from "../base/words.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { countMembers } from "./members.ts";

export interface Box {
  name: string;
  /** What stands beside the name: what kind of task it is, and what it waits for beside its needs. */
  note: string;
  kind: TaskSpec["kind"];
  needs: readonly string[];
}

export interface Drawing {
  title: string;
  /** Each after all that it needs. */
  boxes: Box[];
  /** Tasks that run when the others are over, by the moment. */
  roles: { title: string; role: Role; boxes: (Box & { of?: string | undefined })[] }[];
}

const TITLES: Readonly<Record<Role, string>> = {
  compensate: "undo, when it has failed or was cancelled",
  success: "when it has succeeded",
  failure: "when it has failed",
  cancel: "when it was cancelled",
  exit: "at the end",
};

export function drawingOf(run: Pick<RunSpec, "workflow" | "tasks">): Drawing {
  const boxes: Box[] = [];
  const roles = new Map<Role, Drawing["roles"][number]>();
  for (const task of run.tasks) {
    const box = { name: task.id!, note: noteOf(task), kind: task.kind, needs: task.needs ?? [] };
    const role = task.node?.role;
    if (role === undefined) {
      boxes.push(box);
      continue;
    }
    const group = roles.get(role) ?? { title: TITLES[role], role, boxes: [] };
    group.boxes.push({ ...box, of: task.node?.of });
    roles.set(role, group);
  }
  return { title: run.workflow, boxes, roles: [...roles.values()] };
}

function noteOf({ work, node = {} }: TaskSpec): string {
  const notes: string[] = [];
  if (work.kind === "each") {
    const members = countMembers(work.each);
    notes.push(members === undefined ? "for each" : `${members} times`);
  }
  if (work.kind === "workflow")
    notes.push(`runs ${work.workflow.use ?? (work.workflow.pipeline === undefined ? "a workflow" : "a pipeline")}`);
  if (work.kind === "approval" || node.approval !== undefined) notes.push("approval");
  if (node.trigger !== undefined) notes.push(node.trigger);
  if (node.when !== undefined) notes.push(`when ${node.when.length > 40 ? `${node.when.slice(0, 39)}…` : node.when}`);
  if (node.repeat !== undefined) notes.push("repeated");
  return notes.join(", ");
}
