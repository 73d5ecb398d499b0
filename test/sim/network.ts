/**
 * Connections between workers and the server. One connection is like TCP: what arrives is what was sent, in order, after
 * any delay; what was on its way when it broke is lost. Broken means that both sides hear of it sooner or later, half open
 * that the server hears nothing at all and the worker only after minutes.
 */
import type { WorkerSession } from "../../src/engine/api.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/link.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** How the worker's side is told; calls come in the worker's process. */
export interface WorkerSide {
  process: SimProcess;
  receive(messages: ToWorker[]): void;
  closed(): void;
}

/** The longest that an operating system goes on sending into a connection that is dead. */
const DEAD_MS_MAX = 900_000;

export class Connection {
  readonly #world: World;
  readonly #worker: WorkerSide;
  readonly #server: SimProcess;
  #session: WorkerSession | undefined;
  /** Nothing passes any more in either direction. */
  #broken = false;
  #workerTold = false;
  #serverTold = false;
  /** Numbers of the newest result that went up, and of the newest acknowledgement that came down. */
  #resultUp = 0;
  #ackDown = 0;
  #upAt = 0;
  #downAt = 0;

  constructor(world: World, worker: WorkerSide, server: SimProcess) {
    this.#world = world;
    this.#worker = worker;
    this.#server = server;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** Results that wait for the server's word. */
  get unacknowledged(): number {
    return this.#resultUp - this.#ackDown;
  }

  /** The server's side stands. */
  opened(session: WorkerSession): void {
    this.#session = session;
  }

  sendUp(messages: readonly FromWorker[]): void {
    if (this.#broken || this.#workerTold) return;
    const copy = JSON.parse(JSON.stringify(messages)) as FromWorker[];
    for (const message of copy) if (message.type === "result") this.#resultUp = Math.max(this.#resultUp, message.n);
    this.#upAt = Math.max(this.#upAt, this.#world.time.now + this.#delay());
    this.#world.time.at(this.#upAt, () => {
      if (this.#broken) return;
      this.#server.enter(() => {
        if (!this.#serverTold) this.#session?.receive(copy);
      });
    });
  }

  sendDown(messages: readonly ToWorker[]): void {
    if (this.#broken || this.#serverTold) return;
    const copy = JSON.parse(JSON.stringify(messages)) as ToWorker[];
    for (const message of copy) if (message.type === "ack") this.#ackDown = message.n;
    this.#downAt = Math.max(this.#downAt, this.#world.time.now + this.#delay());
    this.#world.time.at(this.#downAt, () => {
      if (this.#broken) return;
      this.#worker.process.enter(() => {
        if (!this.#workerTold) this.#worker.receive(copy);
      });
    });
  }

  /** The server ends it: what it has sent still arrives. */
  closeByServer(): void {
    this.#downAt = Math.max(this.#downAt, this.#world.time.now + this.#delay());
    this.#tellServer(0);
    if (!this.#broken) this.#world.time.at(this.#downAt, () => this.#tellWorker(0));
  }

  closeByWorker(): void {
    this.#upAt = Math.max(this.#upAt, this.#world.time.now + this.#delay());
    this.#tellWorker(0);
    if (!this.#broken) this.#world.time.at(this.#upAt, () => this.#tellServer(0));
  }

  /** It breaks, and both sides hear of it. */
  cut(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#tellWorker(this.#delay());
    this.#tellServer(this.#delay());
  }

  /** It breaks, and neither side hears of it for long. */
  halfOpen(): void {
    if (this.#broken) return;
    this.#broken = true;
    const { prng, options } = this.#world;
    this.#tellWorker(prng.chance(0.5) ? prng.next() * options.leaseMs : prng.next() * DEAD_MS_MAX);
    this.#world.onHeal(() => {
      this.#tellWorker(1000);
    });
  }

  #tellWorker(ms: number): void {
    const tell = (): void =>
      this.#worker.process.enter(() => {
        if (this.#workerTold) return;
        this.#workerTold = true;
        this.#worker.closed();
      });
    if (ms === 0) this.#world.time.at(this.#world.time.now, tell);
    else this.#world.time.after(ms, tell);
  }

  #tellServer(ms: number): void {
    this.#world.time.after(ms, () =>
      this.#server.enter(() => {
        if (this.#serverTold) return;
        this.#serverTold = true;
        this.#session?.closed();
      }),
    );
  }

  #delay(): number {
    return this.#world.prng.next() * (this.#world.healed ? 1 : this.#world.options.delayMsMax);
  }
}
