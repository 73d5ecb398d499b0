/** The namespaces of the cluster: each has a log and a leader of its own, and copies on some of the servers. */
import { ArrowRightLeft, Camera, EllipsisVertical } from "lucide-react";
import { formatSize } from "@octopus/base/duration.ts";
import type { ReplicaView, ShardView } from "@octopus/protocol/cluster-view.ts";
import { lagWords } from "@octopus/view/cluster-health.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { addressOf } from "../../data/here.ts";
import { useMay } from "../../data/session.ts";
import { IconButton } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { useClusterDeeds } from "./deeds.ts";
import styles from "./cluster.module.css";
import { ROLE_TONES, SHARD_TONES, SHARD_WORDS } from "./words.ts";

interface ShardsProps {
  shards: readonly ShardView[];
  /** All that there are; else the one whose page this is. */
  isAll: boolean;
}

export function Shards({ shards, isAll }: ShardsProps) {
  const isAdmin = useMay("admin");
  const columns: Column<ShardView>[] = [
    {
      title: "Namespace",
      cell: ({ name }) => (isAll ? <a href={`${addressOf(name)}/ui/`}>{name}</a> : name),
    },
    {
      title: "State",
      cell: ({ state, reason }) => (
        <Chip tone={SHARD_TONES[state]} title={reason}>
          {SHARD_WORDS[state]}
        </Chip>
      ),
    },
    { title: "Leader", cell: ({ leader, term }) => <Leader leader={leader} term={term} /> },
    { title: "Copies", cell: ({ hosts }) => <Copies hosts={hosts} /> },
    { title: "Log", cell: (shard) => <Extent shard={shard} />, isMinor: true },
    {
      title: "Snapshot",
      cell: ({ snapshot }) =>
        snapshot !== undefined && (
          <span title={`record ${snapshot.seq.toLocaleString("en")}, ${formatSize(snapshot.bytes)}`}>
            <Ago at={snapshot.at} />
          </span>
        ),
      isMinor: true,
    },
    ...(isAdmin && isAll ? [{ title: "Deeds", cell: (shard: ShardView) => <Deeds shard={shard} /> }] : []),
  ];
  return (
    <Panel title={isAll ? "Namespaces" : "This namespace"} isFlush>
      <Table label="Namespaces of the cluster" columns={columns} rows={shards} keyOf={({ name }) => name} />
    </Panel>
  );
}

function Leader({ leader, term }: Pick<ShardView, "leader" | "term">) {
  if (leader === undefined) return "nobody";
  return <span title={term === undefined ? undefined : `term ${term}`}>{inertLine(leader)}</span>;
}

function Copies({ hosts }: { hosts: readonly ReplicaView[] }) {
  return (
    <ul className={styles["copies"]}>
      {hosts.toSorted(byPart).map((host) => (
        <li key={host.server}>
          <Chip tone={ROLE_TONES[host.role]} title={`${host.server}: ${lagWords(host)}`}>
            {inertLine(host.server)}
            {host.role === "leader" || (host.role === "follower" && host.lag === 0) ? "" : `, ${lagWords(host)}`}
          </Chip>
        </li>
      ))}
    </ul>
  );
}

/** The leader first. */
function byPart(a: ReplicaView, b: ReplicaView): number {
  return Number(b.role === "leader") - Number(a.role === "leader") || a.server.localeCompare(b.server, "en");
}

function Extent({ shard: { first, last, logBytes } }: { shard: ShardView }) {
  if (last === undefined) return null;
  const size = logBytes === undefined ? "" : `, ${formatSize(logBytes)}`;
  return `${(first ?? 1).toLocaleString("en")} to ${last.toLocaleString("en")}${size}`;
}

function Deeds({ shard: { name, leader } }: { shard: ShardView }) {
  const { stepDown, snapshot } = useClusterDeeds(name);
  return (
    <Menu
      label={`What can be done with ${name}`}
      items={[
        {
          label: "Let another server lead…",
          icon: <ArrowRightLeft aria-hidden />,
          isDisabled: leader === undefined,
          run: () => void stepDown(leader),
        },
        { label: "Make a snapshot", icon: <Camera aria-hidden />, run: snapshot },
      ]}
      trigger={
        <IconButton label={`Actions for ${name}`}>
          <EllipsisVertical aria-hidden />
        </IconButton>
      }
    />
  );
}
