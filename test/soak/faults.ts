/**
 * What a soak does to the cluster. Each fault happens while work comes in, lasts a while, and is mended by `mend`; what it
 * halted or ended itself comes back with that.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "../integration/place.ts";
import type { SmallDisk } from "./disk.ts";
import { partitionsOf } from "./partitions.ts";
import type { Random } from "./random.ts";
import { isLiving, type Server, type SoakWorker, type World } from "./world.ts";

/** Three times as long as a leader may be silent, and more. */
const HALT_MS = 6000;
const SNAPSHOTS_APART_MS = 700;

export interface Fault {
  readonly name: string;
  /** It breaks what the servers share: only one of these at a time. */
  readonly isShared?: true;
  run(world: World, random: Random): Promise<(() => Promise<void>) | void>;
}

/** Undefined: none lives. */
export async function follower(world: World, random: Random): Promise<Server | undefined> {
  const leader = await world.leader();
  const others = world.servers.filter((server) => server !== leader && isLiving(server.started));
  return others.length === 0 ? undefined : random.pick(others);
}

async function end(one: Server | SoakWorker | undefined, world: World, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (one !== undefined) await world.end(one, signal);
}

async function lose(server: Server | undefined, world: World): Promise<void> {
  if (server === undefined) return;
  await world.end(server, "SIGKILL");
  removeDatabase(server);
}

/** Nothing of it is left but the folder's other files. */
function removeDatabase({ data }: Server): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(join(data, `octopus.db${end}`), { force: true });
}

async function halt(one: Server | SoakWorker | undefined): Promise<void> {
  if (!isLiving(one?.started)) return;
  const { pid } = one.started;
  endProcess(pid, "SIGSTOP");
  try {
    await delay(HALT_MS);
  } finally {
    endProcess(pid, "SIGCONT");
  }
}

const OF_SERVERS: readonly Fault[] = [
  { name: "kill -9 of the leader", run: async (world) => end(await world.leader(), world, "SIGKILL") },
  {
    name: "kill -9 of a follower",
    run: async (world, random) => end(await follower(world, random), world, "SIGKILL"),
  },
  {
    name: "kill -9 of all servers",
    run: async (world) => void (await Promise.all(world.servers.map((server) => world.end(server, "SIGKILL")))),
  },
  { name: "kill -9 of a worker", run: (world, random) => world.end(random.pick(world.workers), "SIGKILL") },
  { name: "a stop of the leader", run: async (world) => end(await world.leader(), world, "SIGTERM") },
  { name: "a stop of a follower", run: async (world, random) => end(await follower(world, random), world, "SIGTERM") },
  { name: "a stop of a worker", run: (world, random) => world.end(random.pick(world.workers), "SIGTERM") },
  { name: "SIGSTOP of the leader", run: async (world) => halt(await world.leader()) },
  { name: "SIGSTOP of a follower", run: async (world, random) => halt(await follower(world, random)) },
  { name: "SIGSTOP of a worker", run: (world, random) => halt(random.pick(world.workers)) },
  {
    name: "the loss of a replica's database",
    run: async (world, random) => lose(await follower(world, random), world),
  },
  {
    name: "the loss of a server's directory",
    run: async (world, random) => {
      const server = await follower(world, random);
      await end(server, world, "SIGKILL");
      if (server !== undefined) rmSync(server.data, { recursive: true, force: true });
    },
  },
  {
    name: "the loss of all databases",
    run: async (world) => {
      await Promise.all(world.servers.map((server) => world.end(server, "SIGKILL")));
      for (const server of world.servers) removeDatabase(server);
    },
  },
  { name: "the loss of the leader's database", run: async (world) => lose(await world.leader(), world) },
  {
    name: "a step-down",
    run: async (world, random) => {
      // Whoever is asked; where nobody leads just now, there is nothing to hand over.
      await world.ask(random.pick(world.servers), "POST", "/cluster/step-down").catch(() => undefined);
    },
  },
  {
    name: "a snapshot",
    run: async (world, random) => {
      await world.ask(random.pick(world.servers), "POST", "/cluster/snapshot").catch(() => undefined);
    },
  },
];

/** A wall clock that is set, and set right again. */
const OF_CLOCKS: readonly Fault[] = [1, -1].map((hours) => ({
  name: `a clock set ${hours > 0 ? "an hour on" : "back by an hour"}`,
  async run(world, random) {
    // Mostly that of the leader: it says when what happens.
    const server = (random.chance(0.7) ? await world.leader() : undefined) ?? random.pick(world.servers);
    writeFileSync(server.clock, String(hours * 3_600_000));
    return async () => writeFileSync(server.clock, "0");
  },
}));

/** A replica that needs the newest snapshot, and finds that it is torn. */
const TORN: Fault = {
  name: "a torn snapshot",
  isShared: true,
  async run(world, random) {
    const { servers, shared } = world;
    // Twice: the log is trimmed below the second newest.
    for (let times = 0; times < 2; times++) {
      await world.ask(random.pick(servers), "POST", "/cluster/snapshot").catch(() => undefined);
      await delay(SNAPSHOTS_APART_MS);
    }
    await shared.tear();
    await lose(await follower(world, random), world);
  },
};

/** All that can happen in this world. */
export function faultsOf(world: World): Fault[] {
  const { shared, disks } = world;
  const own = Object.entries(shared.faults).map(([name, run]) => ({ name, isShared: true as const, run: () => run() }));
  const parts = world.network === undefined ? [] : partitionsOf(world, world.network);
  // There are fewer of these, and they are what the servers can do least about.
  return [...OF_SERVERS, ...OF_CLOCKS, TORN, ...disksOf(disks.server), ...parts, ...parts, ...own, ...own];
}

/** The disk of the last server: its log is elsewhere, and its tables and files are not. */
function disksOf(disk: SmallDisk | undefined): Fault[] {
  if (disk === undefined) return [];
  const slow: Fault = {
    name: "a slow disk of a server",
    async run() {
      disk.slow();
      return async () => disk.fast();
    },
  };
  const full: Fault = {
    name: "a full disk of a server",
    async run() {
      disk.fill();
      return async () => disk.free();
    },
  };
  return disk.canBeSlow ? [slow, full] : [full];
}
