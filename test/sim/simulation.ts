/**
 * One simulation from one seed: first a time of faults in which nothing wrong may happen, then everything is healed and
 * everything must come to its end.
 */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFaults } from "./faults.ts";
import { Liar } from "./liar.ts";
import { openArms } from "./people-limits.ts";
import { lookAfter } from "./people-runs.ts";
import { resumeAll } from "./people-workers.ts";
import { People } from "./people.ts";
import { type Outcome, runWorld } from "./run-world.ts";
import { Screen } from "./screen.ts";
import { Server } from "./server.ts";
import { GHOST } from "./work.ts";
import { Witness } from "./witness.ts";
import { WorkerMachine } from "./worker.ts";
import { World } from "./world.ts";

/** After healing, everything ends within this time. */
const LIVENESS_MS = 4 * 3_600_000;
const STEPS_MAX = 400_000;

export async function simulate(seed: number, trace?: (line: string) => void): Promise<Outcome> {
  const world = new World(seed, trace);
  world.tell(() => `seed ${seed}: ${JSON.stringify(world.options)}`);
  const dir = world.options.store === "file" ? mkdtempSync(join(fastest(), "octopus-sim-")) : ":memory:";
  const witness = new Witness(world);
  const server = new Server(world, witness, dir);
  return runWorld(world, (fail) => new Simulation(world, witness, server, fail));
}

class Simulation {
  readonly #world: World;
  readonly #witness: Witness;
  readonly #server: Server;
  readonly #people: People;
  readonly #workers: WorkerMachine[] = [];
  readonly #screens: Screen[] = [];
  #healedAt = Infinity;

  constructor(world: World, witness: Witness, server: Server, fail: (error: unknown) => void) {
    this.#world = world;
    this.#witness = witness;
    this.#server = server;
    const { prng, options } = world;
    for (let n = 1; n <= options.workers; n++) {
      this.#workers.push(new WorkerMachine(world, witness, server, `w${n}`, 1 + prng.int(options.slotsMax)));
    }
    for (let n = 1; n <= options.liars; n++) new Liar(world, witness, server, `liar${n}`);
    for (let n = 1; n <= options.screens; n++) this.#screens.push(new Screen(world, server));
    this.#people = new People(world, witness, server, { workerNames: this.#workers.map(({ name }) => name), fail });
    startFaults(world, server, this.#workers);
  }

  get tasks(): number {
    return this.#witness.lastTask;
  }

  close(): void {
    this.#server.close();
  }

  /** Heals when people are done; true when everything has ended after that. */
  done(): boolean {
    const { world, people } = { world: this.#world, people: this.#people };
    if (!world.healed) {
      if (people.left === 0) this.#heal();
      return false;
    }
    if (world.steps % 16 === 0 && this.#isQuiet()) return true;
    const late = world.time.now - this.#healedAt > LIVENESS_MS || world.steps > STEPS_MAX;
    world.demand(!late, () => {
      const busy = this.#workers.flatMap(({ busyWith }) => busyWith ?? []);
      return `not everything has ended: ${[...this.#witness.unfinished(), ...people.hanging(), ...busy].join(", ")}`;
    });
    return false;
  }

  #heal(): void {
    this.#world.tell(() => "everything is healed");
    this.#healedAt = this.#world.time.now;
    this.#world.heal();
    this.#server.process.thaw();
    for (const { process } of this.#workers) process.thaw();
    this.#workers.push(new WorkerMachine(this.#world, this.#witness, this.#server, GHOST, 2));
    this.#openArms();
    if (this.#world.options.wishes.drains > 0) resumeAll(this.#world, this.#server);
    for (const worker of this.#workers) worker.serveAll();
    if (this.#world.options.wishes.flows > 0) lookAfter(this.#world, this.#server);
  }

  /** Until it has worked: the server may be away, or about to find out that it can write again. */
  #openArms(): void {
    const again = (): void => {
      this.#world.time.after(500, () => this.#openArms());
    };
    const { engine } = this.#server;
    if (engine === undefined) return again();
    openArms(engine).then(() => this.#server.engine === engine || again(), again);
  }

  #isQuiet(): boolean {
    const { engine } = this.#server;
    if (engine === undefined || !engine.ready() || this.#server.appending) return false;
    if (!this.#screens.every(({ isUpToDate }) => isUpToDate)) return false;
    if (this.#workers.some(({ busyWith }) => busyWith !== undefined)) return false;
    return this.#witness.unfinished().length === 0 && this.#people.hanging().length === 0;
  }

  checkEnd(): void {
    const { engine, store } = this.#server;
    for (const screen of this.#screens) screen.check();
    const { queued, running } = engine!.state.runCounts;
    this.#world.demand(queued + running === 0, () => `every task has ended, and ${queued + running} runs have not`);
    this.#witness.compare(engine!.state, this.#server.process.now());
    this.#witness.loaded(store.journal.load(), this.#server.process.now());
    this.#witness.end(store.library);
    this.#server.shadow?.end();
  }
}

/** A folder whose files live in memory, where there is one: a simulated crash needs no disk. */
function fastest(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}
