/**
 * What people ask of schedules. What time asks of them is in `decide-tick.ts`.
 *
 * SD1  Setting a schedule never fires a tick again that was decided, nor one that passed while it was paused. Setting it
 *      to what it is changes nothing: a program may do so at each start, and ticks missed before are still caught up.
 * SD2  A person's trigger is fired at once, whatever is active; a backfill keeps to one at a time where the schedule does.
 */
import { cancelActive } from "./cancel-active.ts";
import type { Command } from "../command.ts";
import { submitTasks } from "../decide-submit.ts";
import { submitRun } from "../runs/decide-runs.ts";
import { comeDue } from "./decide-tick.ts";
import { DONE, type Rejection, type Reply, refuse } from "../reply.ts";
import { isBusy, noteFree, type Schedule } from "./schedule.ts";
import type { Turn } from "../turn.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

export function setSchedule(turn: Turn, command: Of<"SetSchedule">): Reply {
  const { schedules } = turn.state;
  const { type: _, ...definition } = command;
  const before = schedules.byName.get(command.schedule);
  // What is due by the old rule is decided by the old rule.
  if (before !== undefined && !before.paused) comeDue(turn, before);
  turn.emit({ type: "ScheduleSet", ...definition, nextAt: nextOf(turn, before, command) });
  const schedule = schedules.byName.get(command.schedule)!;
  noteFree(schedules, schedule);
  if (schedule.overlap === "allow" && schedule.queue.length > 0) schedules.freed.add(schedule);
  return DONE;
}

function nextOf(turn: Turn, before: Schedule | undefined, command: Of<"SetSchedule">): number | undefined {
  if (command.paused) return undefined;
  const isSame = before !== undefined && !before.paused && JSON.stringify(before.rule) === JSON.stringify(command.rule);
  if (isSame && before.nextAt !== 0) return before.nextAt;
  return turn.calendar.next(command.rule, Math.max(turn.now, before?.lastTick ?? 0));
}

export function removeSchedule(turn: Turn, name: string): Reply {
  if (!turn.state.schedules.byName.has(name)) return refuse({ type: "ScheduleNotFound", schedule: name });
  turn.emit({ type: "ScheduleRemoved", schedule: name });
  return DONE;
}

export function triggerSchedule(turn: Turn, name: string): Reply {
  const schedule = turn.state.schedules.byName.get(name);
  if (schedule === undefined) return refuse({ type: "ScheduleNotFound", schedule: name });
  // A tick names what it makes, so it must be no tick of the calendar, and none that was triggered.
  let tick = Math.max(turn.now, schedule.lastTrigger + 1);
  while (schedule.firing.has(tick) || turn.calendar.previous(schedule.rule, tick, tick - 1) === tick) tick++;
  turn.emit({ type: "ScheduleTicked", schedule: name, tick, action: "fired", manual: "trigger" });
  return { ok: true, tick };
}

export function backfillSchedule(turn: Turn, name: string, ticks: readonly number[]): Reply {
  const { schedules } = turn.state;
  const schedule = schedules.byName.get(name);
  if (schedule === undefined) return refuse({ type: "ScheduleNotFound", schedule: name });
  const waiting = new Set(schedule.queue.map(({ tick }) => tick));
  let count = 0;
  for (const tick of ticks) {
    // What comes by itself is left to come.
    const isComing = schedule.nextAt !== 0 && tick >= schedule.nextAt;
    if (isComing || schedule.firing.has(tick) || waiting.has(tick)) continue;
    const action = schedule.overlap !== "allow" && isBusy(schedules, schedule) ? "queued" : "fired";
    turn.emit({ type: "ScheduleTicked", schedule: name, tick, action, manual: "backfill" });
    count++;
  }
  return { ok: true, count };
}

/** The target of a fired tick is there: it is submitted and the tick settled, in one batch. */
export function fireTick(turn: Turn, command: Of<"FireTick">): Reply {
  const { schedules } = turn.state;
  const schedule = schedules.byName.get(command.schedule);
  if (schedule?.firing.has(command.tick) !== true) return { ok: true, ignored: true };
  const { schedule: name, tick } = command;
  const settle = (result: { made?: { task: number } | { run: number }; reason?: string }): void =>
    turn.emit({ type: "ScheduleFired", schedule: name, tick, ...result });
  const reply = command.reason === undefined ? make(turn, command) : undefined;
  if (reply === undefined) settle({ reason: command.reason ?? "there is nothing to submit" });
  else if (!reply.ok) settle({ reason: inWords(reply.rejection) });
  else if (reply.run !== undefined) settle({ made: { run: reply.run } });
  else settle({ made: { task: reply.tasks![0]!.task } });
  // A newer tick has come since, and ends what is older.
  const overtaken = schedule.overlap === "cancel_previous" && schedule.queue.some((waiting) => waiting.tick > tick);
  if (overtaken && reply?.ok === true) cancelActive(turn, schedule);
  return reply ?? DONE;
}

function make(turn: Turn, { schedule, tick, task, run }: Of<"FireTick">): Reply | undefined {
  const origin = { type: "schedule", schedule, tick } as const;
  if (task !== undefined) return submitTasks(turn, [{ ...task, asks: { ...task.asks, origin } }]);
  return run && submitRun(turn, { ...run, origin });
}

/** Why a tick made nothing, for its history; the engine has better words for callers. */
function inWords(rejection: Rejection): string {
  switch (rejection.type) {
    case "UniqueTaken":
      return `its unique key ${rejection.key} is taken by t${rejection.task}`;
    case "ArmUnknown":
      return `there is no arm ${rejection.arm}`;
    case "ArmDraining":
      return `the arm ${rejection.arm} is draining and takes nothing new`;
    case "QueueFull":
      return `${rejection.waiting} tasks wait in the arm ${rejection.arm}, which allows ${rejection.limit}`;
    case "RunSkipped":
      return `its group ${rejection.group} is full: r${rejection.by} goes on`;
    case "KeyConflict":
      return `its id ${rejection.key} is taken`;
    default:
      return `it was refused: ${rejection.type}`;
  }
}
