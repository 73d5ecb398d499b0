/** What is selected, beside the views: its state and why, its attempts, its last words, and what can be done about it. */
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { isEnded, type TaskState } from "@octopus/base/words.ts";
import { formatDuration } from "@octopus/base/duration.ts";
import type { TaskDetail, TaskView } from "@octopus/protocol/views.ts";
import { inert, inertLine } from "@octopus/view/inert.ts";
import { isAsked, progressText } from "@octopus/view/run-words.ts";
import { causeOf, titleOf } from "@octopus/view/tasks.ts";
import { workLine } from "@octopus/view/work-line.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Boundary } from "../../parts/boundary.tsx";
import { ButtonLink, IconButton } from "../../parts/button.tsx";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { ArmLink, RunLink, TaskLink, WorkerLink } from "../../parts/links.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Facts } from "../../parts/page.tsx";
import { StateBadge, StateMark } from "../../parts/state-mark.tsx";
import { Ago, Clock, Took } from "../../parts/times.tsx";
import { Answer } from "./asked.tsx";
import { GroupPanel } from "./group-panel.tsx";
import { LastWords } from "./last-words.tsx";
import { TaskActions } from "./task-actions.tsx";
import type { ViewProps } from "./view-props.ts";
import styles from "./side-panel.module.css";

export function SidePanel(props: ViewProps & { close(): void }) {
  const { selected, close } = props;
  return (
    <aside className={styles["panel"]} aria-label="The selected task">
      <IconButton label="Close" className={styles["close"] ?? ""} onClick={close}>
        <X aria-hidden />
      </IconButton>
      <Boundary key={selected} of="The selected task">
        {selected.startsWith("g:") ? <GroupPanel {...props} /> : <TaskPanel key={taskIdOf(selected)} {...props} />}
      </Boundary>
    </aside>
  );
}

/** A line that says what is not shown stands for what holds it. */
function taskIdOf(selected: string): string {
  return selected.replace(/^(?:more|wait):/, "");
}

