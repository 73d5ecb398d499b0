/** Questions that wait for a person, anywhere in the run: at the top, and answered there. */
import { useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useState } from "react";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { isAsked } from "@octopus/view/run-words.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import styles from "./asked.module.css";

const SHOWN = 3;

export function AskedBar({ run, select }: { run: RunDetail; select(id: string): void }) {
  const own = run.tasks.filter(isAsked);
  const mayWait =
    run.endedAt === undefined && run.tasks.some(({ members, subRun }) => (members ?? subRun) !== undefined);
  // Members and runs inside ask, too; they stand in no answer about the run itself.
  const { data } = useQuery({
    queryKey: keys.tasks({ awaiting: "approval", limit: 100 }),
    queryFn: () => client.tasks({ awaiting: "approval", limit: 100 }),
    enabled: mayWait,
  });
  const known = new Set(own.map(({ id }) => id));
  const inner = new Set(run.tasks.flatMap(({ subRun }) => subRun ?? []));
  const further = (data?.items ?? []).filter(
    (task) => isAsked(task) && !known.has(task.id) && (task.run === run.id || inner.has(task.run ?? "")),
  );
  const asked = [...own, ...further];
  if (asked.length === 0) return null;
  return (
    <section className={styles["all"]} aria-label="Questions that wait for a person">
      {asked.slice(0, SHOWN).map((task) => (
        <Question key={task.id} task={task} run={run} select={select} />
      ))}
      {asked.length > SHOWN && (
        <p className={styles["rest"]}>
          and {asked.length - SHOWN} more; the list shows them first when it is ordered by state
        </p>
      )}
    </section>
  );
}

function Question({ task, run, select }: { task: TaskView; run: RunDetail; select(id: string): void }) {
  return (
    <div className={styles["one"]}>
      <div className={styles["words"]}>
        <StateMark state="scheduled" label="waits for a person" />
        <div>
          <button type="button" className={styles["name"]} onClick={() => select(task.id)}>
            {inertLine(titleOf(task))}
            {task.run !== run.id && ` (${task.run})`}
          </button>
          <span className={styles["message"]}>{inertLine(task.approval?.message ?? "May it start?")}</span>
          <span className={styles["since"]}>
            asked <Ago at={task.readyAt ?? task.createdAt} />
            {task.approval?.until !== undefined && (
              <>
                , answers itself at <Clock at={task.approval.until} />
              </>
            )}
          </span>
        </div>
      </div>
      <Answer task={task} runId={run.id} />
    </div>
  );
}

/** Approve or reject, with a note that stays with the task. */
export function Answer({ task, runId }: { task: TaskView; runId: string }) {
  const [note, setNote] = useState("");
  const mayAnswer = useMay("submitter");
  const answer = useAction({
    run: (approve: boolean) => client.approveTask(task.id, approve, note.trim() === "" ? {} : { note: note.trim() }),
    done: (_, approve) => `${titleOf(task)} is ${approve ? "approved" : "rejected"}.`,
    stale: [keys.run(runId), keys.task(task.id), ["tasks"]],
  });
  if (!mayAnswer) return null;
  return (
    <div className={styles["answer"]}>
      <TextInput label="Note" isBare placeholder="Note, if you like" value={note} onChange={setNote} maxLength={2000} />
      <Button kind="main" icon={<Check aria-hidden />} isBusy={answer.isPending} onClick={() => answer.run(true)}>
        Approve
      </Button>
      <Button kind="danger" icon={<X aria-hidden />} isBusy={answer.isPending} onClick={() => answer.run(false)}>
        Reject
      </Button>
    </div>
  );
}
