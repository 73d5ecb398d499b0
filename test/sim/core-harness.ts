/**
 * Core alone, for tests: turns are decided one after the other and checked as they are; the events of each are replayed
 * into a second state, which must come out the same.
 */
import assert from "node:assert/strict";
import { difference, snapshot } from "./snapshot.ts";
import { apply } from "../../src/core/apply.ts";
import type { Placement, TaskState } from "../../src/base/words.ts";
import type { Command, EndedTask, NewTask, Report } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import type { Event } from "../../src/core/event.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { place } from "../../src/core/fleet/place.ts";
import type { Reply } from "../../src/core/reply.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import { type Effect, Turn } from "../../src/core/turn.ts";
import { createCalendar } from "../../src/schedule/mod.ts";

export class Harness {
  readonly state: State = createState();
  readonly replica: State = createState();
  now = 1_000_000;
  leaseMs = 30_000;
  readonly calendar = createCalendar();
  placement: Placement = "spread";
  reserveAfterMs = 30_000;
  /** Of the newest turn. */
  events: Event[] = [];
  effects: Effect[] = [];
  /** Called at the end of each turn, before what ended is forgotten. */
  onTurn: (state: State, turn: Turn) => void = () => {};
  #sessions = 0;

  /** One turn: the commands, what is due, and what fits. */
  turn(...commands: Command[]): Reply[] {
    const placing = { policy: this.placement, reserveAfterMs: this.reserveAfterMs };
    const turn = new Turn(this.state, this.now, this.leaseMs, this.calendar, placing);
    const replies = commands.map((command) => decide(turn, command));
    if (this.state.timers.next <= this.now) decide(turn, { type: "Tick" });
    place(turn, 2000);
    checkInvariants(this.state);
    this.onTurn(this.state, turn);
    for (const event of JSON.parse(JSON.stringify(turn.events)) as Event[]) apply(this.replica, event, this.now);
    forgetEnded(this.state);
    forgetEnded(this.replica);
    const exact = { exact: true, now: this.now };
    const found = difference(
      ["the live state", "its replay"],
      snapshot(this.state, exact),
      snapshot(this.replica, exact),
    );
    assert.equal(found, undefined);
    this.events = turn.events;
    this.effects = turn.effects;
    return replies;
  }

  /** Submits tasks in one turn; answers their numbers. */
  submit(...tasks: Partial<NewTask>[]): number[] {
    const [reply] = this.turn({ type: "SubmitTasks", tasks: tasks.map(newTask) });
    assert.ok(reply?.ok);
    return reply.tasks!.map(({ task }) => task);
  }

  /** Connects a worker that can do everything. */
  connect(worker: string, slots: number, more: Partial<Extract<Command, { type: "ConnectWorker" }>> = {}): Reply {
    const session = ++this.#sessions;
    const rest = {
      host: "h",
      pid: 1,
      octopus: "test",
      local: false,
      holds: [],
      functions: ["f"],
      instance: `${worker}-1`,
    };
    const [reply] = this.turn({
      type: "ConnectWorker",
      worker,
      session,
      slots,
      kinds: ["shell", "http", "call"],
      ...rest,
      ...more,
    });
    return reply!;
  }

  /** The attempt of this task that runs now ends so. */
  end(task: number, report: Report["outcome"] | Report = "succeeded"): Reply {
    const live = this.state.tasks.get(task)!;
    const worker = live.live!.worker;
    const [reply] = this.turn({
      type: "EndAttempt",
      worker: worker.name,
      session: worker.session,
      task,
      attempt: live.attempt,
      report: typeof report === "string" ? { outcome: report } : report,
    });
    return reply!;
  }

  /** Types of the newest turn's events, with the task each is about. */
  said(): string[] {
    return this.events.map((event) => ("task" in event ? `${event.type} t${event.task}` : event.type));
  }
}

export function newTask(fields: Partial<NewTask>): NewTask {
  return { taskType: "f", kind: "shell", arm: "default", priority: 5, work: "{}", ...fields };
}

/** The task as the store would hand it over for a retry. */
export function endedTask(
  task: number,
  fields: Partial<Omit<NewTask, "needs">>,
  state: TaskState = "failed",
  attempt = 1,
): EndedTask {
  return { task, definition: newTask(fields) as Omit<NewTask, "needs">, state, attempt };
}
