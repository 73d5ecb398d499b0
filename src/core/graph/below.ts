/**
 * What is inside a run or a container, however deep. Core keeps arrows from the inside to the outside only; looking at
 * every live run, and where there are runs inside at every live task, is what these rare moments cost.
 */
import { isEnded } from "../../base/words.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";

export interface Inside {
  /** Runs, the outer ones first; a run itself is the first of what is inside it. */
  runs: Set<Run>;
  /** Live tasks, by number. */
  tasks: Task[];
}

/** `tasks`: live tasks of the run, when somebody has looked them up already. */
export function insideRun(state: State, run: Run, tasks?: readonly number[]): Inside {
  const runs = runsInside(state, (task) => task.run === run);
  runs.delete(run);
  const all = new Set([run, ...runs]);
  if (runs.size > 0 || tasks === undefined) return { runs: all, tasks: scan(state, (task) => isOf(task, all)) };
  const live = tasks.map((seq) => state.tasks.get(seq)).filter((task) => task !== undefined);
  return { runs: all, tasks: live.filter((task) => task.run === run && !isEnded(task.state)).sort(bySeq) };
}

/** What is inside a container, without itself. */
export function insideTask(state: State, container: Task): Inside {
  const isIn = (task: Task): boolean => isInside(state, task, container);
  const runs = runsInside(state, (task) => task === container || isIn(task));
  if (runs.size > 0) return { runs, tasks: scan(state, (task) => isOf(task, runs) || isIn(task)) };
  const tasks: Task[] = [];
  for (const seq of container.node?.box?.numbers() ?? []) {
    const task = state.tasks.get(seq);
    if (task === undefined || isEnded(task.state) || task.node?.inside !== container.seq) continue;
    tasks.push(task);
    if (task.node.box !== undefined) tasks.push(...insideTask(state, task).tasks);
  }
  return { runs, tasks: [...new Set(tasks)].sort(bySeq) };
}

function isOf(task: Task, runs: ReadonlySet<Run>): boolean {
  return task.run !== undefined && runs.has(task.run);
}

function isInside(state: State, task: Task, container: Task): boolean {
  for (let at: Task | undefined = task; at !== undefined; at = around(state, at)) {
    if (at.node?.inside === container.seq) return true;
  }
  return false;
}

function around(state: State, { node }: Task): Task | undefined {
  return node === undefined || node.inside === 0 ? undefined : state.tasks.get(node.inside);
}

/** Live runs whose holder fits, and the runs inside these. */
function runsInside(state: State, fits: (task: Task) => boolean): Set<Run> {
  const found = new Set<Run>();
  const inner = [...state.runs.values()].filter(({ parent, done }) => parent !== 0 && !done);
  // An outer run is there before what is inside it.
  inner.sort((a, b) => a.depth - b.depth || a.seq - b.seq);
  for (const run of inner) {
    const holder = state.tasks.get(run.parent);
    if (holder !== undefined && (fits(holder) || isOf(holder, found))) found.add(run);
  }
  return found;
}

function scan(state: State, fits: (task: Task) => boolean): Task[] {
  const found: Task[] = [];
  for (const task of state.tasks.values()) if (!isEnded(task.state) && fits(task)) found.push(task);
  return found.sort(bySeq);
}

function bySeq(a: Task, b: Task): number {
  return a.seq - b.seq;
}
