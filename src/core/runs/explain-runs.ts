/** Why nothing of a run may start, or no more of an `each`, in words. */
import { limitAround } from "../graph/room.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import { type Task, taskId } from "../task.ts";
import { runsOfGroup } from "./admission.ts";
import { haltOf } from "./halt.ts";

/** Runs that are named as those who have the places. */
const HOLDERS_MAX = 20;

export function explainHalt(state: State, run: Run): { code: string; message: string; about?: string } {
  const halt = haltOf(state, run)!;
  const id = `r${halt.run.seq}`;
  const { code } = halt;
  switch (code) {
    case "run_incomplete":
      return { code, message: `run ${id} has not been submitted completely`, about: id };
    case "run_paused":
      return { code, message: `run ${id} is paused`, about: id };
    case "run_waiting": {
      const { name, limit } = halt.run.group!;
      const others = runsOfGroup(state, name).filter(({ admitted }) => admitted);
      const ids = others.slice(0, HOLDERS_MAX).map(({ seq }) => `r${seq}`);
      const list = ids.join(", ") + (others.length > ids.length ? ", …" : "");
      const message = `run ${id} waits for a place in the group ${name}, of which ${limit} may run: ${list}`;
      return { code, message, about: ids[0] ?? id };
    }
  }
}

/** Why a container that is a member of an `each` has not begun. */
export function explainRoom(state: State, task: Task): { code: string; message: string; about?: string } {
  const { each, box, limit } = limitAround(state, task)!;
  const ids = [...(box.room?.inside ?? [])].slice(0, HOLDERS_MAX).map(taskId);
  const message = `${each.name ?? taskId(each)} has as many running as it allows at once, ${limit}: ${ids.join(", ")}`;
  return { code: "each_full", message, about: ids[0] ?? taskId(each) };
}
