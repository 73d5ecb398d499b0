/** A task as a row of a list, and as a card. */
import type { TaskState } from "@octopus/base/words.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { causeOf, titleOf } from "@octopus/view/tasks.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { Chip } from "../../parts/chips.tsx";
import { ArmLink, TaskLink, WorkerLink } from "../../parts/links.tsx";
import type { RowColumn } from "../../parts/rows.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago, Took } from "../../parts/times.tsx";
import styles from "./tasks.module.css";

const TAGS_SHOWN = 3;

export const TASK_COLUMNS: readonly RowColumn<TaskView>[] = [
  { title: "State", width: "8.25rem", cell: (task) => <State task={task} /> },
  { title: "Task", width: "minmax(12rem, 6fr)", cell: (task) => <Title task={task} /> },
  { title: "Type", width: "minmax(5rem, 1fr)", from: 1100, cell: ({ type }) => type },
  { title: "Arm", width: "minmax(6rem, 1fr)", from: 700, cell: ({ arm }) => <ArmLink name={arm} /> },
  { title: "Try", width: "1.75rem", from: 860, isNumber: true, cell: ({ attempt }) => attempt || "" },
  { title: "Waited", width: "4.75rem", from: 940, isNumber: true, cell: (task) => <Waited task={task} /> },
  { title: "Took", width: "4.25rem", from: 640, isNumber: true, cell: (task) => <Ran task={task} /> },
  {
    title: "Worker",
    width: "minmax(5rem, 1fr)",
    from: 980,
    cell: ({ worker }) => worker !== undefined && <WorkerLink name={worker} />,
  },
  { title: "Tags", width: "minmax(6rem, 1.4fr)", from: 1180, cell: ({ tags }) => <Tags tags={tags} /> },
  { title: "Created", width: "6.25rem", from: 640, isNumber: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

function State({ task }: { task: TaskView }) {
  const { state, progress } = task;
  if (state === "running" && progress !== undefined && progress > 0)
    return <StateMark state={state} withLabel label={`running ${Math.round(progress * 100)} %`} />;
  if (task.dead === true) return <StateMark state={state} withLabel label="failed, dead" />;
  if (task.cached === true) return <StateMark state={state} withLabel label="from cache" />;
  return <StateMark state={state} withLabel />;
}

function Title({ task }: { task: TaskView }) {
  const title = inertLine(titleOf(task));
  const cause = causeOf(task);
  return (
    <>
      <TaskLink id={task.id}>
        <span className={styles["name"]}>{title}</span>
      </TaskLink>{" "}
      {title !== task.id && <span className={styles["id"]}>{task.id}</span>}{" "}
      {cause !== "" && <Cause state={task.state} text={cause} />}
    </>
  );
}

/** Red is for what went wrong, not for what a person has cancelled. */
function Cause({ state, text }: { state: TaskState; text: string }) {
  const tone = lookOf(state).tone === "bad" ? "bad" : "";
  return <span className={`${styles["cause"]} ${styles[tone] ?? ""}`}>{inertLine(text.slice(0, 300))}</span>;
}

/** How long it was ready, or when it will be. */
function Waited({ task }: { task: TaskView }) {
  const { state, readyAt, startedAt, dueAt } = task;
  if (state === "scheduled") return <Ago at={dueAt} />;
  return <Took from={readyAt} to={state === "queued" ? undefined : (startedAt ?? task.endedAt)} />;
}

function Ran({ task: { state, startedAt, endedAt } }: { task: TaskView }) {
  if (startedAt === undefined || (endedAt === undefined && state !== "running")) return null;
  return <Took from={startedAt} to={endedAt} />;
}

function Tags({ tags }: { tags: readonly string[] }) {
  const rest = tags.length - TAGS_SHOWN;
  return (
    <span className={styles["tags"]} title={tags.join(", ")}>
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <Chip key={tag}>{tag}</Chip>
      ))}
      {rest > 0 && <span className={styles["id"]}>+{rest}</span>}
    </span>
  );
}

export const CARD_HEIGHT = 84;

export function TaskCard({ task }: { task: TaskView }) {
  const cause = causeOf(task);
  return (
    <div className={styles["card"]}>
      <div className={styles["cardTop"]}>
        <TaskLink id={task.id}>
          <span className={styles["name"]}>{inertLine(titleOf(task))}</span>
        </TaskLink>
      </div>
      <div className={styles["cardLine"]}>
        <State task={task} /> <Ran task={task} /> <span className={styles["id"]}>{task.id}</span>
        <Ago at={task.createdAt} />
      </div>
      <div className={styles["cardLine"]}>
        {cause === "" ? (
          <span className={styles["id"]}>{[task.type, task.arm, task.worker].filter(Boolean).join(" · ")}</span>
        ) : (
          <Cause state={task.state} text={cause} />
        )}
      </div>
    </div>
  );
}
