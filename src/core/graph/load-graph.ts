/** Nodes, containers and phases from what the store holds; see `load.ts`. */
import type { TaskState } from "../../base/words.ts";
import type { StoredState, StoredTask } from "../load.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { applyRunInside, attachNode, watch } from "./apply-graph.ts";
import { Box, boxAround, isContainer } from "./node.ts";
import { keepRoom } from "./room.ts";

export function loadRunGraph(run: Run, stored: StoredState["runs"][number]): void {
  run.outputs = stored.outputs === true;
  run.phase = stored.phase;
  run.outcome = stored.phase === undefined ? undefined : stored.outcome;
  run.allowed = stored.allowed;
  for (const [name, count] of Object.entries(stored.aside ?? {})) run.aside.set(name as TaskState, count);
  if (run.parent !== 0) run.result = stored.planned?.result;
}

/** Gives the task its node, if it has one. A container comes before what it holds. */
export function loadNode(state: State, task: Task, row: StoredTask, now: number): void {
  const { definition } = row;
  const { node: rule, inside, of } = definition;
  const isOurs = isContainer(task) || task.lane.requires.kind === "approval";
  if (rule === undefined && inside === undefined && of === undefined && !isOurs) return;
  const node = attachNode(state, task, definition);
  node.prepared = row.prepared === true;
  node.approved = row.approved === true;
  node.asked = row.asked !== undefined;
  node.askedUntil = row.asked?.until ?? 0;
  if (node.tally !== undefined && row.tally !== undefined) node.tally = { ...row.tally };
  if (row.ofEnded !== undefined) node.undone = { ...row.ofEnded };
  if (node.askedUntil > 0) state.timers.add(node.askedUntil, "approval", task);
  if (isContainer(task) && task.state === "running") {
    node.box = new Box(row.total ?? 0, row.startedAt ?? now);
    if (row.members !== undefined) node.box.know(row.members);
    node.box.cancel = row.cancel;
    watch(state, task);
    keepRoom(state, task);
  }
  const box = boxAround(state, task);
  if (box === undefined) return;
  box.live++;
  box.add(task.seq);
}

/** To be called when every live task is there: containers know the runs that they hold. */
export function loadHolders(state: State): void {
  for (const run of state.runs.values()) applyRunInside(state, run);
}
