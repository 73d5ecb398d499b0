/**
 * A shard on one server as the HTTP server sees it: who leads, the way there, how far this replica is, what an operator is
 * told. It owns nothing but what was seen last of the log and the snapshots, for the metrics.
 */
import { OctopusError } from "../../base/errors.ts";
import { differing } from "../../cluster/differing.ts";
import type { KnownMember } from "../../cluster/member.ts";
import type { Members } from "../../cluster/members.ts";
import type { SharedTime } from "../../cluster/shared-time.ts";
import { inTime } from "../../cluster/in-time.ts";
import type { BackendView, ClusterBackend } from "../../cluster/ports.ts";
import type { Shard, ShardView as SeenShard } from "../../cluster/shard.ts";
import type { Manifest } from "../../cluster/snapshot.ts";
import { clusterMetrics, type Looked } from "./metrics.ts";
import type { ClusterView, MemberView, ShardView, SnapshotView } from "../../protocol/cluster-view.ts";
import type { Clock } from "../../engine/ports.ts";
import type { ClusterDoor, Leader } from "../../server/mod.ts";

/** A server that was not heard for so long counts as gone. */
const GONE_MS = 5000;
/** Who asks while what is shared does not answer is to see what this server knows. */
const VIEW_MS = 1500;
/** How long the list of those that are gone is waited for. */
const OTHERS_MS = 500;
const NO_ANSWER = "what the servers share does not answer now: this is what this server saw last";

export interface DoorOptions {
  /** Name of the cluster. */
  cluster: string;
  shard: string;
  backend: ClusterBackend;
  members: Members;
  clock: Clock;
  time: Pick<SharedTime, "offset">;
  /** All shards of the cluster; told by `default` alone. */
  shards?(): ShardView[];
}

/** A server listens before its replica begins: until `attach` was called the door says so. */
export interface Door extends ClusterDoor {
  attach(shard: Shard): void;
}

