/** What the servers share: what keeps it, what an acknowledgement survives, from where a new server begins. */
import { formatSize } from "@octopus/base/duration.ts";
import type { ClusterView } from "@octopus/protocol/cluster-view.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { Facts, Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./cluster.module.css";

const KINDS: Readonly<Record<string, string>> = { nats: "NATS JetStream", postgres: "PostgreSQL" };

export function SharedLog({ cluster }: { cluster: ClusterView }) {
  const { backend, shard, server, first, last, seq, term, snapshot, divergences, repairs } = cluster;
  return (
    <Panel title="What they share">
      <div className={styles["all"]}>
        <Facts
          facts={[
            ["Kept by", `${KINDS[backend.kind] ?? backend.kind} ${inertLine(backend.version)}`],
            ["At", <code key="at">{inertLine(backend.address)}</code>],
            [`Log of ${shard}`, last === undefined ? "not known now" : extent(first, last)],
            [`Applied by ${server}`, `record ${seq.toLocaleString("en")}`],
            ["Term", term.toLocaleString("en")],
            [
              "Newest snapshot",
              snapshot === undefined ? (
                "none yet"
              ) : (
                <span key="snapshot">
                  record {snapshot.seq.toLocaleString("en")}, {formatSize(snapshot.bytes)}, <Ago at={snapshot.at} />
                </span>
              ),
            ],
            ["Differed from the log", times(divergences)],
            ["Log mended", times(repairs)],
          ]}
        />
        <div>
          <p className={styles["name"]}>What an acknowledgement survives</p>
          <p>{inertLine(backend.durability)}</p>
        </div>
      </div>
    </Panel>
  );
}

function extent(first: number | undefined, last: number): string {
  return `records ${(first ?? 1).toLocaleString("en")} to ${last.toLocaleString("en")}`;
}

function times(count: number): string {
  return count === 0 ? "never" : count === 1 ? "once since it started" : `${count} times since it started`;
}
