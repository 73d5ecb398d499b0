/** Submissions: tasks and runs that people and programs hand in, as turns. */
import { OctopusError } from "../base/errors.ts";
import type { NewTask } from "../core/command.ts";
import type { AcceptedTask } from "../core/reply.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { Submitted } from "../protocol/views.ts";
import type { RunSpec } from "./api.ts";
import { RoomCheck } from "./limits.ts";
import { LOCAL_CALLER, type Looked, type PolicyCaller } from "./policy.ts";
import type { Clock, Library, Outside } from "./ports.ts";
import type { RunIntake } from "./run-intake.ts";
import { besides, rejected } from "./refusals.ts";
import { routeTasks } from "./routing.ts";
import { BulkCheck, linkTasks, lookUpCache, type Preparation, prepareTasks, type World } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface SubmissionsOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  preparation: Preparation;
}

interface Stretch {
  specs: readonly TaskSpec[];
  tasks: NewTask[];
  /** Number of the first of them in the whole submission. */
  from: number;
  /** Who submits them, and what was seen of them. */
  looked: Looked;
}

/** Tasks of one bulk submission decided in one command. */
const BULK_STEP = 512;

export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #turns: Turns;
  readonly #intake: RunIntake;

  constructor(options: SubmissionsOptions, turns: Turns, intake: RunIntake) {
    this.#options = options;
    this.#turns = turns;
    this.#intake = intake;
  }

  async submit(specs: readonly TaskSpec[], by: PolicyCaller = LOCAL_CALLER): Promise<Submitted[]> {
    const { clock, preparation } = this.#options;
    if (specs.length <= BULK_STEP) {
      return this.#step({ specs, tasks: prepareTasks(specs, preparation, false), from: 0, looked: { by, from: 0 } });
    }
    // Every step is looked over before the first one is accepted, and none holds the loop for long. What others did to ids
    // and arms meanwhile may still refuse one of them: then the answer says which were accepted.
    const check = new BulkCheck(specs);
    const room = new RoomCheck();
    const steps: Stretch[] = [];
    for (let from = 0; from < specs.length; from += BULK_STEP) {
      const step = specs.slice(from, from + BULK_STEP);
      const tasks = prepareTasks(step, preparation, false, from);
      check.check(tasks, from, this.#world(), clock.now());
      const looked: Looked = { by, from };
      routeTasks(tasks, step, this.#turns.state, preparation, looked);
      looked.isJudged = true;
      room.check(tasks, from, this.#world());
      steps.push({ specs: step, tasks, from, looked });
      await this.#turns.breathe();
    }
    const settled = await Promise.allSettled(steps.map((step) => this.#step(step)));
    const failed = settled.find((step) => step.status === "rejected");
    if (failed === undefined) return settled.flatMap((step) => (step.status === "fulfilled" ? step.value : []));
    throw besides(
      failed.reason,
      steps
        .filter((_, at) => settled[at]!.status === "fulfilled")
        .map(({ from, tasks }) => [from, from + tasks.length - 1]),
    );
  }

  #world(): World {
    return { state: this.#turns.state, library: this.#options.library };
  }

  #step({ specs, tasks, from, looked }: Stretch): Promise<Submitted[]> {
    return new Promise((resolve, reject) => {
      this.#turns.push({
        command: (state) => {
          const { preparation, library, clock } = this.#options;
          linkTasks(tasks, specs, this.#world());
          routeTasks(tasks, specs, state, preparation, looked);
          lookUpCache(tasks, library, clock.now());
          return { type: "SubmitTasks", tasks };
        },
        done: (reply) => {
          if (reply.ok)
            resolve(
              withWarnings(
                reply.tasks!.map((task) => this.#submitted(task)),
                looked,
                from,
              ),
            );
          else reject(rejected(reply.rejection, from));
        },
        failed: reject,
      });
    });
  }

  async submitRun(
    run: RunSpec,
    by: PolicyCaller = LOCAL_CALLER,
  ): Promise<{ id: string; warnings?: { path: string; message: string }[] }> {
    checkPlanner(run, this.#options.outside.planners);
    const looked: Looked = { by, warnings: [] };
    const id = `r${(await this.#intake.take(run, undefined, looked))!}`;
    const warnings = looked.warnings!.map(({ task, message }) => ({ path: `tasks[${task}]`, message }));
    return warnings.length === 0 ? { id } : { id, warnings };
  }

  #submitted({ task, key, state, existed }: AcceptedTask): Submitted {
    const id = key ?? `t${task}`;
    if (!existed) return { id, state };
    // Of a task that ended long ago core does not know how.
    const isLive = this.#turns.state.tasks.get(task) !== undefined;
    return { id, state: isLive ? state : (this.#options.library.stateOf(task) ?? state), existed: true };
  }
}

function withWarnings(submitted: Submitted[], { warnings = [] }: Looked, from: number): Submitted[] {
  for (const { task, message } of warnings) (submitted[task - from]!.warnings ??= []).push(message);
  return submitted;
}

/** Refuses a run whose planner nobody knows. */
export function checkPlanner({ planner }: RunSpec, planners: Readonly<Record<string, unknown>>): void {
  if (planner === undefined || Object.hasOwn(planners, planner)) return;
  const there = Object.keys(planners).toSorted().join(", ");
  const message = `names no planner: ${JSON.stringify(planner)}. There are ${there === "" ? "none" : there}`;
  throw new OctopusError("invalid", `planner ${message}`, { issues: [{ path: "planner", message }] });
}
