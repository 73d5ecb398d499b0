/**
 * People at work: they submit, cancel, retry, delete, configure and wait, at random. They remember what they were told, and
 * whatever they are refused must be refused with an `OctopusError`.
 */
import { OctopusError } from "../../src/base/errors.ts";
import { isEnded } from "../../src/base/words.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { Server } from "./server.ts";
import { ARMS, drawNeeds, drawSpec } from "./work.ts";
import type { Witness } from "./witness.ts";
import { Violation, type World } from "./world.ts";

/** A call that waits for a task or a run to end. */
interface Waiting {
  what: string;
  /** The server that was asked; when it crashes, so does the wait. */
  engine: Engine;
  ended: boolean;
}

export class People {
  /** Actions that are still to come. */
  left: number;
  readonly #world: World;
  readonly #witness: Witness;
  readonly #server: Server;
  readonly #workerNames: readonly string[];
  /** Ids of tasks and runs that were acknowledged. */
  readonly #tasks: string[] = [];
  readonly #runs: string[] = [];
  /** What was submitted with an id, to be submitted again. */
  readonly #specs = new Map<string, TaskSpec>();
  readonly #waiting = new Set<Waiting>();
  readonly #fail: (error: unknown) => void;

  constructor(
    world: World,
    witness: Witness,
    server: Server,
    more: { workerNames: readonly string[]; fail: (error: unknown) => void },
  ) {
    this.#world = world;
    this.#witness = witness;
    this.#server = server;
    this.#workerNames = more.workerNames;
    this.#fail = more.fail;
    this.left = world.options.actions;
    this.#next();
  }

