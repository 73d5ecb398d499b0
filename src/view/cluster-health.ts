/** Is a cluster all right? What a person should look at, the gravest first, each in a sentence. */
import { formatDuration } from "../base/duration.ts";
import type { ClusterView, MemberView, ShardView } from "../protocol/cluster-view.ts";
import type { HealthTone } from "./health.ts";

export interface ClusterNote {
  tone: Exclude<HealthTone, "good">;
  text: string;
}

export interface ClusterHealth {
  tone: HealthTone;
  /** The gravest of the notes, or that all is well. Warnings of what keeps the log are told in its own, many words. */
  sentence: string;
  notes: readonly ClusterNote[];
}

/** A replica that is so far behind takes a while, and reads there are old. */
const LAG_MAX = 1000;
const NAMES_MAX = 3;

export function clusterHealth(cluster: ClusterView, now: number): ClusterHealth {
  const notes = [...ofLead(cluster), ...ofMembers(cluster, now), ...ofShards(cluster), ...ofTroubles(cluster)];
  notes.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
  const [first] = notes;
  if (first !== undefined) return { tone: first.tone, sentence: first.text, notes };
  if (cluster.backend.warnings.length === 0) return { tone: "good", sentence: `All is well: ${facts(cluster)}`, notes };
  const count = cluster.backend.warnings.length;
  const warns = count === 1 ? "there is a warning" : `there are ${count} warnings`;
  return { tone: "warn", sentence: `It works: ${facts(cluster)}; ${warns} about what keeps the log`, notes };
}

/** Every namespace: what `default` tells of all, else the one that was asked. */
export function shardsOf(cluster: ClusterView): readonly ShardView[] {
  const { shard, leader, term, reason, first, last, snapshot, members, shards = [] } = cluster;
  const own = {
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    ...(snapshot !== undefined && { snapshot }),
  };
  if (shards.length > 0) return shards.map((one) => (one.name === shard ? { ...own, ...one } : one));
  return [
    {
      ...own,
      name: shard,
      ...(leader !== undefined && { leader }),
      term,
      state: leader === undefined ? "nobody" : reason === undefined ? "ok" : "starting",
      ...(reason !== undefined && { reason }),
      hosts: members.map(({ server, role, seq, lag }) => ({ server, role, seq, lag })),
    },
  ];
}

function ofLead({ leader, reason, server }: ClusterView): ClusterNote[] {
  const notes: ClusterNote[] = [];
  if (leader === undefined)
    notes.push({ tone: "bad", text: "Nobody leads: nothing can be changed until a server does" });
  if (reason !== undefined) notes.push({ tone: "bad", text: `${server}, which answers, cannot be read: ${reason}` });
  return notes;
}

function ofMembers({ members }: ClusterView, now: number): ClusterNote[] {
  const notes: ClusterNote[] = [];
  const there = members.filter(({ role }) => role !== "gone");
  for (const { server, seenAt } of members.filter(({ role }) => role === "gone")) {
    const since = seenAt === undefined ? "" : ` for ${formatDuration(round(Math.max(0, now - Date.parse(seenAt))))}`;
    notes.push({ tone: "warn", text: `${server} has not been heard of${since}` });
  }
  for (const { server, lag } of there.filter((member) => member.lag > LAG_MAX))
    notes.push({ tone: "warn", text: `${server} is ${lag.toLocaleString("en")} records behind` });
  if (there.length === 1) notes.push({ tone: "warn", text: "There is one server: nobody takes over when it ends" });
  const versions = new Set(there.flatMap(({ version }) => version ?? []));
  if (versions.size > 1) {
    const all = [...versions].toSorted().join(" and ");
    notes.push({ tone: "warn", text: `Servers of ${all} run together, which is meant for the time of an upgrade` });
  }
  return notes;
}

function ofShards({ shards = [] }: ClusterView): ClusterNote[] {
  const named = (those: readonly ShardView[]): string => {
    const names = those.slice(0, NAMES_MAX).map(({ name }) => name);
    const more = those.length - names.length;
    return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
  };
  const notes: ClusterNote[] = [];
  // That nobody leads `default` is said already.
  const lost = shards.filter(({ state, leader }, i) => i > 0 && (state === "nobody" || leader === undefined));
  const moving = shards.filter(({ state }) => state === "moving");
  if (lost.length > 0) notes.push({ tone: "bad", text: `Nobody leads ${named(lost)}` });
  if (moving.length > 0)
    notes.push({
      tone: "warn",
      text: `${named(moving)} ${moving.length === 1 ? "is" : "are"} on the move to other servers`,
    });
  return notes;
}

function ofTroubles({ divergences, repairs, server }: ClusterView): ClusterNote[] {
  const notes: ClusterNote[] = [];
  const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
  if (divergences > 0) {
    const what = "dropped its database, which differed from the log, and took a snapshot";
    notes.push({ tone: "warn", text: `${server} ${what} ${times(divergences)} since it started` });
  }
  if (repairs > 0) {
    const what = "The log had lost its end, and was mended by";
    notes.push({ tone: "warn", text: `${what} ${server} ${times(repairs)} since it started` });
  }
  return notes;
}

function facts({ leader, members, shards = [] }: ClusterView): string {
  const there = members.filter(({ role }) => role !== "gone").length;
  const led = shards.length > 1 ? `all ${shards.length} namespaces are led` : `${leader} leads`;
  return `${led}, ${there} servers are there`;
}

/** What each server leads. */
export function leadsOf(shards: readonly ShardView[], server: string): string {
  const names = shards.filter(({ leader }) => leader === server).map(({ name }) => name);
  const more = names.length - NAMES_MAX;
  return names.slice(0, NAMES_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** How far a copy is, in words. */
export function lagWords({ role, lag }: Pick<MemberView, "role" | "lag">): string {
  if (role === "leader") return "the newest";
  if (role === "gone") return "gone";
  if (role === "starting") return lag === 0 ? "starting" : `starting, ${lag.toLocaleString("en")} behind`;
  return lag === 0 ? "caught up" : `${lag.toLocaleString("en")} behind`;
}

function round(ms: number): number {
  return ms < 1000 ? ms : Math.round(ms / 1000) * 1000;
}
