/** What the people of a simulation share: whom they ask, what they remember, and how an answer is taken. */
import { OctopusError } from "../../src/base/errors.ts";
import { isEnded } from "../../src/base/words.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { Host } from "./host.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export class Crowd {
  readonly world: World;
  readonly witness: Witness;
  readonly server: Host;
  readonly workerNames: readonly string[];
  /** Actions that are still to come; also a number that differs between actions. */
  left: number;
  /** Ids of tasks, runs and bulk actions that were acknowledged. */
  readonly tasks: string[] = [];
  readonly runs: string[] = [];
  readonly bulks: string[] = [];
  /** What was submitted with an id, to be submitted again. */
  readonly specs = new Map<string, TaskSpec>();
  readonly fail: (error: unknown) => void;

  constructor(
    world: World,
    witness: Witness,
    server: Host,
    more: { workerNames: readonly string[]; fail: (error: unknown) => void },
  ) {
    this.world = world;
    this.witness = witness;
    this.server = server;
    this.workerNames = more.workerNames;
    this.fail = more.fail;
    this.left = world.options.actions;
  }

  /** Asks the server; an answer of a server that has crashed meanwhile never arrives. */
  ask<T>(what: string, engine: Engine, call: () => Promise<T>, answered: (answer: T) => void = () => {}): void {
    this.world.tell(() => `people: ${what}`);
    call().then(
      (answer) => {
        if (!this.server.stands(engine)) return;
        this.world.tell(() => `people: ${what} is answered`);
        this.#guard(() => answered(answer));
      },
      (error: unknown) => {
        if (!this.server.stands(engine)) return;
        this.world.tell(() => `people: ${what} is refused: ${String(error)}`);
        if (!(error instanceof OctopusError)) this.fail(error);
      },
    );
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  /** One that has ended, if there is one: others are only refused. */
  someEnded(): string {
    const ended = this.tasks.filter((id) => isEnded(this.witness.stateOf(this.witness.seqOf(id)) ?? "running"));
    return ended.length > 0 && this.world.prng.chance(0.8) ? this.world.prng.pick(ended) : this.someTask();
  }

  someTask(): string {
    return this.tasks.length === 0 ? "t1" : this.world.prng.pick(this.tasks);
  }

  someRun(): string {
    return this.runs.length === 0 ? "r1" : this.world.prng.pick(this.runs);
  }
}

/** One thing that people may do. */
export type Action = (crowd: Crowd, engine: Engine) => void;
