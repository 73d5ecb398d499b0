/** Who of a group goes on, and what becomes of the others. */
import { cancelRun } from "../decide-people.ts";
import type { NewRun } from "../command.ts";
import { type Reply, refuse } from "../reply.ts";
import type { Run } from "../run.ts";
import type { Turn } from "../turn.ts";
import { nextSeat, runsOfGroup } from "./admission.ts";
import { tasksOf } from "./apply-runs.ts";
import { endStandstill } from "./standstill.ts";

/** The refusal of a run that is not to wait for a place in its group. */
export function groupRefusal(turn: Turn, { group }: NewRun): Reply | undefined {
  if (group?.overlap !== "skip") return undefined;
  const others = runsOfGroup(turn.state, group.name);
  if (others.length < group.limit) return undefined;
  return refuse({ type: "RunSkipped", group: group.name, by: others[0]!.seq });
}

/** A new run takes the place of the oldest of its group, if it says so and there is no other. */
export function overtakeOthers(turn: Turn, run: Run): void {
  const { group } = run;
  if (group?.overlap !== "cancel_previous") return;
  const others = runsOfGroup(turn.state, group.name).filter((other) => other.seq < run.seq && !other.cancelled);
  for (const other of others.slice(0, Math.max(0, others.length - group.limit + 1))) {
    const reason = `run r${run.seq} takes its place in the group ${group.name}`;
    const tasks = tasksOf(turn.state, other).map(({ seq }) => seq);
    cancelRun(turn, { type: "CancelRun", run: other.seq, reason, tasks });
  }
}

/** Gives places that are free to those who have waited longest. Called when a command was decided. */
export function admitWaiting(turn: Turn): void {
  const { admission } = turn.state;
  do {
    for (const name of admission.freed) {
      admission.freed.delete(name);
      for (let run = nextSeat(turn.state, name); run !== undefined; run = nextSeat(turn.state, name)) {
        turn.emit({ type: "RunAdmitted", run: run.seq });
      }
    }
  } while (endStandstill(turn));
}