  #next(): void {
    const { prng } = this.#world;
    this.#world.time.after(this.#world.around(this.#world.options.actionEveryMs), () => {
      // Several at once now and then, so that they meet in one turn.
      const many = prng.chance(0.3) ? 2 + prng.int(4) : 1;
      for (let i = 0; i < many && this.left > 0; i++) {
        this.left--;
        this.#act();
      }
      if (this.left > 0) this.#next();
    });
  }

  /** Waits whose server still stands and that have not come back. */
  hanging(): string[] {
    return [...this.#waiting]
      .filter(({ engine, ended }) => !ended && engine === this.#server.engine)
      .map(({ what }) => what);
  }

  #act(): void {
    const { engine } = this.#server;
    if (engine === undefined) return;
    const { prng } = this.#world;
    const weighted = [
      ...Array.from({ length: 6 }, () => () => this.#submit(engine)),
      ...Array.from({ length: 3 }, () => () => this.#submitRun(engine)),
      ...Array.from({ length: 2 }, () => () => this.#cancel(engine)),
      ...Array.from({ length: 3 }, () => () => this.#retry(engine)),
      ...Array.from({ length: 2 }, () => () => this.#delete(engine)),
      () => this.#cancelRun(engine),
      () => this.#meet(engine),
      () => this.#clear(engine),
      () => this.#configure(engine),
      () => this.#wait(engine),
      () => this.#read(engine),
    ];
    prng.pick(weighted)();
  }

  /** Asks the server; an answer of a server that has crashed meanwhile never arrives. */
  #ask<T>(what: string, engine: Engine, call: () => Promise<T>, answered: (answer: T) => void): void {
    this.#world.tell(() => `people: ${what}`);
    call().then(
      (answer) => {
        if (this.#server.engine !== engine) return;
        this.#world.tell(() => `people: ${what} is answered`);
        this.#guard(() => answered(answer));
      },
      (error: unknown) => {
        if (this.#server.engine !== engine) return;
        this.#world.tell(() => `people: ${what} is refused: ${String(error)}`);
        if (!(error instanceof OctopusError)) this.#fail(error);
      },
    );
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#fail(error);
    }
  }

  #submit(engine: Engine): void {
    const { prng, options } = this.#world;
    const count = prng.chance(0.5) ? 1 : 1 + prng.int(options.bulkMax);
    const fresh: TaskSpec[] = [];
    const tag = `s${this.#world.steps}.${this.left}`;
    const specs = Array.from({ length: count }, (_, index) => {
      if (this.#specs.size > 0 && prng.chance(0.1)) return prng.pick([...this.#specs.values()]);
      const spec = drawSpec(this.#world, this.#workerNames, this.#server.process.now());
      if (prng.chance(0.3)) spec.id = prng.chance(0.2) ? `k${prng.int(6)}` : `n${this.left}.${index}`;
      // One with an id may come again in another submission, so its tag would tell nothing.
      else spec.tags = [tag];
      fresh.push(spec);
      return spec;
    });
    if (prng.chance(0.5)) drawNeeds(prng, fresh, this.#tasks.slice(-10));
    // Remembered before the answer: whoever hears nothing submits the same again.
    for (const spec of fresh) if (spec.id !== undefined && !this.#specs.has(spec.id)) this.#specs.set(spec.id, spec);
    const before = this.#witness.submittedAs(tag);
    const submit = async () => {
      try {
        return await engine.submit(specs);
      } catch (error) {
        const isRefusal = error instanceof OctopusError && ["conflict", "invalid", "too_large"].includes(error.code);
        const kept = this.#witness.submittedAs(tag) - before;
        this.#world.demand(!isRefusal || kept === 0, () => `${kept} tasks of a refused submission were accepted`);
        throw error;
      }
    };
    this.#ask(`submits ${count} tasks`, engine, submit, (accepted) => {
      for (const { id } of accepted) {
        const isThere = engine.task(id) !== undefined || this.#witness.isDeleted(id);
        this.#world.demand(isThere, () => `V4: ${id} was acknowledged and cannot be found`);
        if (!this.#tasks.includes(id)) this.#tasks.push(id);
      }
      this.#witness.acknowledged(accepted.map(({ id }) => this.#witness.seqOf(id)));
    });
  }

  /** Several people want different things of one ended task at the same moment. */
  #meet(engine: Engine): void {
    const id = this.#someEnded();
    const spec = this.#specs.get(id);
    const wishes = [
      () =>
        this.#ask(
          `meets: deletes ${id}`,
          engine,
          () => engine.deleteTask(id),
          () => {},
        ),
      () =>
        this.#ask(
          `meets: deletes ${id}`,
          engine,
          () => engine.deleteTask(id),
          () => {},
        ),
      () =>
        this.#ask(
          `meets: retries ${id}`,
          engine,
          () => engine.retryTask(id),
          () => {},
        ),
      () =>
        this.#ask(
          `meets: retries ${id}`,
          engine,
          () => engine.retryTask(id),
          () => {},
        ),
      () => this.#clear(engine),
      () =>
        spec &&
        this.#ask(
          `meets: submits ${id}`,
          engine,
          () => engine.submit([spec]),
          ([accepted]) => {
            this.#witness.acknowledged([this.#witness.seqOf(accepted!.id)]);
          },
        ),
    ];
    for (let i = 0; i < 3; i++) this.#world.prng.pick(wishes)();
  }

  #submitRun(engine: Engine): void {
    const { prng } = this.#world;
    const tasks = Array.from({ length: prng.int(8) }, (_, index) => ({
      ...drawSpec(this.#world, this.#workerNames, this.#server.process.now()),
      id: `step${index}`,
    }));
    drawNeeds(prng, tasks, []);
    this.#ask(
      `submits a run of ${tasks.length}`,
      engine,
      () => engine.submitRun({ workflow: "flow", tasks }),
      ({ id }) => {
        this.#runs.push(id);
        const run = engine.run(id);
        this.#world.demand(run?.tasks.length === tasks.length, () => `V4: run ${id} was acknowledged and is not whole`);
        for (const task of run!.tasks) this.#tasks.push(task.id);
        this.#witness.acknowledged(run!.tasks.map((task) => this.#witness.seqOf(task.id)));
      },
    );
  }

  #cancel(engine: Engine): void {
    const id = this.#someTask();
    this.#ask(
      `cancels ${id}`,
      engine,
      () => engine.cancelTask(id),
      () => {},
    );
  }

  #cancelRun(engine: Engine): void {
    const id = this.#someRun();
    this.#ask(
      `cancels ${id}`,
      engine,
      () => engine.cancelRun(id),
      () => {},
    );
  }

  #retry(engine: Engine): void {
    const id = this.#someEnded();
    this.#ask(
      `retries ${id}`,
      engine,
      () => engine.retryTask(id),
      () => {},
    );
  }

  #delete(engine: Engine): void {
    const id = this.#someEnded();
    this.#ask(
      `deletes ${id}`,
      engine,
      () => engine.deleteTask(id),
      () => {},
    );
  }

  #clear(engine: Engine): void {
    const keep = this.#world.prng.int(30);
    this.#ask(
      `clears all but ${keep}`,
      engine,
      () => engine.clearEnded(keep),
      () => {},
    );
  }

  #configure(engine: Engine): void {
    const { prng } = this.#world;
    const change = {
      ...(prng.chance(0.4) && { enabled: prng.chance(0.6) }),
      ...(prng.chance(0.7) && { maxParallel: prng.pick([null, 1, 2, 5]) }),
    };
    const arm = prng.pick(ARMS);
    this.#ask(
      `sets ${arm} to ${JSON.stringify(change)}`,
      engine,
      () => engine.configureArm(arm, change),
      () => {},
    );
  }

  #wait(engine: Engine): void {
    const { prng } = this.#world;
    const id = prng.chance(0.7) ? this.#someTask() : this.#someRun();
    const ms = prng.chance(0.5) ? Infinity : prng.int(5000);
    const waiting: Waiting = { what: `the wait for ${id}`, engine, ended: false };
    this.#waiting.add(waiting);
    const call = async () => (id.startsWith("r") ? engine.waitRun(id, ms) : engine.waitTask(id, ms));
    this.#ask(`waits ${ms} ms for ${id}`, engine, call, (seen) => {
      this.#waiting.delete(waiting);
      const isOver = seen === undefined || seen.endedAt !== undefined || ms !== Infinity || !engine.ready();
      this.#world.demand(isOver, () => `the wait for ${id} came back, and it is ${seen?.state}`);
    });
  }

  #read(engine: Engine): void {
    const id = this.#someTask();
    this.#world.tell(() => `people: looks at ${id}`);
    try {
      engine.task(id);
      engine.explain(id);
      engine.logs(id, {});
      engine.resultText(id);
      engine.tasks({ limit: 5 });
      engine.runs({});
      engine.status();
    } catch (error) {
      throw error instanceof OctopusError ? error : new Violation(`a look at ${id} failed: ${String(error)}`);
    }
  }

  /** One that has ended, if there is one: others are only refused. */
  #someEnded(): string {
    const ended = this.#tasks.filter((id) => isEnded(this.#witness.stateOf(this.#witness.seqOf(id)) ?? "running"));
    return ended.length > 0 && this.#world.prng.chance(0.8) ? this.#world.prng.pick(ended) : this.#someTask();
  }

  #someTask(): string {
    return this.#tasks.length === 0 ? "t1" : this.#world.prng.pick(this.#tasks);
  }

  #someRun(): string {
    return this.#runs.length === 0 ? "r1" : this.#world.prng.pick(this.#runs);
  }
}
