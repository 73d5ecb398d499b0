/**
 * A worker machine: the production agent in a simulated process, with a link that is made again when it breaks. It
 * crashes, freezes, stops politely, and comes back as a new process under the same name.
 */
import type { FromWorker, Hello } from "../../src/protocol/link.ts";
import { Agent } from "../../src/worker/agent.ts";
import { createExecutors } from "./executors.ts";
import type { Connection } from "./network.ts";
import { SimProcess } from "./process.ts";
import type { Host } from "./host.ts";
import { drawArms, traitsOf } from "./targets.ts";
import { OFFERED, OFFERED_BY_GHOST } from "./wishes.ts";
import type { Witness } from "./witness.ts";
import { GHOST } from "./work.ts";
import type { World } from "./world.ts";

export class WorkerMachine {
  readonly name: string;
  readonly slots: number;
  process: SimProcess;
  connection: Connection | undefined;
  /** Results of this name, in all its lives. */
  readonly #said: FromWorker[] = [];
  #agent: Agent | undefined;
  /** Arms of its present life; undefined = all. */
  #arms: readonly string[] | undefined;
  readonly #world: World;
  readonly #witness: Witness;
  readonly #server: Host;

  constructor(world: World, witness: Witness, server: Host, name: string, slots: number) {
    this.#world = world;
    this.#witness = witness;
    this.#server = server;
    this.name = name;
    this.slots = slots;
    this.process = new SimProcess(world);
    this.start();
  }

  /** What it still has in hand, in words; undefined = nothing. */
  get busyWith(): string | undefined {
    const active = this.#agent?.active ?? 0;
    if (active > 0) return `${this.name} still runs ${active} attempts`;
    const waiting = this.connection?.unacknowledged ?? 0;
    return waiting > 0 && this.connection?.broken === false
      ? `${this.name} waits for ${waiting} acknowledgements`
      : undefined;
  }

  start(): void {
    if (this.#agent !== undefined) return;
    const process = new SimProcess(this.#world);
    this.process = process;
    const { list, functions } = createExecutors(this.#world, this.#witness, process, this.name);
    this.#arms = drawArms(this.#world);
    this.#agent = new Agent({
      name: this.name,
      arms: this.#arms,
      slots: this.slots,
      version: "sim",
      executors: list,
      functions,
      graceMs: 1000,
      timers: process.timers(),
      onRefuse: ({ reason }) => this.#world.tell(() => `  ${this.name} was refused: ${reason}`),
    });
    this.#world.tell(() => `${this.name} starts with ${this.slots} slots`);
    this.#connect(process, this.#agent);
  }

  crash(): void {
    if (this.#agent === undefined) return;
    this.#world.tell(() => `${this.name} crashes`);
    // A process that dies closes its connections; a machine that loses its power does not.
    if (this.#world.prng.chance(0.7)) this.connection?.cut();
    else this.connection?.halfOpen();
    this.#gone();
  }

  /** Starts anew for all arms, if it is for some. */
  serveAll(): void {
    if (this.#arms !== undefined) this.stop();
  }

  /** Ends as on SIGTERM: running tasks get a grace, what is left goes back to the queue. */
  stop(): void {
    const { process } = this;
    const agent = this.#agent;
    if (agent === undefined) return;
    const graceMs = this.#world.prng.pick([0, 500, 10_000]);
    this.#world.tell(() => `${this.name} stops within ${graceMs} ms`);
    void agent.stop(graceMs).then(() => {
      if (!process.alive) return;
      this.#world.tell(() => `${this.name} has stopped`);
      this.connection?.closeByWorker();
      this.#gone();
    });
  }

  /** Repeats a result of long ago, as a worker may that lost count. Nothing may come of it. */
  #sayAgain(messages: readonly FromWorker[], connection: Connection | undefined): void {
    const { prng, options } = this.#world;
    if (options.stutter === 0) return;
    for (const message of messages) if (message.type === "result") this.#said.push({ ...message, n: 0 });
    if (this.#said.length > 0 && prng.chance(options.stutter)) connection?.sendUp([prng.pick(this.#said)]);
  }

  #gone(): void {
    this.process.kill();
    this.#agent = undefined;
    this.connection = undefined;
    const awayMs = this.#world.healed
      ? 100
      : this.#world.around(this.#world.prng.pick([50, this.#world.options.leaseMs]));
    this.#world.time.after(awayMs, () => this.start());
  }

  #connect(process: SimProcess, agent: Agent): void {
    const later = (): void => {
      process.after(this.#world.healed ? 50 : 50 + this.#world.prng.next() * 500, () => this.#connect(process, agent));
    };
    let open = true;
    const connection: Connection | undefined = this.#server.connect({
      process,
      receive: (messages) => {
        if (open) agent.receive(messages);
      },
      closed: () => {
        if (!open) return;
        open = false;
        this.#world.tell(() => `  ${this.name} lost its connection`);
        agent.disconnected();
        later();
      },
    });
    if (connection === undefined) return later();
    this.connection = connection;
    agent.connected({
      send: (messages) => {
        for (const message of messages) if (message.type === "hello") introduce(message, this.name);
        connection?.sendUp(messages);
        this.#sayAgain(messages, connection);
      },
      close: () => {
        open = false;
        connection?.closeByWorker();
      },
    });
  }
}

/** Adds what the worker offers, and what it is. */
function introduce(hello: Hello, name: string): void {
  const { labels, resources, units } = traitsOf(name);
  hello.resources ??= { ...(name === GHOST ? OFFERED_BY_GHOST : OFFERED), ...resources };
  hello.labels ??= labels;
  hello.units ??= units;
}
