/** NATS servers that are a cluster, for tests: on free ports of this machine, or on hosts of their own, each with a folder. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../server-process.ts";
import { type NatsOptions, NatsServer } from "./server.ts";

const READY_MS_MAX = 60_000;
/** A cluster that has a leader knows all of its servers in less, or never will. */
const WHOLE_MS_MAX = 10_000;
const TRIES_MAX = 5;

/** Where one of them runs: `NatsOptions`. */
export type NatsHost = Pick<NatsOptions, "through" | "store"> & { host: string };

export class NatsCluster {
  readonly nodes: readonly NatsServer[];
  /** Host and port of each one's monitoring. */
  readonly #monitors: readonly string[];

  private constructor(nodes: readonly NatsServer[], monitors: readonly string[]) {
    this.nodes = nodes;
    this.#monitors = monitors;
  }

  /**
   * Resolves when JetStream has a leader, and has taken all of them in: where they find each other in an unlucky order, 2.10.27
   * leaves one out for good, and no stream can have a copy on each (seen in one start of 15). `config`: further lines for each.
   */
  static async start(count = 3, config = "", hosts?: readonly NatsHost[]): Promise<NatsCluster> {
    const ports = await freePorts(3 * count);
    const on = (index: number): NatsHost => hosts?.[index] ?? { host: "127.0.0.1" };
    const routes = ports.slice(count, 2 * count).map((port, index) => `${on(index).host}:${port}`);
    const monitors = ports.slice(2 * count).map((port, index) => `${on(index).host}:${port}`);
    const urls = routes.map((route) => `nats://${route}`).join(", ");
    const start = async (): Promise<NatsCluster> => {
      const nodes = await Promise.all(
        routes.map((route, index) => {
          const own = [
            `server_name: n${index + 1}`,
            `http: "${monitors[index]}"`,
            `cluster { name: test, listen: "${route}", routes: [${urls}] }`,
          ];
          return NatsServer.start([], { ...on(index), config: [...own, config].join("\n"), port: ports[index]! });
        }),
      );
      return new NatsCluster(nodes, monitors);
    };
    for (let tries = 1; ; tries++) {
      const cluster = await start();
      try {
        await cluster.ready();
        if (await cluster.#isWhole()) return cluster;
        if (tries === TRIES_MAX) throw new Error("JetStream does not take all of the servers into its cluster");
      } catch (error) {
        await cluster.stop();
        throw error;
      }
      await cluster.stop();
      for (const { store } of hosts ?? [])
        if (store !== undefined) rmSync(join(store, "jetstream"), { recursive: true, force: true });
    }
  }

  get addresses(): string[] {
    return this.nodes.map(({ address }) => address);
  }

  monitor(index: number): string {
    return `http://${this.#monitors[index]}`;
  }

  /** Resolves when a majority of those that run knows the leader of JetStream. */
  async ready(): Promise<void> {
    await waitFor("a leader of JetStream", async () => {
      const views = await Promise.all(this.#monitors.map((at) => ask(at, "/jsz")));
      return views.filter((view) => meta(view) !== undefined).length > this.nodes.length / 2;
    });
  }

  /** The leader of JetStream follows up all of the others; false: it does not within a while. */
  async #isWhole(): Promise<boolean> {
    const deadline = performance.now() + WHOLE_MS_MAX;
    while (performance.now() < deadline) {
      const views = await Promise.all(this.#monitors.map((at) => ask(at, "/jsz")));
      const isWhole = (view: Jsz | undefined): boolean => {
        const others = view?.meta_cluster?.replicas?.filter(({ current }) => current === true) ?? [];
        return others.length === this.nodes.length - 1;
      };
      if (views.some(isWhole)) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }

  /** The node that leads this stream. */
  async leaderOf(stream: string): Promise<NatsServer> {
    const index = await waitFor(`a leader of ${stream}`, async () => {
      const views = await Promise.all(this.#monitors.map((at) => ask(at, "/jsz?streams=true&accounts=true")));
      const names = views.map((view) => leaderIn(view, stream)).filter((name) => name !== undefined);
      return names[0] === undefined ? undefined : Number(names[0].slice(1)) - 1;
    });
    return this.nodes[index]!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

interface Jsz {
  meta_cluster?: { leader?: string; replicas?: { current?: boolean }[] };
  account_details?: { stream_detail?: { name: string; cluster?: { leader?: string } }[] }[];
}

function meta(view: Jsz | undefined): string | undefined {
  const leader = view?.meta_cluster?.leader;
  return leader === "" ? undefined : leader;
}

function leaderIn(view: Jsz | undefined, stream: string): string | undefined {
  const streams = view?.account_details?.flatMap((account) => account.stream_detail ?? []) ?? [];
  const leader = streams.find(({ name }) => name === stream)?.cluster?.leader;
  return leader === "" ? undefined : leader;
}

/** Undefined: it does not run. */
async function ask(at: string, path: string): Promise<Jsz | undefined> {
  try {
    const response = await fetch(`http://${at}${path}`, { signal: AbortSignal.timeout(2000) });
    return (await response.json()) as Jsz;
  } catch {
    return undefined;
  }
}

async function waitFor<T>(what: string, look: () => Promise<T>): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + READY_MS_MAX;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${READY_MS_MAX / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
