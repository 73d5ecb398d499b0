/** What the servers of a soak share, as real processes: one NATS server, three of them, or PostgreSQL; and how it breaks. */
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Network } from "../fleet/network.ts";
import { NatsCluster, type NatsHost } from "../nats/cluster.ts";
import { NatsServer } from "../nats/server.ts";
import { PostgresServer } from "../postgres/server.ts";
import type { SmallDisk } from "./disk.ts";
import { SHARED_HOSTS } from "./inside.ts";

export const KINDS = ["nats", "nats3", "postgres"] as const;
export type Kind = (typeof KINDS)[number];

/** Breaks something; answers what mends it again. */
export type Break = () => Promise<() => Promise<void>>;

export interface Shared {
  /** Words for `octopus server`. */
  readonly serverWords: readonly string[];
  /** Words for a worker that reaches it past the servers; undefined: workers reach servers alone. */
  readonly workerWords: readonly string[] | undefined;
  /** Hosts that it runs on, where there is a network. */
  readonly hosts: readonly string[];
  readonly faults: Readonly<Record<string, Break>>;
  /** What its processes said of late, for whoever looks for a reason. */
  said(): string;
  /** Damages the newest snapshot. */
  tear(): Promise<void>;
  stop(): Promise<void>;
}

/** Where it runs: hosts of its own, and a disk of its own for one of its servers. */
export interface Ground {
  readonly network: Network | undefined;
  readonly disk: SmallDisk | undefined;
}

export const openShared = (kind: Kind, ground: Ground): Promise<Shared> =>
  ({ nats: openNats, nats3: openNats3, postgres: openPostgres })[kind](ground);

function placeOf({ network, disk }: Ground, index: number): NatsHost {
  const host = SHARED_HOSTS[index]!;
  return {
    ...(network === undefined ? { host: "127.0.0.1" } : { host: network.address(host), through: network.on(host) }),
    ...(disk !== undefined && index === 0 && { store: `${disk.dir}/nats` }),
  };
}

/** NATS whose disk was full stops to keep streams, and has to be started again. */
function faultsOfDisk(disk: SmallDisk | undefined, whose: string, restart: () => Promise<void>): Record<string, Break> {
  if (disk === undefined) return {};
  const slow: Break = async () => {
    disk.slow();
    return async () => disk.fast();
  };
  const full: Break = async () => {
    disk.fill();
    return async () => {
      disk.free();
      await restart();
    };
  };
  return {
    [`a full disk of ${whose}`]: full,
    ...(disk.canBeSlow && { [`a slow disk of ${whose}`]: slow }),
  };
}

/** The stream that holds the log of the shard, and the one of its snapshots. */
const LOG_STREAM = "OCTOPUS_main_default";
const OBJECT_STREAM = "OBJ_octopus_main";

/** A limit of the stream at which the newest is refused. */
const fullLog =
  (connect: () => Promise<NatsConnection>): Break =>
  async () => {
    const limited = (bytes: number): Promise<void> =>
      withManager(connect, async (manager) => {
        const { state } = await manager.streams.info(LOG_STREAM);
        await manager.streams.update(LOG_STREAM, { max_bytes: bytes === 0 ? state.bytes + 2000 : bytes });
      });
    await limited(0);
    return () => patiently(() => limited(-1));
  };

/** Removes the pieces of the newest snapshot, and leaves what says that it is there. */
const tearNewest = (connect: () => Promise<NatsConnection>): Promise<void> =>
  withManager(connect, async (manager) => {
    const { state } = await manager.streams.info(OBJECT_STREAM, { subjects_filter: "$O.octopus_main.M.>" });
    const found: { at: number; nuid: string }[] = [];
    for (const subject of Object.keys(state.subjects ?? {})) {
      const name = Buffer.from(subject.split(".").at(-1)!, "base64url").toString();
      if (!name.startsWith("snapshots/") || name.endsWith(".json")) continue;
      const message = await manager.streams.getMessage(OBJECT_STREAM, { last_by_subj: subject });
      if (message !== null) found.push({ at: message.seq, nuid: message.json<{ nuid: string }>().nuid });
    }
    const newest = found.toSorted((a, b) => b.at - a.at)[0];
    if (newest === undefined) return;
    await manager.streams.purge(OBJECT_STREAM, { filter: `$O.octopus_main.C.${newest.nuid}` });
  });

