/**
 * What one server does about the shards that it holds and those that it is to hold. Pure: from what is seen at a moment to the
 * steps of that moment, one after the other.
 *
 * HM1  A replica is let go of only when every server that is to hold the shard holds it, follows, and has applied as much; and
 *      only while all living servers see the same lists, so that no two let go for the sake of each other.
 * HM2  The lead goes to the server that is to have it when that one has followed without trouble for a while, and was heard since
 *      the lead came here: the one that led before may have died of late, and count as living still. A shard whose lead is
 *      nowhere is left to leadership.ts. One at a time from each server, never while the cluster changes.
 */
import type { Member, MemberShard } from "./member.ts";
import type { Place } from "./spread.ts";

export interface SeenShard {
  readonly shard: string;
  readonly place: Place;
  /** Undefined: not here. */
  readonly own: MemberShard | undefined;
  readonly isRemoving: boolean;
}

export interface Seen {
  readonly server: string;
  /** Others that live. */
  readonly others: readonly Member[];
  /** All living servers have seen the same lists for a while. */
  readonly isQuiet: boolean;
  readonly shards: readonly SeenShard[];
  /** The server has reported the shard without trouble for a while. */
  isFit(server: string, shard: string): boolean;
  /** It was heard since this server leads the shard, and the living can read what it would write (forms.ts). */
  mayLead(server: string, shard: string): boolean;
}

export interface Moves {
  readonly open: readonly string[];
  readonly drop: readonly string[];
  /** Whose lead is to be given to whom. */
  readonly handOver: { readonly shard: string; readonly to: string } | undefined;
}

/** The next leader may be so many records behind: it reads them before it leads. */
const LAG_MAX = 5000;

export function moves(seen: Seen): Moves {
  const others = new Map(seen.others.map((member) => [member.name, member]));
  const replica = (server: string, shard: string): MemberShard | undefined => others.get(server)?.shards[shard];
  const isPlaced = ({ place }: SeenShard): boolean => place.hosts.includes(seen.server);

  const open = seen.shards.filter((one) => one.own === undefined && isPlaced(one));
  if (!seen.isQuiet) return { open: open.map(({ shard }) => shard), drop: [], handOver: undefined };
  const held = seen.shards.filter((one) => one.own !== undefined && !one.isRemoving);

  const drop = held.filter((one) => {
    const { shard, place, own } = one;
    if (isPlaced(one) || own!.role === "leader") return false;
    return place.hosts.every((host) => {
      const there = replica(host, shard);
      return there !== undefined && seen.isFit(host, shard) && there.epoch >= own!.epoch && there.seq >= own!.seq;
    });
  });

  const handOver = held.find(({ shard, place, own }) => {
    if (own!.role !== "leader" || place.leader === seen.server) return false;
    const there = replica(place.leader, shard);
    return (
      there !== undefined &&
      seen.isFit(place.leader, shard) &&
      seen.mayLead(place.leader, shard) &&
      there.epoch === own!.epoch &&
      own!.seq - there.seq <= LAG_MAX
    );
  });
  return {
    open: open.map(({ shard }) => shard),
    drop: drop.map(({ shard }) => shard),
    handOver: handOver && { shard: handOver.shard, to: handOver.place.leader },
  };
}
