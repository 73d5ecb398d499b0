/** A cluster as rows of a table and as facts. */
import { formatSize } from "../base/duration.ts";
import type { ClusterView, MemberView } from "../protocol/cluster-view.ts";
import type { Column } from "./table.ts";
import { relative } from "./time.ts";

export function memberColumns(now: number): Column<MemberView>[] {
  return [
    { title: "SERVER", cell: ({ server, isHere }) => (isHere ? `${server} *` : server), max: 40 },
    {
      title: "ROLE",
      cell: ({ role }) => role,
      colour: ({ role }) => (role === "leader" ? "green" : role === "gone" ? "red" : undefined),
    },
    { title: "RECORD", cell: ({ seq }) => String(seq), side: "right" },
    { title: "BEHIND", cell: ({ lag }) => (lag === 0 ? "" : String(lag)), side: "right" },
    { title: "VERSION", cell: ({ version }) => version ?? "" },
    { title: "URL", cell: ({ url }) => url ?? "", max: 60 },
    { title: "SEEN", cell: ({ seenAt, isHere }) => (isHere ? "" : relative(seenAt, now)) },
  ];
}

/** What stands above the table of its servers. */
export function clusterFacts(cluster: ClusterView, now: number): (readonly [string, string | undefined])[] {
  const { backend, snapshot, divergences, repairs, first, last } = cluster;
  const held = last === undefined ? undefined : `${first} to ${last}`;
  return [
    ["cluster", `${cluster.name}, shard ${cluster.shard}`],
    ["leader", cluster.leader === undefined ? "nobody" : `${cluster.leader}, term ${cluster.term}`],
    ["asked", `${cluster.server}, ${cluster.role}${cluster.reason === undefined ? "" : `: ${cluster.reason}`}`],
    ["log", `${backend.kind} ${backend.version} at ${backend.address}${held === undefined ? "" : `, records ${held}`}`],
    ["durability", backend.durability],
    ["snapshot", snapshot && `record ${snapshot.seq}, ${formatSize(snapshot.bytes)}, ${relative(snapshot.at, now)}`],
    ["differed", divergences === 0 ? undefined : `${divergences} times: see the log of this server`],
    ["repaired", repairs === 0 ? undefined : `${repairs} times: see the log of this server`],
  ];
}
