/** What an admin can do with the cluster, at its head. */
import { ArrowRightLeft, Camera } from "lucide-react";
import type { ClusterView } from "@octopus/protocol/cluster-view.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { useClusterDeeds, useGoOnWithout } from "./deeds.ts";

export function ClusterActions({ cluster }: { cluster: ClusterView }) {
  const isAdmin = useMay("admin");
  const { stepDown, snapshot, isBusy } = useClusterDeeds(cluster.shard);
  const goOn = useGoOnWithout(cluster.name);
  if (!isAdmin) return null;
  return (
    <>
      {cluster.leader === undefined && cluster.reason !== undefined && (
        <Button kind="danger" onClick={() => void goOn()}>
          Go on without missing servers…
        </Button>
      )}
      <Button icon={<Camera aria-hidden />} isBusy={isBusy} onClick={snapshot}>
        Make a snapshot
      </Button>
      <Button
        icon={<ArrowRightLeft aria-hidden />}
        disabled={cluster.leader === undefined}
        onClick={() => void stepDown(cluster.leader)}
      >
        Let another server lead…
      </Button>
    </>
  );
}
