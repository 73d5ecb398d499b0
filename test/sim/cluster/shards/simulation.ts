/**
 * Many shards on many servers, from one seed: servers join, leave, die, sleep, lose their disk, are cut off; namespaces are
 * made and deleted; people submit all the while. Then everything is healed, and must come to rest.
 *
 * V40  In one term of a shard one server leads, and terms in a log never go back.
 * V41  What was acknowledged is at every server that holds the shard, once; what was refused is nowhere.
 * V42  At rest every shard is at as many servers as there are copies, `default` at all, and leads are even within one.
 * V43  At rest words between servers grow with the servers, not with the shards.
 * V44  The last snapshot of a namespace that was deleted holds all that was acknowledged of it.
 */
import type { OctopusError } from "../../../../src/base/errors.ts";
import { createPrng, type Prng } from "../../../../src/base/prng.ts";
import { decode } from "../../../../src/cluster/record.ts";
import { type Outcome, runWorld } from "../../run-world.ts";
import { World } from "../../world.ts";
import { NO_FAULTS, Service } from "../service.ts";
import { ShardServer } from "./server.ts";
import { readCopy } from "./tables.ts";

export interface ShardsOptions {
  servers?: number;
  namespaces?: number;
  /** Milliseconds of faults. */
  phaseMs?: number;
}

const STEPS_MAX = 5_000_000;
const SETTLE_MS = 15 * 60_000;
const QUIET_MS = 20_000;
/** Words of one server in a second at rest: its pulses, what it holds, and now and then a question. */
const WORDS_MAX = 6;

const FAULTS = ["crash", "crashWithDisk", "stop", "leave", "join", "freeze", "link", "serviceDown", "clock"] as const;

interface Acknowledged {
  readonly tasks: Set<number>;
  readonly refused: Set<number>;
}

export async function simulateShards(
  seed: number,
  trace?: (line: string) => void,
  options: ShardsOptions = {},
): Promise<Outcome> {
  const world = new World(seed, trace);
  return runWorld(world, () => new ShardsSimulation(world, options));
}

class ShardsSimulation {
  tasks = 0;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #service: Service;
  readonly #servers: ShardServer[] = [];
  readonly #copies: number;
  readonly #names: string[];
  /** By shard and term who led. */
  readonly #led = new Map<string, string>();
  readonly #terms = new Map<string, number>();
  readonly #told = new Map<string, Acknowledged>();
  /** Names of namespaces that are being made or deleted. */
  readonly #busy = new Set<string>();
  readonly #there = new Set<string>();
  readonly #phaseMs: number;
  readonly #most: number;
  #began = false;
  #healedAt = Infinity;
  #restedAt = Infinity;
  #words = 0;

