/**
 * The server: the production engine over the production store, in a simulated process. It crashes at any point, between the
 * append of a turn and its effects too, and comes back with what was appended.
 */
import { rmSync } from "node:fs";
import { OctopusError } from "../../src/base/errors.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Journal, Log } from "../../src/engine/ports.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { Host } from "./host.ts";
import { faultyJournal } from "./faulty-journal.ts";
import { startLocalWorker } from "./local-worker.ts";
import { Connection, type WorkerSide } from "./network.ts";
import { outsideOfFiles } from "./outside.ts";
import { SimProcess } from "./process.ts";
import { Shadow } from "./shadow.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export class Server implements Host {
  process: SimProcess;
  engine: Engine | undefined;
  /** Its memory is ahead of what is durable. */
  appending = false;
  /** The disk has no room until then. */
  diskFullUntil = 0;
  /** A server that follows this one. */
  readonly shadow: Shadow | undefined;
  #store: Store;
  #starts = 0;
  readonly #dir: string;
  readonly #world: World;
  readonly #witness: Witness;
  readonly #connections = new Set<Connection>();

  /** `dir` is where the database lives, or `:memory:`. */
  constructor(world: World, witness: Witness, dir: string) {
    this.#world = world;
    this.#witness = witness;
    this.#dir = dir;
    this.#store = openStore(dir);
    this.shadow = Shadow.of(world);
    this.process = new SimProcess(world);
    this.start();
  }

  stands(engine: Engine): boolean {
    return engine === this.engine;
  }

  get store(): Store {
    return this.#store;
  }

  start(): void {
    if (this.engine !== undefined) return;
    const { options } = this.#world;
    const skewMs = this.process.skewMs;
    this.process = new SimProcess(this.#world);
    this.process.skewMs = skewMs;
    const { process } = this;
    const clock = process.clock();
    const { library, logs, artifacts } = this.#store;
    this.engine = new Engine({
      clock,
      journal: this.#journal(process),
      library,
      logs,
      artifacts,
      outside: outsideOfFiles,
      log: this.#log(),
      version: "sim",
      dataDir: this.#dir,
      boot: String(++this.#starts),
      leaseMs: options.leaseMs,
      heartbeatMs: options.heartbeatMs,
      resultBytesMax: 300,
      defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
      retention: { keepCount: options.keepCount, keepMs: 86_400_000, logKeepMs: 86_400_000, logBytesMax: 1_000_000 },
      stretch: options.stretch,
      placement: options.placement,
      reserveAfterMs: options.reserveAfterMs,
      inspect: (state, turn) => this.#witness.turned(state, turn),
    });
    this.#world.tell(() => `server starts (${this.#starts})`);
    this.#witness.checkLibrary(library);
    if (options.local) startLocalWorker(this.#world, this.#witness, process, this.engine);
  }

  /** The process is gone, as by kill -9. Workers hear of it by their connections. */
  crash(why: string): void {
    if (this.engine === undefined) return;
    this.#world.tell(() => `server crashes: ${why}`);
    this.process.kill();
    this.engine = undefined;
    this.appending = false;
    for (const connection of this.#connections) connection.cut();
    this.#connections.clear();
    const downMs = this.#world.healed
      ? 100
      : this.#world.around(this.#world.prng.pick([100, this.#world.options.leaseMs]));
    this.#world.time.after(downMs, () => {
      this.#reopen();
      this.start();
    });
  }

  /** The process ends as it does on SIGTERM. */
  async stop(): Promise<void> {
    const { engine, process } = this;
    if (engine === undefined) return;
    this.#world.tell(() => "server stops");
    await engine.close();
    if (process.alive) this.crash("it was stopped");
  }

  /** Opens a connection for a worker; undefined when nobody listens. */
  connect(side: WorkerSide, local = false): Connection | undefined {
    const { engine, process } = this;
    if (engine === undefined) return undefined;
    const connection = new Connection(this.#world, side, process);
    this.#connections.add(connection);
    process.enter(() => {
      const session = engine.connectWorker(
        {
          send: (messages) => {
            for (const message of messages) {
              if (message.type !== "assign") continue;
              for (const { task, attempt } of message.tasks) this.#witness.assigned(task, attempt);
            }
            connection.sendDown(messages);
          },
          close: () => connection.closeByServer(),
        },
        local ? { local: true } : {},
      );
      connection.opened(session);
    });
    return connection;
  }

  close(): void {
    this.process.kill();
    this.shadow?.close();
    this.#store.close();
    if (this.#dir !== ":memory:") rmSync(this.#dir, { recursive: true, force: true });
  }

  /** A file is closed and opened again; what lives in memory stands for a disk. */
  #reopen(): void {
    if (this.#dir === ":memory:") return;
    this.#store.close();
    this.#store = openStore(this.#dir);
  }

  #journal(process: SimProcess): Journal {
    return faultyJournal(this.#world, this.#store.journal, process, {
      loaded: (stored) => this.#world.guard(() => this.#witness.loaded(stored, process.now())),
      appended: (batch, summary) =>
        this.#world.guard(() => {
          this.#witness.appended(batch);
          this.shadow?.appended(batch, summary);
        }),
      pending: (isSo) => {
        this.appending = isSo;
      },
      crash: (why) => this.crash(why),
      failure: () => {
        if (this.#world.healed || this.#world.time.now >= this.diskFullUntil) return undefined;
        return new OctopusError("storage_full", "the simulated disk is full", { retryable: true });
      },
    });
  }

  #log(): Log {
    const tell = (fields: Record<string, unknown>, message: string): void =>
      this.#world.tell(() => `  server: ${message} ${JSON.stringify(fields)}`);
    return { debug: tell, info: tell, warn: tell, error: tell };
  }
}
