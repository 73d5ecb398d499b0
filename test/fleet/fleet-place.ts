/**
 * A server and workers on hosts of their own, joined by a network that can be cut. Everything is real: processes, sockets,
 * certificates, tokens; only the cables are virtual.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { Page, TaskDetail } from "../../src/protocol/views.ts";
import type { WorkerView } from "../../src/protocol/worker-views.ts";
import { endProcess, Place, type Started, until } from "../integration/place.ts";
import { Network } from "./network.ts";

const GATE = join(import.meta.dirname, "gate.ts");
const PORT = 8000;
const CALL_MS_MAX = 60_000;

/** How the server is set: a short lease, so that what happens beyond it can be waited for. */
export interface FleetOptions {
  lease: string;
  heartbeat: string;
  hosts: readonly string[];
}

export class FleetPlace {
  readonly place: Place;
  readonly network: Network;
  readonly #agent = new Agent({ keepAlive: true });
  #gate: ReturnType<typeof spawn> | undefined;
  #server: Started | undefined;
  /** The join token that the server printed at its first start. */
  join = "";

  constructor({ lease, heartbeat, hosts }: FleetOptions) {
    this.place = new Place({
      OCTOPUS_LINK_LEASE: lease,
      OCTOPUS_LINK_HEARTBEAT: heartbeat,
      OCTOPUS_TASKS_GRACE: "200ms",
      OCTOPUS_WORKER_GRACE: "1s",
    });
    this.network = new Network(["server", ...hosts]);
  }

  get socket(): string {
    return join(this.place.dir, "gate.sock");
  }

  /** Starts the server on its host, and waits until it answers. */
  async serve(args: readonly string[] = []): Promise<Started> {
    const { network, place } = this;
    const host = network.address("server");
    const words = ["server", "--host", host, "--port", String(PORT), "--data", place.data, ...args];
    const server = place.start(words, { through: network.on("server") });
    this.#server = server;
    await this.#openGate(host);
    await until("a server that is ready", async () => {
      assert.equal(server.child.exitCode, null, server.err());
      return (await this.call("GET", "/status").catch(() => undefined))?.status === 200;
    });
    // Printed at the first start, and never again.
    if (this.join === "") {
      const printed = (): string | undefined => /octojoin_[A-Za-z0-9_-]+/.exec(server.out() + server.err())?.[0];
      this.join = await until("the join token of the first start", printed);
    }
    return server;
  }

  async #openGate(host: string): Promise<void> {
    if (this.#gate !== undefined) return;
    const [program, ...words] = [...this.network.on("server"), process.execPath, GATE, this.socket, host, String(PORT)];
    this.#gate = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    await once(this.#gate.stdout!, "data");
  }

  /** Starts a worker on this host under the host's name. */
  worker(host: string, args: readonly string[] = ["--join", this.join], env: Record<string, string> = {}): Started {
    const words = ["worker", "--name", host, "--slots", "4", "--dir", join(this.place.dir, `state-${host}`), ...args];
    return this.place.start(words, { through: this.network.on(host), env });
  }

  /** Calls the API over the gate, as whoever may read the server's own folder. */
  // oxlint-disable-next-line no-unnecessary-type-parameters -- who calls knows what the body is
  async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const { token } = JSON.parse(readFileSync(join(this.place.data, "server.json"), "utf8")) as { token: string };
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          socketPath: this.socket,
          path: `/api/v1${path}`,
          method,
          rejectUnauthorized: false,
          agent: this.#agent,
          timeout: CALL_MS_MAX,
          headers: {
            host: `${this.network.address("server")}:${PORT}`,
            authorization: `Bearer ${token}`,
            ...(text !== undefined && {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(text),
            }),
          },
        },
        (response) => {
          let said = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => (said += part));
          response.on("end", () => resolve({ status: response.statusCode!, body: JSON.parse(said || "null") as T }));
          response.on("error", reject);
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.on("error", reject);
      sent.end(text);
    });
  }

  async submit(tasks: readonly TaskSubmission[]): Promise<string[]> {
    const { status, body } = await this.call<{ ids: string[] }>("POST", "/tasks", tasks);
    assert.ok(status < 300, JSON.stringify(body));
    return body.ids;
  }

  async task(id: string): Promise<TaskDetail> {
    return (await this.call<TaskDetail>("GET", `/tasks/${id}`)).body;
  }

  async ended(id: string): Promise<TaskDetail> {
    return until(`the end of ${id}`, async () => {
      const task = await this.task(id);
      return task.endedAt !== undefined && task;
    });
  }

  async workers(): Promise<WorkerView[]> {
    return (await this.call<Page<WorkerView>>("GET", "/workers")).body.items;
  }

  /** Waits until the workers with these names are online, and no other. */
  async online(...names: string[]): Promise<void> {
    await until(`online: ${names.join(", ")}`, async () => {
      const there = (await this.workers()).filter(({ state }) => state === "online").map(({ name }) => name);
      return there.toSorted().join() === names.toSorted().join();
    });
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    if (this.#gate?.pid !== undefined) endProcess(this.#gate.pid, "SIGKILL");
    await this.place.close();
    this.network.close();
  }

  /** The server's own process, for signals. */
  get server(): Started {
    assert.ok(this.#server !== undefined, "the server was started");
    return this.#server;
  }
}
