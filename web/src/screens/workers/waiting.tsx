/** Workers without a token that ask to be let in: nobody is, before a person has compared the fingerprint on both sides. */
import { useQuery } from "@tanstack/react-query";
import type { WaitingWorkerView } from "@octopus/protocol/worker-views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./waiting.module.css";

/** One that asks to be let in is no event yet. */
const PULSE_MS = 5000;

export function WaitingWorkers() {
  const { data: waiting = [] } = useQuery({
    queryKey: keys.waiting,
    queryFn: () => client.waitingWorkers(),
    refetchInterval: PULSE_MS,
  });
  if (waiting.length === 0) return null;
  return (
    <Panel title={waiting.length === 1 ? "A worker asks to be let in" : `${waiting.length} workers ask to be let in`}>
      <p className={styles["hint"]}>
        Compare the fingerprint with the one that the worker prints before you let it in.
      </p>
      <ul className={styles["list"]}>
        {waiting.map((worker) => (
          <WaitingWorker key={worker.key} worker={worker} />
        ))}
      </ul>
    </Panel>
  );
}

function WaitingWorker({ worker }: { worker: WaitingWorkerView }) {
  const { name, key, fingerprint, address, host, firstSeenAt, conflict } = worker;
  const mayDecide = useMay("operator");
  const confirm = useConfirm();
  const stale = [keys.waiting, keys.workers] as const;
  const approve = useAction({
    run: () => client.approveWorker(name, key),
    done: () => `${name} is let in; it connects in a moment`,
    stale,
  });
  const deny = useAction({ run: () => client.denyWorker(name, key), done: () => `${name} is turned away`, stale });
  const ask = async (): Promise<void> => {
    if (conflict !== true) return approve.run();
    const isSure = await confirm({
      title: `Let another ${name} in?`,
      text: `The name ${name} belongs to another key already. Both could connect under it; whoever comes second sends the first away.`,
      deed: "Let it in",
      isDanger: true,
    });
    if (isSure) approve.run();
  };
  return (
    <li className={styles["one"]}>
      <div className={styles["who"]}>
        <p>
          <b>{name}</b>
          {conflict === true && <span className={styles["conflict"]}> The name has another key already.</span>}
        </p>
        <p className={styles["print"]}>
          <code>{fingerprint}</code>
        </p>
        <p className={styles["hint"]}>
          from {address}
          {host !== undefined && host !== name && ` (${host})`}, asks since <Ago at={firstSeenAt} />
        </p>
      </div>
      {mayDecide ? (
        <div className={styles["actions"]}>
          <Button isBusy={deny.isPending} onClick={() => deny.run()} aria-label={`Turn away ${name}`}>
            Turn away
          </Button>
          <Button
            kind="main"
            isBusy={approve.isPending}
            onClick={() => void ask()}
            aria-label={`Let it in: ${name} with the key ${fingerprint}`}
          >
            Let it in
          </Button>
        </div>
      ) : (
        <p className={styles["hint"]}>An operator decides.</p>
      )}
    </li>
  );
}
