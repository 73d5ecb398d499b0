/**
 * Accepting runs: in one command, or in several, of which the last one seals it. Until then nothing of the run starts, and
 * it can be taken back as if it had never been there.
 *
 * RS1  A run is sealed once, in the batch of its last tasks; a run that is not sealed has never started anything.
 */
import { isEnded, type TaskState } from "../../base/words.ts";
import type { Command, NewRun, NewTask } from "../command.ts";
import { acceptInRun } from "../decide-submit.ts";
import { uniqueConflict } from "../flow/decide-unique.ts";
import { ended, settle } from "../follow.ts";
import { insideRun } from "../graph/below.ts";
import { openContainer } from "../graph/open.ts";
import { stopInside } from "../graph/stop.ts";
import { RUN_DEPTH_MAX } from "../graph/rule.ts";
import { armRefusal } from "../limits/decide-limits.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Run } from "../run.ts";
import { type Task, taskId } from "../task.ts";
import type { Turn } from "../turn.ts";
import { tasksOf } from "./apply-runs.ts";
import { groupRefusal, overtakeOthers } from "./decide-admission.ts";
import { outerRun } from "./halt.ts";

type Of<K extends Command["type"]> = Extract<Command, { type: K }>;

/** Accepts a run and its first tasks. */
export function submitRun(turn: Turn, command: NewRun): Reply {
  const { tasks, timeoutMs, open, parent } = command;
  const refusal = refusalOf(turn, tasks) ?? groupRefusal(turn, command);
  if (refusal !== undefined) return refusal;
  const { state } = turn;
  const run = state.lastRun + 1;
  const outer = parent === undefined ? undefined : state.tasks.get(parent)?.run;
  turn.emit({
    type: "RunCreated",
    run,
    workflow: command.workflow,
    params: command.params,
    definition: command.definition,
    deadlineAt: timeoutMs === undefined ? undefined : turn.now + timeoutMs,
    planner: command.planner,
    origin: command.origin,
    open,
    parent,
    depth: outer === undefined ? undefined : outer.depth + 1,
    group: groupOf(turn, command, outer),
    maxParallel: command.maxParallel,
    outputs: command.outputs,
    retryOf: command.retryOf,
    definitionHash: command.definitionHash,
    files: command.files,
    scope: command.scope,
  });
  const live = state.runs.get(run)!;
  const accepted = acceptInRun(turn, tasks, live);
  if (open !== true) complete(turn, live);
  return { ok: true, run, tasks: accepted };
}

function refusalOf(turn: Turn, tasks: readonly NewTask[]): Reply | undefined {
  const conflict = uniqueConflict(turn, tasks, true);
  if (conflict !== undefined) return conflict;
  const refusal = armRefusal(turn.state, tasks);
  return refusal && refuse(refusal);
}

/** A run inside one of its own group would wait for that one, which waits for it: it shares its place. */
function groupOf({ state }: Turn, { group }: NewRun, outer: Run | undefined): NewRun["group"] {
  for (let at = outer; at !== undefined; at = outerRun(state, at)) if (at.group?.name === group?.name) return undefined;
  return group;
}

/** The run that a task of kind `workflow` holds. The task is open when all of the run is there. */
export function startSubRun(turn: Turn, command: Of<"StartSubRun">): Reply {
  const { state } = turn;
  const task = state.tasks.get(command.task);
  if (task === undefined || state.flow.held.get(task) !== "prepare") return { ok: true, ignored: true };
  const depth = (task.run?.depth ?? 0) + 1;
  if (depth > RUN_DEPTH_MAX) return refuse({ type: "RunTooDeep", depth });
  return submitRun(turn, { ...command.run, parent: task.seq });
}

/** More tasks of a run that is not sealed. */
export function addToRun(turn: Turn, command: Of<"AddToRun">): Reply {
  const run = turn.state.runs.get(command.run);
  if (run?.made === undefined) return refuse({ type: "RunNotFound", run: command.run });
  const refusal = refusalOf(turn, command.tasks);
  if (refusal !== undefined) return refusal;
  const accepted = acceptInRun(turn, command.tasks, run);
  if (command.last) {
    turn.emit({ type: "RunSealed", run: run.seq });
    complete(turn, run);
  }
  return { ok: true, run: run.seq, tasks: accepted };
}

/** All of its tasks are there. */
function complete(turn: Turn, run: Run): void {
  const { state } = turn;
  const parent = run.parent === 0 ? undefined : state.tasks.get(run.parent);
  // Its task has ended meanwhile, perhaps because of what it replaced; one that was opened again holds another run, or will.
  const isOrphan = run.parent !== 0 && (parent?.node?.run !== run.seq || isEnded(parent.state));
  if (isOrphan) turn.emit({ type: "RunCancelRequested", run: run.seq });
  else if (parent !== undefined && state.flow.held.get(parent) === "prepare") openContainer(turn, parent, 1);
  // Until now it could have been taken back, and the others would have ended for nothing.
  if (!run.cancelled) overtakeOthers(turn, run);
  // What was asked for before it was complete did not reach the tasks that came after that.
  if (run.cancelled || run.timedOut) {
    const reason = run.timedOut ? `run r${run.seq} ran out of time` : `run r${run.seq} was cancelled`;
    const queue: Task[] = [];
    // Nothing of it has begun, and nothing holds it: it has no use for its handlers.
    stopInside(turn, insideRun(state, run), reason, queue, () => isOrphan);
    settle(turn, queue);
  }
  settle(turn, [], new Set([run]));
}

/** Takes back a run that was never completely submitted. */
export function dropRun(turn: Turn, command: Of<"DropRun">): Reply {
  const run = turn.state.runs.get(command.run);
  if (run === undefined || run.sealed) return refuse({ type: "RunNotFound", run: command.run });
  // Somebody may have named one of its tasks as a need already.
  for (const task of tasksOf(turn.state, run)) {
    for (const child of [...(task.children ?? [])]) {
      if (child.run === run || child.state !== "blocked") continue;
      const state: TaskState = "upstream_failed";
      const reason = `needs ${taskId(task)}, whose run was never submitted completely`;
      turn.emit({ type: "TaskEnded", task: child.seq, state, reason });
      ended(turn, child);
    }
  }
  turn.emit({ type: "RunDropped", run: run.seq });
  return DONE;
}

/** Stops a run from starting more, or lets it go on. */
export function pauseRun(turn: Turn, command: Of<"PauseRun">): Reply {
  const { run: seq, paused, reason } = command;
  const run = turn.state.runs.get(seq);
  if (run === undefined || turn.state.endedRuns.includes(run)) return refuse({ type: "RunNotFound", run: seq });
  if (run.paused === paused) return { ok: true, run: seq, ignored: true };
  turn.emit({ type: "RunPaused", run: seq, paused, reason });
  return { ok: true, run: seq };
}
