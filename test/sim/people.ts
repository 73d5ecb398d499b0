/**
 * People at work: they submit, cancel, retry, delete, configure and wait, at random. They remember what they were told, and
 * whatever they are refused must be refused with an `OctopusError`. What they can do stands in `people-*.ts`.
 */
import { OctopusError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type Action, Crowd } from "./crowd.ts";
import { configure, openArms, setQuota, sideArm } from "./people-limits.ts";
import { schedules } from "./people-schedules.ts";
import { answer, mark, pause, retryRun, submitFlow } from "./people-runs.ts";
import { clear, meet, submit, submitPlan, submitRun } from "./people-submit.ts";
import { cancel, cancelBulk, cancelRun, dismiss, move, remove, reschedule, retry, startBulk } from "./people-tasks.ts";
import { drain, forget, quarrel, resume } from "./people-workers.ts";
import type { Host } from "./host.ts";
import type { Wish, Wishes } from "./wishes.ts";
import type { Witness } from "./witness.ts";
import { Violation, type World } from "./world.ts";

/** A call that waits for a task or a run to end. */
interface Waiting {
  what: string;
  /** The server that was asked; when it crashes, so does the wait. */
  engine: Engine;
  ended: boolean;
}

function times(count: number, action: Action): Action[] {
  return Array.from({ length: count }, () => action);
}

/** What people do, as often as it stands here, where this seed knows the wish for it. */
function actionsOf(wishes: Wishes): Action[] {
  const where = (wish: Wish, count: number, ...actions: Action[]): Action[] =>
    wishes[wish] > 0 ? actions.flatMap((action) => times(count, action)) : [];
  return [
    ...times(6, submit),
    ...times(3, submitRun),
    ...times(2, cancel),
    ...times(3, retry),
    ...times(2, remove),
    ...[cancelRun, meet, clear, configure],
    ...where("arms", 2, configure),
    ...where("arms", 1, sideArm),
    ...where("quotas", 2, setQuota),
    ...where("moves", 2, move),
    ...where("moves", 2, reschedule),
    ...where("bulks", 2, startBulk),
    ...where("bulks", 1, cancelBulk),
    ...where("callbacks", 1, dismiss),
    ...where("schedules", 4, schedules),
    ...where("plans", 2, submitPlan),
    ...where("flows", 5, submitFlow),
    ...where("flows", 2, answer, retryRun),
    ...where("drains", 3, drain),
    ...where("drains", 2, resume, forget),
    ...where("drains", 1, quarrel),
    ...where("flows", 1, pause, pause, mark, cancelRun),
  ];
}

export class People {
  readonly #crowd: Crowd;
  readonly #world: World;
  readonly #server: Host;
  readonly #actions: readonly Action[];
  readonly #waiting = new Set<Waiting>();

  constructor(
    world: World,
    witness: Witness,
    server: Host,
    more: { workerNames: readonly string[]; fail: (error: unknown) => void },
  ) {
    this.#crowd = new Crowd(world, witness, server, more);
    this.#world = world;
    this.#server = server;
    this.#actions = [
      ...actionsOf(world.options.wishes),
      (_, engine) => this.#wait(engine),
      (_, engine) => this.#read(engine),
    ];
    const { engine } = server;
    if (engine !== undefined) this.#crowd.ask("registers the arms", engine, () => openArms(engine));
    if (engine !== undefined && world.options.wishes.quotas > 0) {
      for (let n = 0; n < 2; n++) setQuota(this.#crowd, engine);
    }
    this.#next();
  }

  /** Actions that are still to come. */
  get left(): number {
    return this.#crowd.left;
  }

  #next(): void {
    const { prng } = this.#world;
    this.#world.time.after(this.#world.around(this.#world.options.actionEveryMs), () => {
      // Several at once now and then, so that they meet in one turn.
      const many = prng.chance(0.3) ? 2 + prng.int(4) : 1;
      for (let i = 0; i < many && this.left > 0; i++) {
        this.#crowd.left--;
        const { engine } = this.#server;
        if (engine !== undefined) prng.pick(this.#actions)(this.#crowd, engine);
      }
      if (this.left > 0) this.#next();
    });
  }

  /** Waits whose server still stands and that have not come back. */
  hanging(): string[] {
    return [...this.#waiting]
      .filter(({ engine, ended }) => !ended && this.#server.stands(engine))
      .map(({ what }) => what);
  }

  #wait(engine: Engine): void {
    const { prng } = this.#world;
    const id = prng.chance(0.7) ? this.#crowd.someTask() : this.#crowd.someRun();
    const ms = prng.chance(0.5) ? Infinity : prng.int(5000);
    const waiting: Waiting = { what: `the wait for ${id}`, engine, ended: false };
    this.#waiting.add(waiting);
    const call = async () => (id.startsWith("r") ? engine.waitRun(id, ms) : engine.waitTask(id, ms));
    this.#crowd.ask(`waits ${ms} ms for ${id}`, engine, call, (seen) => {
      this.#waiting.delete(waiting);
      const isOver = seen === undefined || seen.endedAt !== undefined || ms !== Infinity || !engine.ready();
      this.#world.demand(isOver, () => `the wait for ${id} came back, and it is ${seen?.state}`);
    });
  }

  #read(engine: Engine): void {
    const id = this.#crowd.someTask();
    this.#world.tell(() => `people: looks at ${id}`);
    try {
      engine.task(id);
      engine.explain(id);
      engine.logs(id, {});
      engine.resultText(id);
      engine.tasks({ limit: 5 });
      engine.runs({});
      engine.status();
      engine.arms();
    } catch (error) {
      throw error instanceof OctopusError ? error : new Violation(`a look at ${id} failed: ${String(error)}`);
    }
  }
}
