/**
 * The processes of a soak: three servers, two workers, and what the servers share. It knows them by pid, starts them again,
 * and ends all of them.
 *
 * SW1  `close` ends every process that was started, by its pid, however the soak went.
 */
import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import { endProcess, Place, type Started } from "../integration/place.ts";
import type { Network } from "../fleet/network.ts";
import { freePort, ready } from "../server-process.ts";
import { SmallDisk } from "./disk.ts";
import { SERVER_HOSTS, WORKER_HOSTS } from "./inside.ts";
import { type Kind, openShared, type Shared } from "./shared.ts";

export interface Server {
  /** And its host's. */
  readonly name: string;
  /** What it is started with before its program. */
  readonly through: string[];
  /** Its wall clock is off by as many milliseconds as this file says. */
  readonly clock: string;
  readonly url: string;
  readonly data: string;
  started: Started | undefined;
  /** What it said in lives before this one. */
  said: string;
}

export interface SoakWorker {
  readonly name: string;
  readonly through: string[];
  readonly words: readonly string[];
  started: Started | undefined;
  said: string;
}

/** Kept of what a process said before it was ended. */
const SAID_MAX = 2_000_000;
const REQUEST_MS = 20_000;
const LEADER_MS = 8000;
/** Whatever else is broken: a server that is told to stop ends. */
const STOP_MS = 180_000;

/** NATS keeps room for what its streams may hold. */
const DISK_MB = 6000;
const CLOCK = import.meta.resolve("./clock-step.ts");

/** Small disks of the last server and of something that is shared; undefined where none can be made. */
interface Disks {
  readonly server: SmallDisk | undefined;
  readonly shared: SmallDisk | undefined;
}

export class World {
  readonly shared: Shared;
  /** Hosts of their own for all that runs; undefined: all run on this one. */
  readonly network: Network | undefined;
  readonly disks: Disks;
  // Hosts of their own are no loopback addresses; nobody else reaches them.
  readonly place = new Place({
    ...{ OCTOPUS_TASKS_GRACE: "200ms", OCTOPUS_LOG_LEVEL: "info" },
    ...{ OCTOPUS_ACCESS_MODE: "off", OCTOPUS_TLS_MODE: "off", OCTOPUS_SERVER_ANNOUNCE: "off" },
  });
  readonly servers: Server[] = [];
  readonly workers: SoakWorker[] = [];
  #isClosed = false;

  private constructor(shared: Shared, network: Network | undefined, disks: Disks) {
    this.shared = shared;
    this.network = network;
    this.disks = disks;
  }

