/** What the task has returned: as a tree; what is large is fetched when somebody asks for it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Json } from "@octopus/base/words.ts";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { client } from "../../data/client.ts";
import { address } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { JsonTree } from "../../parts/json-tree.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./task.module.css";

export function Result({ id, task }: { id: string; task: TaskDetail }) {
  return (
    <div className={styles["all"]}>
      {task.result !== undefined ? (
        <Value title="Result" value={task.result} />
      ) : task.resultHref !== undefined ? (
        <Large id={id} endedAt={task.endedAt} />
      ) : (
        <Panel title="Result">
          <Empty title={isEnded(task.state) ? "It returned nothing" : "Nothing yet"}>
            {task.kind === "shell"
              ? "A command returns what it prints under outputs; what else it prints stands in its log."
              : undefined}
          </Empty>
        </Panel>
      )}
      {task.outputs !== undefined && <Value title="Outputs, as other tasks read them" value={task.outputs} />}
    </div>
  );
}

function Value({ title, value }: { title: string; value: Json }) {
  return (
    <Panel title={title} actions={<Copy text={() => JSON.stringify(value, undefined, 2)} what="it as JSON" />}>
      <JsonTree value={value} label={title} />
    </Panel>
  );
}

function Large({ id, endedAt }: { id: string; endedAt: string | undefined }) {
  const [isAsked, setAsked] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.task(id), "result", endedAt],
    queryFn: () => client.result(id),
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (data !== undefined) return <Value title="Result" value={data} />;
  return (
    <Panel title="Result">
      {error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : isAsked ? (
        <Loading />
      ) : (
        <Empty title="It is too large to come with the page">
          <span className={styles["inline"]}>
            <Button onClick={() => setAsked(true)}>Show it</Button>
            <a href={`${address}/api/v1/tasks/${encodeURIComponent(id)}/result`} download={`${id}.json`}>
              Download
            </a>
          </span>
        </Empty>
      )}
    </Panel>
  );
}
