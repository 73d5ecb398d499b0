/** A person says how a task has ended. */
import { isEnded } from "../../base/words.ts";
import type { Command, Reopening } from "../command.ts";
import { retakeConflict } from "../flow/decide-unique.ts";
import { settle } from "../follow.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { sentence } from "./approval.ts";
import { insideTask } from "./below.ts";
import { hasLeave } from "./node.ts";
import { liveRefusal, reopenAll, withChildren } from "./retry.ts";
import { dropAttempt, giveUpInside } from "./stop.ts";

type Mark = Extract<Command, { type: "MarkTask" }>;

export function markTask(turn: Turn, command: Mark): Reply {
  const live = turn.state.tasks.get(command.task);
  if (live !== undefined && !isEnded(live.state)) {
    markLive(turn, live, command);
    return DONE;
  }
  const { again } = command;
  if (again === undefined) return refuse({ type: "TaskNotFound", task: command.task });
  const tasks = withChildren(again.tasks, again.children).map((each): Reopening => {
    return each.task.task === command.task ? { ...each, brief: true } : each;
  });
  const others = tasks.filter(({ barred, brief }) => barred === undefined && brief === undefined);
  const refusal =
    liveRefusal(turn, tasks) ??
    retakeConflict(
      turn,
      others.map(({ task }) => task),
    );
  if (refusal !== undefined) return refusal;
  // It lives for a moment: what waits again waits for it, and goes on as it is said to have ended.
  const queue: Task[] = [];
  const touched = reopenAll(turn, { runs: again.runs, tasks }, queue);
  const task = turn.state.tasks.get(command.task);
  if (task !== undefined && !isEnded(task.state)) markLive(turn, task, command);
  settle(turn, queue, touched);
  return DONE;
}

/** Ends it now, with everything in it. */
function markLive(turn: Turn, task: Task, { state, by, note, result }: Mark): void {
  const reason = sentence(`marked ${state}`, by, note);
  const inside = insideTask(turn.state, task);
  if (task.live !== undefined) dropAttempt(turn, task, "queued", reason);
  const allowed = state === "failed" ? hasLeave(task) : undefined;
  turn.emit({ type: "TaskEnded", task: task.seq, state, reason, said: "marked", by, note, result, allowed });
  const tasks = giveUpInside(turn, inside, reason);
  settle(turn, [...tasks, task], inside.runs);
}
