/**
 * One action on many tasks, step by step. The engine chooses the tasks of a step and says what is to be done; what came
 * of it is counted here, in the same batch, so that a restart goes on behind the last step and counts nothing twice.
 */
import type { Command } from "../command.ts";
import type { Reply } from "../reply.ts";
import type { Turn } from "../turn.ts";

export function startBulk(turn: Turn, command: Extract<Command, { type: "StartBulk" }>): Reply {
  const bulk = turn.state.flow.lastBulk + 1;
  const { action, filter, total } = command;
  turn.emit({ type: "BulkStarted", bulk, action, filter, total });
  return { ok: true, bulk };
}

/** `decide` is handed in: it decides this command too, and two files must not need each other. */
export function advanceBulk(
  turn: Turn,
  command: Extract<Command, { type: "AdvanceBulk" }>,
  decide: (turn: Turn, command: Command) => Reply,
): Reply {
  const { bulk, cursor, ended, step = [], also = [] } = command;
  let { done, failed } = command;
  const stays = new Set<number>();
  for (const each of step) {
    const asked = sizeOf(each);
    const reply = unlessBarred(turn, each, { stays, decide });
    const did = reply?.ok === true ? Math.min(reply.count ?? asked, asked) : 0;
    done += did;
    failed += asked - did;
  }
  for (const each of also) unlessBarred(turn, each, { stays, decide });
  turn.emit({ type: "BulkProgressed", bulk, done, failed, cursor, ended });
  return { ok: true, bulk };
}

interface Barring {
  /** Tasks that were to be done again, and were not. */
  stays: Set<number>;
  decide(turn: Turn, command: Command): Reply;
}

/** Whoever needs a task that was to be done again and stays as it ended is not done again either: it would run without it. */
function unlessBarred(turn: Turn, command: Command, { stays, decide }: Barring): Reply | undefined {
  if (command.type !== "RetryTask") return decide(turn, command);
  const { task, definition } = command.task;
  const isBarred = definition.needs?.some((need) => stays.has(need)) === true;
  const reply = isBarred ? undefined : decide(turn, command);
  if (reply?.ok !== true && turn.state.tasks.get(task) === undefined) stays.add(task);
  return reply;
}

/** Tasks that a command of a step is about. */
function sizeOf(command: Command): number {
  // It is about one, whatever comes back with it.
  if (command.type === "RetryRun") return 1;
  if (command.type === "DeleteTasks") return command.chosen ?? command.tasks.length;
  return "tasks" in command ? command.tasks.length : 1;
}