async function withManager(
  connect: () => Promise<NatsConnection>,
  work: (manager: JetStreamManager) => Promise<void>,
): Promise<void> {
  const connection = await connect();
  try {
    await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

const TRIES_MAX = 60;

/** While NATS elects, it answers nobody. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await delay(500);
    }
  }
}

async function openNats(ground: Ground): Promise<Shared> {
  const { host, ...place } = placeOf(ground, 0);
  const nats = await NatsServer.start([], { config: "", host, ...place });
  const client = (): Promise<NatsConnection> => nats.client();
  return {
    serverWords: ["--nats", nats.address],
    workerWords: ["--nats", nats.address],
    hosts: SHARED_HOSTS.slice(0, 1),
    faults: {
      "kill -9 of NATS": async () => {
        await nats.kill();
        return () => nats.up();
      },
      "a full log": fullLog(client),
      ...faultsOfDisk(ground.disk, "NATS", async () => {
        await nats.kill();
        await nats.up();
      }),
    },
    said: () => nats.said,
    tear: () => tearNewest(client),
    stop: () => nats.stop(),
  };
}

const LEADER_MS = 8000;

async function openNats3(ground: Ground): Promise<Shared> {
  const cluster = await NatsCluster.start(
    3,
    "",
    [0, 1, 2].map((index) => placeOf(ground, index)),
  );
  const killed = (nodes: readonly NatsServer[]) => async (): Promise<() => Promise<void>> => {
    await Promise.all(nodes.map((node) => node.kill()));
    return async () => {
      await Promise.all(nodes.map((node) => node.up()));
      await cluster.ready();
    };
  };
  // Where two things break at once, there may be none.
  const leader = (): Promise<NatsServer> =>
    Promise.race([cluster.leaderOf(LOG_STREAM), delay(LEADER_MS, cluster.nodes[0], { ref: false })]);
  const halted = async (): Promise<() => Promise<void>> => {
    const node = await leader();
    node.signal("SIGSTOP");
    return async () => node.signal("SIGCONT");
  };
  const [one, two, three] = cluster.nodes as [NatsServer, NatsServer, NatsServer];
  const addresses = cluster.addresses.join(",");
  const client = (): Promise<NatsConnection> => two.client();
  return {
    serverWords: ["--nats", addresses, "--replicas", "3"],
    workerWords: ["--nats", addresses],
    hosts: SHARED_HOSTS,
    faults: {
      "kill -9 of the NATS server that leads the stream": async () => killed([await leader()])(),
      "SIGSTOP of the NATS server that leads the stream": halted,
      "kill -9 of a NATS server": killed([one]),
      "kill -9 of two of three NATS servers": killed([two, three]),
      "kill -9 of all NATS servers": killed([one, two, three]),
      "a full log": fullLog(client),
      ...faultsOfDisk(ground.disk, "a NATS server", async () => {
        await one.kill();
        await one.up();
        await cluster.ready();
      }),
      ...(ground.network && partedNodes(ground.network, cluster, leader)),
    },
    said: () => cluster.nodes.map((node) => node.said).join("\n---\n"),
    tear: () => tearNewest(client),
    stop: () => cluster.stop(),
  };
}

/** NATS servers that do not hear each other, while everybody else hears them. */
function partedNodes(network: Network, cluster: NatsCluster, leader: () => Promise<NatsServer>): Record<string, Break> {
  const parted =
    (pairs: () => Promise<[string[], string[]][]>): Break =>
    async () => {
      const all = await pairs();
      for (const [some, others] of all) network.part(some, others);
      return async () => {
        for (const [some, others] of all) network.join(some, others);
        await cluster.ready();
      };
    };
  const [n1, n2, n3] = SHARED_HOSTS;
  return {
    "a partition between the NATS server that leads the stream and the others": parted(async () => {
      const host = SHARED_HOSTS[cluster.nodes.indexOf(await leader())]!;
      return [[[host], SHARED_HOSTS.filter((other) => other !== host)]];
    }),
    "a partition between all NATS servers": parted(async () => [
      [[n1], [n2, n3]],
      [[n2], [n3]],
    ]),
  };
}

async function openPostgres({ network }: Ground): Promise<Shared> {
  const host = SHARED_HOSTS[0];
  const at = network && { host: network.address(host), through: network.on(host), network: "10.77.0.0/24" };
  const postgres = await PostgresServer.start(at);
  const ended = (signal: "SIGKILL" | "SIGINT"): Break => {
    return async () => {
      await postgres.kill(signal);
      return () => postgres.up();
    };
  };
  const halted: Break = async () => {
    postgres.halt("SIGSTOP");
    return async () => postgres.halt("SIGCONT");
  };
  return {
    serverWords: ["--journal", postgres.url],
    workerWords: undefined,
    hosts: [host],
    faults: {
      "kill -9 of PostgreSQL": ended("SIGKILL"),
      "a restart of PostgreSQL": ended("SIGINT"),
      "SIGSTOP of PostgreSQL": halted,
    },
    said: () => "",
    tear: async () => {
      const newest = "SELECT id FROM octopus_main.object WHERE name LIKE 'snapshots/%' AND name NOT LIKE '%.json'";
      const which = `(${newest} ORDER BY name DESC LIMIT 1)`;
      await postgres.query(`UPDATE octopus_main.part SET bytes = '\\x00'::bytea WHERE n = 0 AND id = ${which}`);
    },
    stop: () => postgres.stop(),
  };
}