  static async open(kind: Kind, network: Network | undefined): Promise<World> {
    const disks: Disks = { server: SmallDisk.make(DISK_MB), shared: SmallDisk.make(DISK_MB) };
    let shared: Shared;
    try {
      shared = await openShared(kind, { network, disk: disks.shared });
    } catch (error) {
      for (const disk of Object.values(disks)) disk?.close();
      throw error;
    }
    const world = new World(shared, network, disks);
    try {
      await world.#open();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { dir } = this.place;
    for (const name of SERVER_HOSTS) {
      const url = `http://${this.network?.address(name) ?? "127.0.0.1"}:${await freePort()}`;
      const data =
        name === "c" && this.disks.server !== undefined ? join(this.disks.server.dir, name) : join(dir, name);
      const clock = join(dir, `clock-${name}`);
      const through = this.network?.on(name) ?? [];
      this.servers.push({ name, url, data, clock, through, started: undefined, said: "" });
    }
    const [one, two] = this.servers as [Server, Server];
    const past = this.shared.workerWords ?? ["--server", two.url];
    const ways = [["--server", one.url], past];
    for (const [index, way] of ways.entries()) {
      const name = WORKER_HOSTS[index]!;
      const through = this.network?.on(name) ?? [];
      const words = ["worker", ...way, "--name", name, "--slots", "6", "--dir", join(dir, `of-${name}`)];
      this.workers.push({ name, words, through, started: undefined, said: "" });
    }
    await this.heal();
  }

  /** Starts what does not run, and waits until all servers can be asked. */
  async heal(): Promise<void> {
    await Promise.all(this.servers.map((server) => this.startServer(server)));
    for (const worker of this.workers) this.startWorker(worker);
  }

  async startServer(server: Server): Promise<void> {
    if (this.#isClosed) return;
    if (!isLiving(server.started)) {
      const { hostname, port } = new URL(server.url);
      const own = ["--server-name", server.name, "--data", server.data, "--host", hostname, "--port", port];
      const env = { NODE_OPTIONS: `--import=${CLOCK}`, OCTOPUS_TEST_CLOCK: server.clock };
      const { through } = server;
      server.started = this.place.start(["server", ...own, ...this.shared.serverWords], { env, through });
    }
    try {
      await ready(server.url, server.started.child);
    } catch (error) {
      const said = server.started.out() + server.started.err();
      throw new Error(`server ${server.name}: ${String(error)}\n${said.slice(-3000)}`, { cause: error });
    }
  }

  startWorker(worker: SoakWorker): void {
    const { words, through } = worker;
    if (!this.#isClosed && !isLiving(worker.started)) worker.started = this.place.start(words, { through });
  }

  async end(one: Server | SoakWorker, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { started } = one;
    if (started === undefined) return;
    endProcess(started.pid, signal);
    const code = await Promise.race([started.end, delay(STOP_MS, "it did not end", { ref: false })]);
    one.said = (one.said + started.out() + started.err() + `\n--- ended: ${code}\n`).slice(-SAID_MAX);
    one.started = undefined;
    if (signal === "SIGTERM") assert.equal(code, 0, `${one.name} was told to stop, and ended with ${code}`);
  }

  /** Whoever leads, as the servers see it that can be asked; undefined: nobody does, and that for a while. */
  async leader(): Promise<Server | undefined> {
    const deadline = Date.now() + LEADER_MS;
    while (Date.now() < deadline) {
      for (const server of this.servers.filter(({ started }) => isLiving(started))) {
        const view = await this.view(server);
        const leader = this.servers.find(({ name }) => name === view?.leader);
        if (leader !== undefined && isLiving(leader.started)) return leader;
      }
      await delay(100);
    }
    return undefined;
  }

  /** Mends what a fault broke. */
  async mend(how: () => Promise<void>): Promise<void> {
    if (!this.#isClosed) await how();
  }

  async view(server: Server): Promise<ClusterView | undefined> {
    const answer = await this.ask<ClusterView>(server, "GET", "/cluster").catch(() => undefined);
    return answer?.status === 200 ? answer.body : undefined;
  }

  // oxlint-disable-next-line no-unnecessary-type-parameters -- who calls knows what the body is
  async ask<T>({ url }: Server, method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const json =
      body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/v1${path}`, { method, ...json, signal: AbortSignal.timeout(REQUEST_MS) });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Copies all folders and what every process said, for whoever looks for the reason. */
  keep(to: string): void {
    cpSync(this.place.dir, to, { recursive: true });
    writeFileSync(join(to, "shared.log"), this.shared.said());
    if (this.disks.server !== undefined) cpSync(this.disks.server.dir, join(to, "disk"), { recursive: true });
    for (const { name, said, started } of [...this.servers, ...this.workers])
      writeFileSync(join(to, `${name}.log`), said + (started?.out() ?? "") + (started?.err() ?? ""));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // A process that was halted takes no other signal than this one, which `close` sends.
    await this.place.close();
    await this.shared.stop();
    for (const disk of Object.values(this.disks) as (SmallDisk | undefined)[]) disk?.close();
    rmSync(this.place.dir, { recursive: true, force: true });
  }
}

export function isLiving(started: Started | undefined): started is Started {
  return started !== undefined && started.child.exitCode === null && started.child.signalCode === null;
}
