/**
 * Workers: who is there and how they are, who asks to be let in, what all of them have against what is taken, pools. Signs of
 * life are no events of the stream, so this screen asks every few seconds while it is looked at.
 */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { fleetWords } from "@octopus/view/fleet.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Loading } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Pools } from "./pools.tsx";
import { StartWorker } from "./start-worker.tsx";
import { Topology } from "./topology.tsx";
import { WaitingWorkers } from "./waiting.tsx";
import { WorkerList } from "./worker-list.tsx";

/** Who comes, goes or takes a task is told by the stream; when they were last heard of is not. */
export const PULSE_MS = 30_000;

export function useWorkers() {
  return useQuery({ queryKey: keys.workers, queryFn: () => client.workers(), refetchInterval: PULSE_MS });
}

export function Workers() {
  const { data: workers, error, refetch } = useWorkers();
  const pools = useQuery({ queryKey: keys.pools, queryFn: () => client.pools(), refetchInterval: PULSE_MS });
  const [isStarting, setStarting] = useState(false);
  const start = () => setStarting(true);
  return (
    <Page
      title="Workers"
      lead={workers && workers.length > 0 && fleetWords(workers)}
      actions={
        <Button kind="main" icon={<Plus aria-hidden />} onClick={start}>
          Start a worker
        </Button>
      }
    >
      <WaitingWorkers />
      <LateTrouble error={error} isShown={workers !== undefined} retry={() => void refetch()} />
      {workers === undefined ? (
        error === null && <Loading lines={5} />
      ) : (
        <Tabs
          label="Views of the workers"
          tabs={[
            { id: "list", label: "Workers", content: <WorkerList workers={workers} start={start} /> },
            { id: "capacity", label: "Capacity", content: <Topology workers={workers} start={start} /> },
            {
              id: "pools",
              label: pools.data === undefined || pools.data.length === 0 ? "Pools" : `Pools (${pools.data.length})`,
              content: <Pools pools={pools.data} error={pools.error} retry={() => void pools.refetch()} />,
            },
          ]}
        />
      )}
      {isStarting && <StartWorker onClose={() => setStarting(false)} />}
    </Page>
  );
}
