/**
 * Runs on their way to core, whoever wants them: people, schedules, tasks that hold one. A large one goes in stretches, so
 * that no turn holds the loop; it is looked over before, and begins when the last of it is there.
 *
 * RI1  A run that is refused midway, or whose server dies midway, is taken back: nothing of it is ever to be seen.
 */
import type { Command, NewRun, NewTask } from "../core/command.ts";
import type { Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import { uniqueConflict } from "../core/flow/decide-unique.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { RoomCheck } from "./limits.ts";
import { runFields } from "./new-run.ts";
import type { Looked } from "./policy.ts";
import type { Clock, Library, TaskDuration } from "./ports.ts";
import { rankByLength, rankByPlace } from "./ranks.ts";
import { rejected } from "./refusals.ts";
import { routeTasks } from "./routing.ts";
import { linkTasks, lookUpCache, type Preparation, prepareTasks } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface RunIntakeOptions {
  clock: Clock;
  library: Library;
  preparation: Preparation;
  /** Tasks of one run decided in one command; default: `RUN_STEP`. */
  stretch?: number;
}

export const RUN_STEP = 512;

interface Stretch {
  tasks: NewTask[];
  specs: readonly TaskSpec[];
  /** Number of the first of them in the run. */
  from: number;
  last: boolean;
  looked: Looked;
}

/** How the run is begun: as it comes from a person, or as one that a task holds; undefined when nobody wants it any more. */
export type Begin = (run: NewRun) => Command | undefined;

export class RunIntake {
  readonly #options: RunIntakeOptions;
  readonly #turns: Turns;

  constructor(options: RunIntakeOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  get #stretch(): number {
    return this.#options.stretch ?? RUN_STEP;
  }

  /** Takes back what was begun and never completed; after a start or a recovery, when nothing is on its way. */
  resume(): void {
    for (const { seq, sealed } of this.#turns.state.runs.values()) if (!sealed) void this.#drop(seq);
  }

  /** Answers the run's number when it is durable; undefined when core had no use for it any more. Throws its refusal. */
  async take(
    run: RunSpec,
    begin: Begin = (fields) => ({ type: "SubmitRun", ...fields }),
    looked: Looked = {},
  ): Promise<number | undefined> {
    const { preparation } = this.#options;
    const fields = runFields(run, preparation.digest);
    // What a planner adds comes after the tasks that are there: it is not asked before all of these are.
    const whole = run.planner !== undefined || run.tasks.length <= this.#stretch;
    const stretches = whole ? [this.#whole(run, looked)] : await this.#stretches(run, looked);
    const [first, ...rest] = stretches as [Stretch, ...Stretch[]];
    let made: number | undefined;
    let refused = false;
    const decided = (reply: Reply): void => {
      if (!reply.ok) refused = true;
      else made ??= reply.run;
    };
    const steps = [
      this.#step(
        first,
        () => begin({ ...fields, ...(rest.length > 0 && { open: true }), tasks: first.tasks }),
        decided,
        rest.length > 0,
      ),
      ...rest.map((stretch) =>
        this.#step(
          stretch,
          () => {
            if (made === undefined || refused) return undefined;
            return { type: "AddToRun", run: made, tasks: stretch.tasks, last: stretch.last };
          },
          decided,
          true,
        ),
      ),
    ];
    const settled = await Promise.allSettled(steps);
    const failed = settled.find((step) => step.status === "rejected");
    if (failed === undefined) return made;
    if (made !== undefined) await this.#drop(made);
    throw failed.reason;
  }

  #whole(run: RunSpec, looked: Looked): Stretch {
    const tasks = prepareTasks(run.tasks, this.#options.preparation, true);
    linkTasks(tasks, run.tasks, undefined);
    // As many as it may have itself: a larger run of the same name was another one.
    const [known = []] = readDurations(this.#options.library, run);
    this.#rank(run, tasks, new Map(known.map(({ name, ms }) => [name, ms])));
    return { tasks, specs: run.tasks, from: 0, last: true, looked };
  }

  /** Everything that can be seen to be wrong is, before the first of them is accepted. */
  async #stretches(run: RunSpec, looked: Looked): Promise<Stretch[]> {
    const { clock, preparation, library } = this.#options;
    const { state } = this.#turns;
    const step = this.#stretch;
    const links = new Map<string, number>();
    const room = new RoomCheck();
    const all: NewTask[] = [];
    const stretches: Stretch[] = [];
    for (let from = 0; from < run.tasks.length; from += step) {
      const specs = run.tasks.slice(from, from + step);
      const tasks = prepareTasks(specs, preparation, true, from);
      linkTasks(tasks, specs, undefined, links, from);
      routeTasks(tasks, specs, state, preparation, { ...looked, from });
      room.check(tasks, from, { state, library });
      for (const task of tasks) all.push(task);
      stretches.push({ tasks, specs, from, last: from + step >= run.tasks.length, looked: { isJudged: true, from } });
      await this.#turns.breathe();
    }
    const conflict = uniqueConflict({ state: this.#turns.state, now: clock.now() }, all, true);
    if (conflict !== undefined && !conflict.ok) throw rejected(conflict.rejection);
    const durations = new Map<string, number>();
    for (const part of readDurations(library, run)) {
      for (const { name, ms } of part) durations.set(name, ms);
      await this.#turns.breathe();
    }
    this.#rank(run, all, durations);
    return stretches;
  }

  #rank(run: RunSpec, tasks: readonly NewTask[], durations: ReadonlyMap<string, number>): void {
    if (run.ordered === true) return rankByPlace(tasks);
    rankByLength(tasks, run.tasks, durations);
  }

  #step(
    { tasks, specs, from, looked }: Stretch,
    make: () => Command | undefined,
    decided: (reply: Reply) => void,
    alone: boolean,
  ): Promise<void> {
    const { preparation, library, clock } = this.#options;
    return new Promise((resolve, reject) => {
      this.#turns.push({
        // What follows a stretch that was refused must not be decided before that is known.
        alone,
        command: (state: State) => {
          const command = make();
          if (command === undefined) {
            // An earlier one of the run was refused: its own promise says why.
            resolve();
            return undefined;
          }
          routeTasks(tasks, specs, state, preparation, looked);
          lookUpCache(tasks, library, clock.now());
          return command;
        },
        done: (reply) => {
          decided(reply);
          if (reply.ok) resolve();
          else reject(rejected(reply.rejection, from));
        },
        failed: reject,
      });
    });
  }

  /** While nothing can be written it stays; it is taken back when the journal is well again. */
  #drop(run: number): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.push({
        command: () => ({ type: "DropRun", run }),
        done: () => resolve(),
        failed: () => resolve(),
      });
    });
  }
}

/** Durations read in one step. */
const DURATIONS_STEP = 2048;

/** What the tasks took the last time that all went well, a stretch at a time; nothing when it is not to be looked at. */
function* readDurations(library: Library, { workflow, ordered }: RunSpec): Generator<TaskDuration[]> {
  const run = ordered === true ? undefined : library.example(workflow);
  if (run === undefined) return;
  for (let after = 0; ;) {
    const part = library.durations(run, after, DURATIONS_STEP);
    yield part;
    if (part.length < DURATIONS_STEP) return;
    after = part.at(-1)!.task;
  }
}
