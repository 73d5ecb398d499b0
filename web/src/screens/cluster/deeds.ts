/** What an operator can do with a namespace of a cluster, and what it means. */
import { Client } from "@octopus/client/client.ts";
import { createFetchTransport } from "@octopus/client/transport-fetch.ts";
import { formatSize } from "@octopus/base/duration.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { addressOf, namespace } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useConfirm } from "../../parts/dialog.tsx";

function clientOf(name: string): Client {
  return name === namespace ? client : new Client(addressOf(name), createFetchTransport(addressOf(name)));
}

export function useClusterDeeds(name: string) {
  const confirm = useConfirm();
  const move = useAction({
    run: () => clientOf(name).stepDown(),
    done: ({ leader }) => (leader === undefined ? "another server will lead in a moment" : `${leader} leads ${name}`),
    stale: [keys.cluster],
  });
  const copy = useAction({
    run: () => clientOf(name).snapshot(),
    done: ({ seq, bytes }) =>
      `the snapshot of ${name} holds ${seq.toLocaleString("en")} records in ${formatSize(bytes)}`,
    stale: [keys.cluster],
  });
  const stepDown = async (leader: string | undefined): Promise<void> => {
    const isSure = await confirm({
      title: `Let another server lead ${name}?`,
      text:
        `${leader ?? "The leader"} hands over to a server that has caught up. Work goes on; what is asked in that moment ` +
        "is answered by the next leader, or refused so that it can be asked again.",
      deed: "Hand over",
    });
    if (isSure) move.run();
  };
  return { stepDown, snapshot: () => copy.run(), isBusy: move.isPending || copy.isPending };
}

/** Of the servers that are missing: only where nobody can lead because of them. */
export function useGoOnWithout(cluster: string) {
  const confirm = useConfirm();
  const repair = useAction({
    run: () => client.repairCluster(),
    done: () => "the cluster goes on with the servers that are there",
    stale: [keys.cluster],
  });
  return async (): Promise<void> => {
    const isSure = await confirm({
      title: "Go on without the missing servers?",
      text:
        "The log has lost its end, and a server that is away had applied more than all that are there. What it alone had is " +
        "given up, acknowledged or not. If it can be started again, start it: it mends the log without any loss.",
      deed: "Give it up and go on",
      isDanger: true,
      typed: cluster,
    });
    if (isSure) repair.run();
  };
}
