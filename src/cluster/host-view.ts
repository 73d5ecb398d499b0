/** What an operator is shown of one shard, from what this server has heard. */
import type { HostedView } from "./host-options.ts";
import type { Member } from "./member.ts";
import type { Namespace } from "./namespaces.ts";
import type { Leadership } from "./ports.ts";
import type { Place } from "./spread.ts";

export interface ViewedShard {
  namespace: Namespace;
  living: readonly Member[];
  place: Place | undefined;
  seat: Leadership | undefined;
  /** Number of the newest record, as its leader said. */
  last: number | undefined;
}

export function viewOf({ namespace, living, place, seat, last: said }: ViewedShard): HostedView {
  const { name, shard, at, removing } = namespace;
  const holders = living.filter(({ shards }) => shards[shard] !== undefined);
  const last = Math.max(said ?? 0, ...holders.map(({ shards }) => shards[shard]!.seq));
  const leads = seat !== undefined && holders.some(({ name: server }) => server === seat.server);
  const missing = (place?.hosts ?? []).filter((host) => holders.every(({ name: server }) => server !== host));
  const hosts = [
    ...holders.map(({ name: server, shards }) => {
      const { seq, role, trouble } = shards[shard]!;
      return { server, seq, lag: Math.max(0, last - seq), role: trouble === undefined ? role : ("starting" as const) };
    }),
    ...missing.map((server) => {
      const isHere = living.some((member) => member.name === server);
      return { server, seq: 0, lag: last, role: isHere ? ("starting" as const) : ("gone" as const) };
    }),
  ];
  const wanted = new Set(place?.hosts);
  const isPlaced =
    hosts.every(({ server, role }) => wanted.has(server) && role !== "starting" && role !== "gone") &&
    hosts.length === wanted.size;
  const state = (): HostedView["state"] => {
    if (removing !== undefined) return "removing";
    if (!leads) return holders.length === 0 ? "starting" : "nobody";
    return isPlaced && seat?.server === place?.leader ? "ok" : "moving";
  };
  return {
    ...{ name, shard, at, state: state(), hosts, last },
    ...(leads && { leader: seat.server }),
    ...(seat !== undefined && { term: seat.term }),
    ...(missing.length > 0 && { reason: `not at ${missing.join(", ")} yet` }),
  };
}
