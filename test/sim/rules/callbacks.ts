/**
 * V14  Each callback that is due stands in the batch of what it tells of, and is sent exactly once, in a batch with the
 *      tasks that deliver it.
 */
import { isEnded, type CallbackOn, type TaskState } from "../../../src/base/words.ts";
import type { Batch, Event } from "../../../src/core/event.ts";
import type { CallbackDue } from "../../../src/core/flow/events.ts";
import type { CallbackSpec } from "../../../src/protocol/callbacks.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

const FAILURES: readonly TaskState[] = ["failed", "expired", "upstream_failed"];

export class CallbackRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  /** Callbacks that each task was submitted with. */
  readonly #specs = new Map<number, CallbackSpec[]>();
  readonly #dues = new Map<number, CallbackDue>();
  #lastDue = 0;
  /** Of the batch that is being read: what must be due, and what is. */
  #expected: string[] = [];
  #found: string[] = [];
  #delivered: string[] = [];

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, _at: number, before: TaskState | undefined): void {
    switch (event.type) {
      case "TaskSubmitted": {
        if (event.callbacks !== undefined) this.#specs.set(event.task, JSON.parse(event.callbacks) as CallbackSpec[]);
        const origin = event.asks?.origin;
        if (origin?.type === "callback") this.#delivered.push(`${origin.task} ${origin.on}`);
        return this.#expect(event.task, undefined, false);
      }
      case "TaskReady":
      case "TaskScheduled":
      case "TaskOpened":
      case "AttemptStarted":
      case "TaskReopened":
        return this.#expect(event.task, before, false);
      case "TaskEnded":
      case "AttemptEnded":
        return this.#expect(event.task, before, event.dead === true);
      case "CallbackDue":
        this.#world.demand(event.due > this.#lastDue, () => `V14: due ${event.due} comes after ${this.#lastDue}`);
        this.#lastDue = event.due;
        this.#dues.set(event.due, event);
        this.#found.push(`${event.task} ${event.on} ${event.state} ${event.attempt}`);
        return;
      case "CallbackSent":
        return this.#sent(event.due, event.reason);
      default:
    }
  }

  #expect(task: number, before: TaskState | undefined, dead: boolean): void {
    const known = this.#book.tasks.get(task);
    const on = known?.asks?.on;
    if (known === undefined || on === undefined) return;
    for (const moment of on) {
      if (isMoment(moment, before, known.state, dead))
        this.#expected.push(`${task} ${moment} ${known.state} ${known.attempt}`);
    }
  }

  #sent(due: number, reason: string | undefined): void {
    const { demand } = this.#world;
    const what = this.#dues.get(due);
    demand(what !== undefined, () => `V14: due ${due} is sent and was not due, or was sent before`);
    this.#dues.delete(due);
    const { task, on } = what!;
    const wanted = (this.#specs.get(task) ?? []).filter((spec) => spec.on === on).length;
    const name = `${task} ${on}`;
    const made = Math.min(wanted, this.#delivered.filter((delivered) => delivered === name).length);
    // A task that was deleted, or whose delivery was refused, is told of with a reason.
    const isSent = made === wanted || reason !== undefined;
    demand(isSent, () => `V14: due ${due} (t${name}) is sent by ${made} tasks instead of ${wanted}`);
    for (let n = 0; n < made; n++) this.#delivered.splice(this.#delivered.indexOf(name), 1);
  }

  whole(_batch: Batch): void {
    const { demand } = this.#world;
    const [expected, found] = [this.#expected.sort().join("; "), this.#found.sort().join("; ")];
    demand(expected === found, () => `V14: due are [${found}], and should be [${expected}]`);
    demand(this.#delivered.length === 0, () => `V14: deliveries of what was not due: ${this.#delivered.join("; ")}`);
    this.#expected = [];
    this.#found = [];
    this.#delivered = [];
  }

  /** What was not sent yet, in words. */
  unfinished(): string[] {
    return [...this.#dues.values()].map(({ due, task, on }) => `due ${due} (t${task} ${on}) is not sent`);
  }
}

function isMoment(on: CallbackOn, before: TaskState | undefined, state: TaskState, dead: boolean): boolean {
  switch (on) {
    case "success":
      return state === "succeeded";
    case "failure":
      return FAILURES.includes(state);
    case "exhausted":
      return dead;
    case "end":
      return isEnded(state);
    case "change":
      return before !== state;
  }
}
