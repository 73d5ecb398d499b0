/**
 * One simulated cluster from one seed: several servers with the production engine, journal and shard over one log, people
 * who ask any of them, workers who go to whoever leads. First a time of faults, then everything is healed and everything
 * must come to its end, the same on all servers.
 */
import { createPrng } from "../../../src/base/prng.ts";
import { openArms } from "../people-limits.ts";
import { lookAfter } from "../people-runs.ts";
import { resumeAll } from "../people-workers.ts";
import { People } from "../people.ts";
import { type Outcome, runWorld } from "../run-world.ts";
import { GHOST } from "../work.ts";
import { Witness } from "../witness.ts";
import { WorkerMachine } from "../worker.ts";
import { World } from "../world.ts";
import { startFaults } from "./faults.ts";
import { Front } from "./front.ts";
import { Judge } from "./judge.ts";
import { ClusterNode, SHARD } from "./node.ts";
import { type ClusterOptions, drawCluster } from "./options.ts";
import { Service, type SimLog } from "./service.ts";

/** Between a seed and that of the dice for what is about servers. */
const DICE = 2 ** 42;
/** After healing, everything ends within this time. */
const LIVENESS_MS = 4 * 3_600_000;
const STEPS_MAX = 600_000;
/** Nothing was written for so long: the servers have had the time to hear of everything. */
const QUIET_MS = 3000;

export async function simulateCluster(seed: number, trace?: (line: string) => void): Promise<Outcome> {
  const world = new World(seed, trace);
  return runWorld(world, (fail) => new ClusterSimulation(world, fail));
}

class ClusterSimulation {
  readonly #world: World;
  readonly #witness: Witness;
  readonly #service: Service;
  readonly #judge: Judge;
  readonly #nodes: ClusterNode[];
  readonly #front: Front;
  readonly #drawn: ClusterOptions;
  readonly #fail: (error: unknown) => void;
  /** There from when somebody leads. */
  #people: People | undefined;
  readonly #workers: WorkerMachine[] = [];
  #healedAt = Infinity;
  /** The end of the log, and since when it has been that. */
  #last = 0;
  #lastSince = 0;

  constructor(world: World, fail: (error: unknown) => void) {
    this.#world = world;
    const { prng, options } = world;
    this.#fail = fail;
    const dice = createPrng(world.seed + DICE);
    // Actions that come faster than servers change tell nothing of the changes.
    options.asyncAppend = true;
    options.actionEveryMs = dice.pick([20, 200, 1000, 3000]);
    const drawn = drawCluster(dice, options.actions * options.actionEveryMs);
    this.#drawn = drawn;
    world.tell(() => `seed ${world.seed}: ${JSON.stringify({ ...drawn, ...options })}`);
    this.#witness = new Witness(world, { exact: false });
    this.#service = new Service(world, drawn.service);
    this.#judge = new Judge(world, this.#witness, this.#log);
    const hooks = {
      led: () => this.#witness.ledAnew(),
      turned: (...[node, state, turn]: Parameters<ConstructorParameters<typeof ClusterNode>[3]["turned"]>) => {
        // What another server has written since is not in this one's memory.
        const isNewest = node.store.tables.applied().chain === this.#judge.newest;
        if (isNewest && node.leads) world.guard(() => this.#witness.turned(state, turn));
      },
    };
    const names = Array.from({ length: drawn.servers }, (_, index) => `s${index + 1}`);
    this.#nodes = names.map((name) => new ClusterNode(world, this.#service, name, hooks));
    this.#front = new Front(world, this.#witness, this.#nodes);
    for (let n = 1; n <= options.workers; n++) {
      const slots = 1 + prng.int(options.slotsMax);
      this.#workers.push(new WorkerMachine(world, this.#witness, this.#front, `w${n}`, slots));
    }
  }

  #begin(): void {
    const world = this.#world;
    const workerNames = this.#workers.map(({ name }) => name);
    this.#people = new People(world, this.#witness, this.#front, { workerNames, fail: this.#fail });
    const struck = { world, service: this.#service, judge: this.#judge, nodes: this.#nodes, workers: this.#workers };
    startFaults(struck, this.#drawn);
  }

  get #log(): SimLog {
    return this.#service.log(SHARD);
  }

  get tasks(): number {
    return this.#witness.lastTask;
  }

  done(): boolean {
    const { world, people } = { world: this.#world, people: this.#people };
    if (people === undefined) {
      if (this.#front.leader !== undefined) this.#begin();
      world.demand(world.steps < STEPS_MAX, () => "nobody ever led");
      return false;
    }
    if (!world.healed) {
      if (people.left === 0) this.#heal();
      return false;
    }
    if (this.#log.last !== this.#last) {
      this.#last = this.#log.last;
      this.#lastSince = world.time.now;
    }
    if (world.steps % 16 === 0 && this.#isQuiet()) return true;
    const late = world.time.now - this.#healedAt > LIVENESS_MS || world.steps > STEPS_MAX;
    world.demand(!late, () => {
      const busy = this.#workers.flatMap(({ busyWith }) => busyWith ?? []);
      const servers = this.#nodes.map(
        ({ name, shard }) => `${name} ${shard?.role} ${shard?.position().seq} ${shard?.notReady}`,
      );
      return `not everything has ended: ${[...this.#witness.unfinished(), ...people.hanging(), ...busy, ...servers].join(", ")}`;
    });
    return false;
  }

  #heal(): void {
    const world = this.#world;
    world.tell(() => "everything is healed");
    this.#healedAt = world.time.now;
    world.heal();
    this.#service.heal();
    // None is behind another, nor behind what it went by: what one has put off, another that is an hour behind would put off
    // for that hour.
    const skewMs = Math.max(...this.#nodes.map((node) => node.process.aheadMs));
    for (const node of this.#nodes) node.process.skewMs = skewMs;
    for (const { process } of [...this.#nodes, ...this.#workers]) process.thaw();
    this.#workers.push(new WorkerMachine(world, this.#witness, this.#front, GHOST, 2));
    this.#openArms();
    if (world.options.wishes.drains > 0) resumeAll(world, this.#front);
    for (const worker of this.#workers) worker.serveAll();
    if (world.options.wishes.flows > 0) lookAfter(world, this.#front);
  }

  #openArms(): void {
    const again = (): void => void this.#world.time.after(500, () => this.#openArms());
    const { engine } = this.#front;
    if (engine === undefined) return again();
    openArms(engine).then(() => this.#front.stands(engine) || again(), again);
  }

  #isQuiet(): boolean {
    if (this.#world.time.now - this.#lastSince < QUIET_MS) return false;
    const { last } = this.#log;
    if (!this.#nodes.every(({ shard }) => shard?.position().seq === last)) return false;
    if (this.#nodes.filter(({ leads }) => leads).length !== 1) return false;
    if (this.#workers.some(({ busyWith }) => busyWith !== undefined)) return false;
    return this.#witness.unfinished().length === 0 && this.#people!.hanging().length === 0;
  }

  async checkEnd(): Promise<void> {
    const { queued, running } = this.#witness.replica.runCounts;
    this.#world.demand(queued + running === 0, () => `every task has ended, and ${queued + running} runs have not`);
    await this.#judge.end(this.#nodes, this.#log);
  }

  close(): void {
    for (const node of this.#nodes) node.close();
  }
}