export function openDoor({ cluster, shard: name, backend, members, clock, time, shards }: DoorOptions): Door {
  const { server, bus } = backend;
  const looked: Looked & { shared?: BackendView } = {};
  const listeners = new Set<(leader: Leader | undefined) => void>();
  let attached: Shard | undefined;
  const replica = (): Shard | undefined => attached;
  const starting = "this server is connecting to its cluster";
  const begun = (): Shard => {
    const shard = replica();
    if (shard === undefined) throw new OctopusError("not_ready", starting, { retryable: true });
    return shard;
  };
  const leader = (): Leader | undefined => leaderOf(replica(), server);
  const view = async (): Promise<ClusterView> => {
    const shard = begun();
    const { shared: last } = looked;
    const asked = last === undefined ? backend.view() : inTime(clock, VIEW_MS, backend.view(), last);
    const [seen, shared] = await Promise.all([shard.view(), asked]);
    looked.shared = shared;
    looked.last = seen.log?.last;
    looked.snapshotAt = seen.snapshot?.at;
    const warnings = [
      ...(seen.log === undefined ? [NO_ANSWER] : []),
      ...members.cannotRead(name).map(olderThan(server)),
      ...differing(members.living()),
      ...(time.offset === 0 ? [] : [wrongClock(server, time.offset)]),
      ...shared.warnings,
    ];
    const all = shards === undefined ? {} : { shards: shards() };
    const known = { ...seen, leader: isLed(members, name) ? seen.leader : undefined };
    return { ...viewOf(known, { cluster, name, server }), ...all, backend: { ...shared, warnings } };
  };
  return {
    ...{ server, name: cluster, shard: name, leader, view },
    attach(shard) {
      attached = shard;
      const call = (): void => {
        for (const listener of [...listeners]) listener(leader());
      };
      shard.onLeader(call);
      shard.onRole(call);
      call();
      // So that something of it is known when it does not answer any more.
      void view().catch(() => undefined);
    },
    onLeader(listener) {
      // Each call is a listener of its own.
      const own = (now: Leader | undefined): void => listener(now);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    connect: (to) => bus.connect(to),
    accept: (listener) => bus.accept(listener),
    ledMs: () => members.pulse.ledMs(name),
    position: () => replica()?.position() ?? { seq: 0, epoch: 0 },
    waitFor: (position, ms) => begun().waitFor(position, ms),
    notReady: () => (attached === undefined ? starting : attached.notReady),
    others: () => othersOf(members, server, name),
    urls: () => members.living().flatMap(({ url }) => url ?? []),
    repair: () => begun().repair(),
    stepDown: () => stepDown(begun(), members, { server, name }),
    snapshot: async () => snapshotView(await begun().snapshot()),
    metrics() {
      const shard = replica();
      if (shard === undefined) return "";
      // For the next time: nobody waits for the log because he wants numbers.
      void view().catch(() => undefined);
      return clusterMetrics(shard, name, looked, Date.now());
    },
  };
}

async function othersOf(members: Members, server: string, shard: string): Promise<string[]> {
  const all = await members.all(OTHERS_MS);
  const others = all.filter(
    ({ name, left, shards }) => name !== server && left !== true && shards[shard] !== undefined,
  );
  return others.map(({ name }) => name);
}

/** The seat names whoever had it last, also when nobody can lead. */
function isLed({ pulse }: Members, shard: string): boolean {
  return pulse.ledMs(shard) < GONE_MS;
}

async function stepDown(shard: Shard, members: Members, own: { server: string; name: string }): Promise<void> {
  const { server } = own;
  const couldLead = members.living().some(({ name, shards }) => {
    const state = shards[own.name];
    return name !== server && state !== undefined && state.trouble === undefined;
  });
  if (shard.role === "leader" && !couldLead) {
    const words = `no other server is there that could lead in place of ${server}; \`octopus cluster\` shows which there are`;
    throw new OctopusError("conflict", words, { retryable: true });
  }
  await shard.stepDown();
}

/** Who leads, as requests are to know it. */
function leaderOf(shard: Shard | undefined, server: string): Leader | undefined {
  const seat = shard?.leader();
  if (shard === undefined || seat === undefined) return undefined;
  const isHere = seat.server === server;
  // It has the seat, and does not decide yet.
  return isHere && shard.role !== "leader" ? undefined : { ...seat, isHere };
}

const olderThan =
  (server: string) =>
  (name: string): string =>
    `${name} runs an older version that cannot read what ${server} would write, so ${server} does not lead while it runs: upgrade it, or stop it`;

function wrongClock(server: string, offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1000);
  const way = offset < 0 ? "ahead of" : "behind";
  return `the clock of ${server}'s machine is ${seconds} s ${way} those of the other servers, and ${server} goes by theirs: set it right`;
}

function viewOf(
  { role, leader, position, log, ready, trouble, members, snapshot, troubles }: SeenShard,
  { cluster, name, server }: { cluster: string; name: string; server: string },
): Omit<ClusterView, "backend"> {
  const last = log?.last ?? position.seq;
  const times = (type: string): number => troubles.filter((one) => one.type === type).length;
  return {
    ...{ name: cluster, server, shard: name },
    role: ready ? role : "starting",
    ...(trouble !== undefined && { reason: trouble }),
    term: leader?.term ?? position.term,
    ...(leader !== undefined && { leader: leader.server }),
    seq: position.seq,
    ...(log !== undefined && { first: log.first, last: log.last }),
    members: members.map((member) => memberView(member, { name, server, last })),
    ...(snapshot !== undefined && { snapshot: snapshotView(snapshot) }),
    ...{ divergences: times("diverged"), repairs: times("repaired") },
  };
}

function memberView(
  { name: member, url, version, shards, left, silentMs }: KnownMember,
  { name, server, last }: { name: string; server: string; last: number },
): MemberView {
  const state = shards[name];
  const isGone = left === true || silentMs === undefined || silentMs > GONE_MS;
  const seq = state?.seq ?? 0;
  return {
    ...{ server: member, version, seq, lag: Math.max(0, last - seq), isHere: member === server },
    role: isGone ? "gone" : state === undefined || state.trouble !== undefined ? "starting" : state.role,
    ...(url !== undefined && { url }),
    ...(silentMs !== undefined && { seenAt: new Date(Date.now() - silentMs).toISOString() }),
  };
}

function snapshotView({ seq, at, bytes }: Manifest): SnapshotView {
  return { seq, at: new Date(at).toISOString(), bytes };
}
