/**
 * The cluster: its servers, who leads what, how far copies are, what an acknowledgement survives, and what an operator can
 * do. As the server sees it that answers; numbers of records change all the time, and so it is read every few seconds.
 */
import { useQuery } from "@tanstack/react-query";
import { OctopusError } from "@octopus/base/errors.ts";
import type { ClusterView } from "@octopus/protocol/cluster-view.ts";
import { clusterHealth, shardsOf } from "@octopus/view/cluster-health.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useNow } from "../../app/now.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Chip } from "../../parts/chips.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Empty, Loading, Remark } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { VerdictBox } from "../../parts/verdict-box.tsx";
import { ClusterActions } from "./actions.tsx";
import { Members } from "./members.tsx";
import { Shards } from "./shards.tsx";
import { SharedLog } from "./shared-log.tsx";
import styles from "./cluster.module.css";

const PULSE_MS = 2000;

export function Cluster() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.cluster,
    queryFn: () => client.cluster(),
    refetchInterval: ({ state }) => (isAlone(state.error) ? false : PULSE_MS),
    retry: false,
  });
  if (data === undefined && isAlone(error)) return <Alone />;
  return (
    <Page
      title="Cluster"
      heading={
        data === undefined ? undefined : (
          <>
            Cluster <Chip>{data.name}</Chip>
          </>
        )
      }
      lead="Several servers that share a log: each has all data, one of them leads, and another takes over when it ends."
      actions={data !== undefined && <ClusterActions cluster={data} />}
    >
      <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
      {data === undefined ? error === null && <Loading lines={6} /> : <Known cluster={data} />}
    </Page>
  );
}

function Known({ cluster }: { cluster: ClusterView }) {
  const now = useNow();
  const shards = shardsOf(cluster);
  const { tone, sentence, notes } = clusterHealth(cluster, now);
  return (
    <>
      <VerdictBox
        tone={tone}
        label="Is the cluster all right?"
        sentence={sentence}
        notes={notes.slice(1).map((note) => ({ key: note.text, tone: note.tone, content: note.text }))}
      />
      {cluster.backend.warnings.map((warning) => (
        <Remark key={warning} tone="warn">
          <span className={styles["warning"]}>{inertLine(warning)}</span>
        </Remark>
      ))}
      <Members members={cluster.members} shards={shards} shard={cluster.shard} />
      <Shards shards={shards} isAll={cluster.shards !== undefined} />
      <SharedLog cluster={cluster} />
    </>
  );
}

function isAlone(error: unknown): boolean {
  return error instanceof OctopusError && error.code === "not_found";
}

function Alone() {
  return (
    <Page title="Cluster" lead="Several servers that share a log.">
      <Panel>
        <Empty title="This server stands alone">
          <p>
            What it has is on this machine. With <code>octopus up --nats nats://…</code> or{" "}
            <code>--journal postgres://…</code> several servers share a log, and another takes over when one ends;{" "}
            <code>octopus migrate</code> takes the data along.
          </p>
        </Empty>
      </Panel>
    </Page>
  );
}