function TaskPanel({ data, folds, selected }: ViewProps) {
  const id = taskIdOf(selected);
  const query = useQuery({ queryKey: keys.task(id), queryFn: ({ signal }) => client.task(id, { signal }) });
  // The run knows it already: what is there is shown while the rest comes.
  const task = query.data ?? data.taskOf(id);
  if (task === undefined) {
    return query.error === null ? <Loading /> : <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  const detail = query.data;
  return (
    <>
      <header className={styles["head"]}>
        <h2 className={styles["title"]}>{inertLine(titleOf(task))}</h2>
        <div className={styles["line"]}>
          <StateBadge state={task.state} {...(isAsked(task) && { label: "waits for a person" })} />
          <TaskLink id={task.id} />
          {task.allowed === true && <span className={styles["faint"]}>may fail</span>}
        </div>
      </header>
      {isAsked(task) && (
        <div className={styles["ask"]}>
          <p>{inertLine(task.approval?.message ?? "May it start?")}</p>
          <Answer task={task} runId={data.run.id} />
        </div>
      )}
      <Why task={task} />
      <TaskActions task={task} data={data} folds={folds} />
      <Work task={task} />
      {task.members !== undefined && (
        <section className={styles["part"]}>
          <h3>Members</h3>
          <CountsBar counts={task.members.counts} total={task.members.total} />
          <p className={styles["faint"]}>{progressText(task.members.counts, task.members.total)}</p>
        </section>
      )}
      {detail !== undefined && detail.attempts.length > 0 && <Attempts task={detail} />}
      {task.attempt > 0 && <LastWords task={task} />}
      <Facts facts={factsOf(task, data.run.id)} />
      <ButtonLink to="/tasks/$id" params={{ id: task.id }}>
        Open the task
      </ButtonLink>
    </>
  );
}

/** Why it waits, or why it ended as it did. */
function Why({ task }: { task: TaskView }) {
  const waits = !isEnded(task.state) && task.state !== "running" && !isAsked(task);
  const { data } = useQuery({
    queryKey: keys.explain(task.id),
    queryFn: () => client.explain(task.id),
    enabled: waits,
  });
  const cause = causeOf(task);
  const isBad = task.state === "failed" || task.state === "expired";
  if (waits) {
    if (data === undefined) return null;
    return (
      <section className={styles["part"]}>
        <h3>Why it waits</h3>
        <ul className={styles["reasons"]}>
          {(data.reasons.length === 0 ? [{ message: data.summary, code: "summary" }] : data.reasons).map((reason) => (
            <li key={reason.code + reason.message}>
              {inertLine(reason.message)}
              {"until" in reason && reason.until !== undefined && (
                <span className={styles["faint"]}>
                  {" "}
                  until <Clock at={reason.until} />
                </span>
              )}
            </li>
          ))}
        </ul>
      </section>
    );
  }
  return (
    <>
      {cause !== "" && <p className={`${styles["cause"]} ${isBad ? styles["bad"] : ""}`}>{inert(cause)}</p>}
      {task.approval?.state !== undefined && task.approval.state !== "waiting" && (
        <p className={styles["faint"]}>
          {task.approval.state}
          {task.approval.by === undefined ? "" : ` by ${inertLine(task.approval.by)}`}
          {task.approval.note === undefined ? "" : `: ${inertLine(task.approval.note)}`}
        </p>
      )}
      {task.marked !== undefined && (
        <p className={styles["faint"]}>
          marked{task.marked.by === undefined ? "" : ` by ${inertLine(task.marked.by)}`}
          {task.marked.note === undefined ? "" : `: ${inertLine(task.marked.note)}`}
        </p>
      )}
      {task.progress !== undefined && task.state === "running" && (
        <div className={styles["part"]}>
          <progress value={task.progress} max={1} aria-label="Progress" className={styles["progress"]} />
          <p className={styles["faint"]}>
            {Math.round(task.progress * 100)} % {inertLine(task.progressMessage ?? "")}
          </p>
        </div>
      )}
    </>
  );
}

function Work({ task }: { task: TaskView }) {
  const line = workLine(task.work);
  if (line === undefined || line === titleOf(task)) return null;
  return (
    <pre className={styles["work"]} tabIndex={0} role="region" aria-label="What it does">
      {inert(line)}
    </pre>
  );
}

const ATTEMPTS_SHOWN = 5;

function Attempts({ task }: { task: TaskDetail }) {
  const newest = task.attempts.toReversed();
  return (
    <section className={styles["part"]}>
      <h3>Attempts</h3>
      <ol className={styles["attempts"]}>
        {newest.slice(0, ATTEMPTS_SHOWN).map((attempt) => (
          <li key={attempt.attempt}>
            <StateMark state={attempt.outcome ?? "running"} />
            <span className={styles["number"]}>{attempt.attempt}</span>
            <span className={styles["attempt"]}>
              {attempt.durationMs === undefined ? (
                <Took from={attempt.startedAt} to={attempt.endedAt} />
              ) : (
                formatDuration(attempt.durationMs)
              )}{" "}
              on <WorkerLink name={attempt.worker} />
              {attempt.exitCode !== undefined && attempt.exitCode !== 0 && `, exit code ${attempt.exitCode}`}
              {attempt.signal !== undefined && `, ${attempt.signal}`}
            </span>
          </li>
        ))}
      </ol>
      {newest.length > ATTEMPTS_SHOWN && (
        <p className={styles["faint"]}>and {newest.length - ATTEMPTS_SHOWN} before these</p>
      )}
    </section>
  );
}

function factsOf(task: TaskView, runId: string) {
  return [
    ["Run", task.run === undefined || task.run === runId ? undefined : <RunLink key="of" id={task.run} />],
    ["Arm", <ArmLink key="arm" name={task.arm} />],
    ["Ready", task.readyAt === undefined ? undefined : <Ago key="ready" at={task.readyAt} />],
    ["Took", task.startedAt === undefined ? undefined : <Took key="took" from={task.startedAt} to={tookTo(task)} />],
    ["Inside of", task.inside === undefined ? undefined : <TaskLink key="inside" id={task.inside} />],
    ["Holds", task.subRun === undefined ? undefined : <RunLink key="run" id={task.subRun} />],
    ["Undoes", task.compensates === undefined ? undefined : inertLine(task.compensates)],
    ["Result of", task.cachedFrom === undefined ? undefined : <TaskLink key="cached" id={task.cachedFrom} />],
  ] as const;
}

/** A task that waits for its next try has ended nothing, and runs no further either. */
function tookTo({ endedAt, state, startedAt }: TaskView): string | undefined {
  return endedAt ?? (state === ("running" satisfies TaskState) ? undefined : startedAt);
}