  constructor(world: World, { servers, namespaces, phaseMs }: ShardsOptions) {
    this.#world = world;
    this.#prng = createPrng(world.seed + 2 ** 43);
    const prng = this.#prng;
    const often = (): number => (prng.chance(0.6) ? 0 : prng.pick([0.002, 0.02]));
    this.#service = new Service(world, {
      ...NO_FAULTS,
      ...{ delayMsMax: prng.pick([1, 5, 40]), lost: often(), unanswered: often(), late: often(), wordLost: often() },
      ...{ stale: often(), objectMsMax: prng.pick([1, 50, 500]) },
    });
    this.#copies = prng.pick([1, 2, 3, 3, 3]);
    this.#most = servers ?? 2 + prng.int(6);
    this.#phaseMs = phaseMs ?? prng.pick([60_000, 180_000, 300_000]);
    this.#names = Array.from({ length: namespaces ?? 4 + prng.int(20) }, (_, n) => `team-${n}`);
    const { publish } = this.#service;
    this.#service.publish = (...word) => {
      this.#words++;
      publish.apply(this.#service, word);
    };
    world.tell(
      () => `seed ${world.seed}: ${this.#most} servers, ${this.#names.length} namespaces, ${this.#copies} copies`,
    );
    for (let n = 1; n <= this.#most; n++) this.#join();
  }

  done(): boolean {
    const { time, steps } = this.#world;
    const world = this.#world;
    world.demand(steps < STEPS_MAX, () => `it does not end: ${this.#restless().join(", ")}`);
    if (!this.#began) {
      if (this.#up.some(({ replicas }) => replicas.get("default")?.shard.role === "leader")) this.#begin();
      return false;
    }
    if (!world.healed) {
      if (time.now >= this.#phaseMs) this.#heal();
      return false;
    }
    if (steps % 64 !== 0) return false;
    const restless = this.#restless();
    if (restless.length > 0) {
      this.#restedAt = Infinity;
      world.demand(time.now - this.#healedAt < SETTLE_MS, () => `it does not come to rest: ${restless.join(", ")}`);
      return false;
    }
    if (this.#restedAt === Infinity) {
      this.#restedAt = time.now;
      this.#words = 0;
    }
    return time.now - this.#restedAt >= QUIET_MS;
  }

  /** V41 to V44. */
  checkEnd(): void {
    const { world, servers } = { world: this.#world, servers: this.#up };
    const perSecond = this.#words / (QUIET_MS / 1000) / servers.length;
    world.demand(perSecond <= WORDS_MAX, () => `V43: ${perSecond.toFixed(1)} words a second of each server at rest`);
    const [one] = servers;
    for (const name of one!.host!.names()) {
      const { shard } = one!.host!.namespace(name)!;
      const holders = servers.filter(({ replicas }) => replicas.has(shard));
      const wanted = name === "default" ? servers.length : Math.min(this.#copies, servers.length);
      world.demand(holders.length === wanted, () => `V42: ${shard} is at ${holders.length} servers, not at ${wanted}`);
      for (const { name: server, replicas } of holders)
        this.#checkTasks(shard, server, replicas.get(shard)!.tables.tasks);
    }
    const leads = servers.map(
      ({ replicas }) => [...replicas.values()].filter(({ shard }) => shard.role === "leader").length,
    );
    world.demand(Math.max(...leads) - Math.min(...leads) <= 1, () => `V42: leads are ${leads.join(", ")}`);
    for (const [key, value] of this.#service.values) {
      if (!key.startsWith("namespaces/")) continue;
      const { shard, removed } = JSON.parse(value) as { shard: string; removed?: { snapshot?: string } };
      if (removed === undefined) continue;
      world.count("namespaces deleted");
      const object = this.#service.objects.get(removed.snapshot ?? "");
      world.demand(object !== undefined, () => `V44: ${shard} has no last snapshot`);
      this.#checkTasks(shard, "the last snapshot", readCopy(object!.bytes).tasks);
    }
  }

  close(): void {
    for (const server of this.#servers) server.kill();
  }

  get #up(): ShardServer[] {
    return this.#servers.filter(({ isGone }) => !isGone);
  }

  #acknowledged(shard: string): Acknowledged {
    let told = this.#told.get(shard);
    if (told === undefined) this.#told.set(shard, (told = { tasks: new Set(), refused: new Set() }));
    return told;
  }

  #checkTasks(shard: string, where: string, tasks: readonly number[]): void {
    const there = new Set(tasks);
    const { tasks: acknowledged, refused } = this.#acknowledged(shard);
    const world = this.#world;
    world.demand(there.size === tasks.length, () => `V41: ${shard} at ${where} has a task twice`);
    for (const task of acknowledged)
      world.demand(there.has(task), () => `V41: task ${task} of ${shard} was acknowledged, and is not at ${where}`);
    for (const task of refused)
      world.demand(!there.has(task), () => `V41: task ${task} of ${shard} was refused, and is at ${where}`);
  }

  /** What is not at rest yet. */
  #restless(): string[] {
    const restless = [...this.#busy].map((name) => `${name} is being made or deleted`);
    for (const { name, host, replicas } of this.#up) {
      if (host === undefined) return [...restless, `${name} is not up`];
      const view = host.view();
      if (view.length !== this.#there.size + 1) restless.push(`${name} knows ${view.length} namespaces`);
      for (const { shard, state, leader, hosts } of view) {
        if (state !== "ok") restless.push(`${shard} is ${state} to ${name} (${leader}; ${JSON.stringify(hosts)})`);
        const replica = replicas.get(shard);
        const { last } = this.#service.log(shard);
        if (replica !== undefined && replica.shard.position().seq !== last)
          restless.push(`${shard} at ${name} is at ${replica.shard.position().seq} of ${last}`);
      }
    }
    return restless;
  }

  // --- what happens ---

  #join(): void {
    const server: ShardServer = new ShardServer(this.#world, this.#service, `s${this.#servers.length + 1}`, {
      copies: this.#copies,
      led: (by, shard, term) => this.#leads(by.name, shard, term),
      opened: (shard) => {
        this.#service.log(shard).onAppend = (bytes) => this.#appended(shard, bytes);
      },
    });
    this.#servers.push(server);
  }

  /** V40. */
  #leads(server: string, shard: string, term: number): void {
    const key = `${shard}/${term}`;
    const before = this.#led.get(key);
    this.#world.demand(before === undefined || before === server, () => `V40: ${before} and ${server} lead ${key}`);
    this.#led.set(key, server);
    this.#world.count("terms");
  }

  #appended(shard: string, bytes: Uint8Array): void {
    const record = decode(bytes);
    const before = this.#terms.get(shard) ?? 0;
    const term = record.kind === "foreign" ? 0 : record.term;
    this.#world.demand(term >= before, () => `V40: a record of ${shard} in term ${term} after one in ${before}`);
    this.#terms.set(shard, term);
  }

  #begin(): void {
    this.#began = true;
    const world = this.#world;
    for (const name of this.#names) world.time.after(world.around(3000), () => void this.#create(name));
    this.#submitAgain();
    for (const kind of FAULTS) {
      if (this.#prng.chance(0.4)) continue;
      const everyMs = this.#phaseMs / (1 + this.#prng.int(5));
      const again = (): void =>
        void world.time.after(world.around(everyMs), () => {
          if (world.healed) return;
          world.count(kind);
          this.#strike(kind);
          again();
        });
      again();
    }
    const change = (): void =>
      void world.time.after(world.around(this.#phaseMs / 6), () => {
        if (world.healed) return;
        const name = this.#prng.pick(this.#names);
        if (this.#there.has(name)) void this.#remove(name);
        else void this.#create(name);
        change();
      });
    change();
  }

  async #create(name: string): Promise<void> {
    await this.#change(name, (server) => server.host!.create(name));
  }

  async #remove(name: string): Promise<void> {
    await this.#change(name, (server) => server.host!.remove(name));
  }

  /** Until it is known what became of it: whoever was asked may have died. */
  async #change(name: string, ask: (server: ShardServer) => Promise<unknown>): Promise<void> {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    const up = this.#up.filter(({ host, process }) => host !== undefined && process.alive);
    if (up.length > 0) void ask(this.#prng.pick(up)).catch(() => {});
    const again = (): void =>
      void this.#world.time.after(1000, () => {
        const values = [...this.#service.values].filter(
          ([key]) => key === `namespaces/${name}` || key.startsWith(`namespaces/${name}--`),
        );
        const all = values.map(([, value]) => JSON.parse(value) as { removing?: object; removed?: object });
        const live = all.filter(({ removed }) => removed === undefined);
        this.#world.demand(live.length <= 1, () => `two namespaces are named ${name}`);
        if (live.some(({ removing }) => removing !== undefined)) return again();
        if (live.length > 0) this.#there.add(name);
        else this.#there.delete(name);
        this.#busy.delete(name);
      });
    // A call on its way may arrive late.
    this.#world.time.after(40_000, again);
    await Promise.resolve();
  }

  #submitAgain(): void {
    const world = this.#world;
    world.time.after(world.around(30), () => {
      if (world.healed && world.time.now - this.#healedAt > 5000) return;
      this.#submit();
      this.#submitAgain();
    });
  }

  #submit(): void {
    const leading = this.#up.flatMap((server) =>
      [...server.replicas]
        .filter(([, { shard }]) => shard.role === "leader")
        .map(([shard, replica]) => ({ server, shard, replica })),
    );
    if (leading.length === 0) return;
    const { server, shard, replica } = this.#prng.pick(leading);
    const task = ++this.tasks;
    const told = this.#acknowledged(shard);
    server.process.enter(() => {
      replica.engine.submit(task).then(
        () => void told.tasks.add(task),
        (error: OctopusError) => {
          if (error.code === "not_leader") told.refused.add(task);
          else this.#world.count("outcomes unknown");
        },
      );
    });
  }

  #strike(kind: (typeof FAULTS)[number]): void {
    const prng = this.#prng;
    const world = this.#world;
    const server = prng.pick(this.#up);
    const ms = Math.round(prng.next() * prng.pick([500, 5000, 20_000, 50_000]));
    switch (kind) {
      case "crash":
        return server.crash(ms);
      case "crashWithDisk":
        return server.crash(ms, true);
      case "stop":
        return void server.stop(ms);
      case "leave":
        if (this.#up.length > 2) void server.stop(Infinity);
        return;
      case "join":
        if (this.#up.length < this.#most + 2) this.#join();
        return;
      case "freeze":
        world.tell(() => `${server.name} sleeps for ${ms} ms`);
        return server.process.freeze(ms);
      case "link":
        this.#service.setLink(server.name, false);
        world.time.after(ms, () => this.#service.setLink(server.name, true));
        return;
      case "serviceDown":
        for (const { name } of this.#servers) this.#service.setLink(name, false);
        world.time.after(ms, () => this.#servers.forEach(({ name }) => this.#service.setLink(name, true)));
        return;
      case "clock":
        server.process.skewMs += prng.pick([100, 20_000, 3_600_000, -20_000]);
    }
  }

  #heal(): void {
    const world = this.#world;
    world.tell(() => "everything is healed");
    this.#healedAt = world.time.now;
    world.heal();
    this.#service.heal();
    for (const { process } of this.#up) process.thaw();
  }
}
