/**
 * V17  A planned run ends as its planner said, makes no name twice, and nothing after the planner's last word. Nothing of a
 *      run starts after its deadline, but what follows its end.
 */
import type { RunState, TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

interface Watched {
  planner: boolean;
  deadlineAt: number;
  names: Set<string>;
  planned: RunState | undefined;
  /** A person stopped it, or it ran out of time. */
  stopped: boolean;
  ended: boolean;
}

export class PlanRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #runs = new Map<number, Watched>();
  /** Tasks of planned runs. */
  readonly #named = new Map<number, { run: Watched; name: string }>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    const { demand } = this.#world;
    switch (event.type) {
      case "RunCreated": {
        const { run, planner, deadlineAt = Infinity } = event;
        const fresh = { names: new Set<string>(), planned: undefined, stopped: false, ended: false };
        this.#runs.set(run, { planner: planner !== undefined, deadlineAt, ...fresh });
        return;
      }
      case "TaskSubmitted": {
        const run = event.run === undefined ? undefined : this.#runs.get(event.run);
        if (run === undefined) return;
        const { name = "" } = event;
        demand(!run.names.has(name), () => `V17: r${event.run} has two tasks named ${name}`);
        demand(run.planned === undefined, () => `V17: r${event.run} gets ${name} after its planner's last word`);
        run.names.add(name);
        if (run.planner) this.#named.set(event.task, { run, name });
        return;
      }
      case "TasksDeleted":
        // Its planner may make again what it does not find any more.
        for (const task of event.tasks) {
          const { run, name = "" } = this.#named.get(task) ?? {};
          run?.names.delete(name);
        }
        return;
      case "RunCancelRequested":
      case "RunTimedOut":
        this.#runs.get(event.run)!.stopped = true;
        return;
      case "RunPlanned":
        this.#runs.get(event.run)!.planned = event.state;
        return;
      case "RunDropped":
        this.#runs.delete(event.run);
        return;
      case "RunReopened": {
        const run = this.#runs.get(event.run)!;
        run.planned = undefined;
        run.stopped = false;
        run.ended = false;
        run.deadlineAt = Infinity;
        return;
      }
      case "TaskReopened": {
        // A person who retries a task of a run that ran out of time wants it to run.
        const run = event.run === undefined ? undefined : this.#runs.get(event.run);
        if (run?.stopped === true) run.deadlineAt = Infinity;
        return;
      }
      case "RunEnded": {
        const run = this.#runs.get(event.run)!;
        run.ended = true;
        const isRight = !run.planner || run.stopped || run.planned === event.state;
        demand(isRight, () => `V17: r${event.run} ends as ${event.state}, and its planner said ${run.planned}`);
        return;
      }
      case "AttemptStarted": {
        const seq = this.#book.roleOf(event.task) === undefined ? this.#book.tasks.get(event.task)!.run : undefined;
        const deadlineAt = seq === undefined ? Infinity : (this.#runs.get(seq)?.deadlineAt ?? Infinity);
        demand(
          at <= deadlineAt,
          () => `V17: t${event.task} starts ${at - deadlineAt} ms after the deadline of r${seq}`,
        );
        return;
      }
      default:
    }
  }

  /** Runs that are still to end, in words. */
  unfinished(): string[] {
    return [...this.#runs].filter(([, { ended }]) => !ended).map(([run]) => `r${run} has not ended`);
  }
}
