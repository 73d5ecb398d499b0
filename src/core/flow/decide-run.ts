/**
 * Runs that are planned as they go, and runs whose time is over.
 *
 * R1  A run with a planner does not end while its planner may add tasks; once nothing of it is open, it is asked what
 *     comes next, and "nothing" ends the run.
 */
import { isEnded } from "../../base/words.ts";
import type { Command } from "../command.ts";
import { cancelLive } from "./cancel.ts";
import { acceptInRun } from "../decide-submit.ts";
import { uniqueConflict } from "./decide-unique.ts";
import { settle } from "../follow.ts";
import { insideRun } from "../graph/below.ts";
import { stopInside } from "../graph/stop.ts";
import type { Reply } from "../reply.ts";
import type { Run } from "../run.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

type Advance = Extract<Command, { type: "AdvanceRun" }>;

/** Why a run ended whose time was over before its planner said how. */
const OUT_OF_TIME = "ran out of time";

export function advanceRun(turn: Turn, command: Advance): Reply {
  const run = turn.state.runs.get(command.run);
  if (run === undefined || !run.planning) return { ok: true, ignored: true };
  for (const { task: seq, reason } of command.cancel ?? []) {
    const task = turn.state.tasks.get(seq);
    if (task !== undefined && task.run === run && !isEnded(task.state)) cancelLive(turn, task, reason);
  }
  const isOver = run.cancelled || run.timedOut || command.end !== undefined;
  const tasks = isOver ? [] : command.tasks;
  const conflict = uniqueConflict(turn, tasks, true);
  if (conflict !== undefined && !conflict.ok) {
    const { rejection } = conflict;
    const what = rejection.type === "UniqueTaken" ? `the unique key ${rejection.key} is taken` : rejection.type;
    plan(turn, run, { state: "failed", reason: `its next task was refused: ${what}` });
  } else acceptInRun(turn, tasks, run);
  if (command.end !== undefined && run.planning) plan(turn, run, command.end);
  else if (run.open === 0 && run.planning) plan(turn, run, stuck(run));
  settle(turn, [], new Set([run]));
  return { ok: true, run: run.seq };
}

type End = NonNullable<Advance["end"]>;

function plan(turn: Turn, run: Run, { state, result, reason }: End): void {
  turn.emit({ type: "RunPlanned", run: run.seq, state, result, reason });
}

/** How a run ends whose planner names neither tasks nor an end, while nothing is open. */
function stuck(run: Run): End {
  if (run.cancelled) return { state: "cancelled" };
  if (run.timedOut) return { state: "failed", reason: OUT_OF_TIME };
  return { state: "failed", reason: `its planner ${run.planner} says neither what comes next nor how it ends` };
}

/** The time of a run has come: what is left of it is cancelled. */
export function timeOutRun(turn: Turn, run: Run): void {
  if (turn.state.runs.get(run.seq) !== run || run.over || run.timedOut || run.phase !== undefined) return;
  // One that a person has cancelled is being stopped already, and that is how it ends.
  if (run.cancelled || run.deadlineAt === 0 || run.deadlineAt > turn.now) return;
  turn.emit({ type: "RunTimedOut", run: run.seq });
  const queue: Task[] = [];
  stopInside(turn, insideRun(turn.state, run), `run r${run.seq} ${OUT_OF_TIME}`, queue);
  settle(turn, queue);
}
