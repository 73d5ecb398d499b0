/** The first thing that is read of a task: why it waits, what went wrong, how its time went, where it stands. */
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { inert, clip } from "@octopus/view/inert.ts";
import { LogView } from "../../logs/log-view.tsx";
import { Apart } from "../../parts/boundary.tsx";
import { ButtonLink } from "../../parts/button.tsx";
import { Panel } from "../../parts/page.tsx";
import { Approval } from "./approval.tsx";
import { Attempts } from "./attempts.tsx";
import { About } from "./about.tsx";
import { Members, OnWorkers } from "./members.tsx";
import { Timeline } from "./timeline.tsx";
import { Waiting } from "./waiting.tsx";
import styles from "./task.module.css";

const STACK_CHARS = 20_000;

export function Overview({ id, task }: { id: string; task: TaskDetail }) {
  const isHolder = task.kind === "each" || task.kind === "workflow" || task.kind === "approval";
  return (
    <div className={styles["all"]}>
      <Apart>
        {task.approval?.state === "waiting" && <Approval id={id} task={task} />}
        {isExplained(task) && <Waiting id={id} task={task} />}
        {task.error !== undefined && <Failure task={task} />}
        {task.attempt > 0 && !isHolder && task.workers === undefined && <Newest id={id} task={task} />}
        <Timeline task={task} />
        {task.workers !== undefined && <OnWorkers workers={task.workers} late={task.lateWorkers ?? []} />}
        {task.members !== undefined && task.workers === undefined && <Members id={id} members={task.members} />}
        {task.attempts.length > 0 && !isHolder && <Attempts id={id} task={task} />}
        <About task={task} />
      </Apart>
    </div>
  );
}

/** It waits, or did not run for a reason that lies elsewhere. */
function isExplained({ state, members, subRun }: TaskDetail): boolean {
  if (isEnded(state)) return state === "upstream_failed" || state === "skipped";
  return state !== "running" || members !== undefined || subRun !== undefined;
}

function Newest({ id, task }: { id: string; task: TaskDetail }) {
  const isLive = !isEnded(task.state);
  return (
    <Panel
      title={isLive ? "Newest output" : "Last output"}
      isFlush
      actions={
        <ButtonLink isSmall to="." search={((before: object) => ({ ...before, tab: "log" })) as never}>
          Whole log
        </ButtonLink>
      }
    >
      <LogView id={id} attempts={task.attempt} isLive={isLive} isSmall />
    </Panel>
  );
}

function Failure({ task }: { task: TaskDetail }) {
  const { error, exitCode, signal } = task;
  const how = [
    exitCode === undefined && error?.kind,
    exitCode !== undefined && `exit code ${exitCode}`,
    signal !== undefined && `signal ${signal}`,
  ].filter((word) => typeof word === "string");
  return (
    <Panel title="What went wrong" actions={<span className={styles["faint"]}>{how.join(", ")}</span>}>
      <bdi className={styles["error"]}>{inert(clip(error!.message, STACK_CHARS).text)}</bdi>
      {error!.stack !== undefined && (
        <details className={styles["details"]}>
          <summary>Where in the code</summary>
          <pre className={styles["stack"]} tabIndex={0}>
            {inert(clip(error!.stack, STACK_CHARS).text)}
          </pre>
        </details>
      )}
    </Panel>
  );
}
