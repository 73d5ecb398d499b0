/** Turns a due callback into the tasks that tell of it; see `callbacks.ts`. */
import type { Command } from "../command.ts";
import { submitTask } from "../decide-submit.ts";
import type { AcceptedTask, Reply } from "../reply.ts";
import type { Turn } from "../turn.ts";

/** Accepts the tasks by which a due callback is sent. One whose key is taken is left out, and the reason says so. */
export function sendCallback(turn: Turn, command: Extract<Command, { type: "SendCallback" }>): Reply {
  const { due, tasks } = command;
  if (!turn.state.flow.dues.has(due)) return { ok: true, ignored: true };
  const reasons = command.reason === undefined ? [] : [command.reason];
  const accepted: AcceptedTask[] = [];
  for (const task of tasks) {
    const made = submitTask(turn, task);
    if (made !== undefined) accepted.push(made);
    else reasons.push(`the unique key ${task.asks!.unique!.key} of a ${task.taskType} task is taken`);
  }
  turn.emit({ type: "CallbackSent", due, reason: reasons.length === 0 ? undefined : reasons.join("; ") });
  return { ok: true, tasks: accepted };
}
