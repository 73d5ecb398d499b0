/** Cancelling what the earlier ticks of a schedule made. */
import { cancelRun, cancelTask } from "../decide-people.ts";
import type { Schedule } from "./schedule.ts";
import type { Turn } from "../turn.ts";

/** Cancels what has not ended of it; what runs ends when its worker has stopped it. */
export function cancelActive(turn: Turn, schedule: Schedule): void {
  const reason = `a newer tick of the schedule ${schedule.name} came`;
  for (const what of [...(turn.state.schedules.active.get(schedule.name) ?? [])]) {
    if (what >= 0) cancelTask(turn, what, reason);
    else cancelWhole(turn, -what, reason);
  }
}

function cancelWhole(turn: Turn, seq: number, reason: string): void {
  const run = turn.state.runs.get(seq);
  if (run === undefined || run.cancelled) return;
  // Few runs are ever cancelled in this way, so core keeps no list of tasks by run.
  const tasks = [...turn.state.tasks.values()].filter((task) => task.run === run).map((task) => task.seq);
  cancelRun(turn, { type: "CancelRun", run: seq, reason, tasks });
}
