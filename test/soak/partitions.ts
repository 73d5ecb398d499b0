/** Connections that a soak cuts: whoever is parted hears nothing of the other, and no connection is closed. */
import type { Network } from "../fleet/network.ts";
import { WORKER_HOSTS } from "./inside.ts";
import type { Fault } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Server, World } from "./world.ts";

/** Who is cut off from whom. Undefined: there is nobody just now. */
type Cut = (leader: Server, follower: Server, world: World) => [some: readonly string[], others: readonly string[]];

const CUTS: Readonly<Record<string, Cut>> = {
  "the leader and what is shared": (leader, _, { shared }) => [[leader.name], shared.hosts],
  "a follower and what is shared": (_, follower, { shared }) => [[follower.name], shared.hosts],
  "the leader and the workers": (leader) => [[leader.name], WORKER_HOSTS],
  "the leader and the other servers": (leader, _, { servers }) => [
    [leader.name],
    servers.filter((server) => server !== leader).map(({ name }) => name),
  ],
  "a worker and all else": (_, follower, { servers, shared }) => [
    [WORKER_HOSTS[servers.indexOf(follower) % WORKER_HOSTS.length]!],
    [...servers.map(({ name }) => name), ...shared.hosts],
  ],
  "two halves": (leader, follower, { servers, shared }) => {
    const others = servers.filter((server) => server !== leader && server !== follower).map(({ name }) => name);
    // Where three are shared, the leader is with the one that is alone.
    const with_ = shared.hosts.length > 1 ? shared.hosts.slice(0, 1) : [];
    const rest = shared.hosts.filter((host) => !with_.includes(host));
    return [
      [leader.name, WORKER_HOSTS[0], ...with_],
      [follower.name, ...others, WORKER_HOSTS[1], ...rest],
    ];
  },
};

export function partitionsOf(world: World, network: Network): Fault[] {
  const whole = Object.entries(CUTS).map(([name, cut]) => ({
    name: `a partition between ${name}`,
    isShared: true as const,
    async run(_: World, random: Random) {
      const [some, others] = await chosen(cut, world, random);
      network.part(some, others);
      return async () => network.join(some, others);
    },
  }));
  const deaf: Fault = {
    name: "a leader that is heard and hears nothing",
    isShared: true,
    async run(_, random) {
      const [some, others] = await chosen(CUTS["the leader and what is shared"]!, world, random);
      network.deafen(some[0]!, others);
      return async () => network.join(some, others);
    },
  };
  return [...whole, deaf];
}

async function chosen(cut: Cut, world: World, random: Random): Promise<ReturnType<Cut>> {
  const leader = (await world.leader()) ?? world.servers[0]!;
  const followers = world.servers.filter((server) => server !== leader);
  return cut(leader, random.pick(followers), world);
}
