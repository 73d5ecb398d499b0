/** The question that waits for a person. */
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { inert } from "@octopus/view/inert.ts";
import { Panel } from "../../parts/page.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import { Answer } from "../run/asked.tsx";
import styles from "./task.module.css";

export function Approval({ id, task }: { id: string; task: TaskDetail }) {
  const { message, until } = task.approval!;
  return (
    <Panel title="It waits for a person">
      <div className={styles["form"]}>
        <bdi className={styles["pre"]}>{inert(message ?? "May it start?")}</bdi>
        {until !== undefined && (
          <p className={styles["faint"]}>
            Answers itself at <Clock at={until} />, <Ago at={until} />.
          </p>
        )}
        <Answer task={task} runId={task.run ?? id} />
      </div>
    </Panel>
  );
}
