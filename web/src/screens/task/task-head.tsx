/** Above the tabs of a task: what it is, where it belongs, how it stands. */
import { Link } from "@tanstack/react-router";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { causeOf } from "@octopus/view/tasks.ts";
import { Chip } from "../../parts/chips.tsx";
import { Copy } from "../../parts/copy.tsx";
import { ArmLink, PluginLink, RunLink, ScheduleLink, TaskLink, WorkerLink } from "../../parts/links.tsx";
import { StateBadge } from "../../parts/state-mark.tsx";
import { Ago, Clock, Took } from "../../parts/times.tsx";
import styles from "./task.module.css";

export function TaskWay({ task }: { task: TaskDetail }) {
  return (
    <span className={styles["way"]}>
      <Link to="/tasks">Tasks</Link>
      {task.run !== undefined && (
        <span>
          of run <RunLink id={task.run} />
        </span>
      )}
      {task.inside !== undefined && (
        <span>
          inside of <TaskLink id={task.inside} />
        </span>
      )}
      {task.schedule !== undefined && (
        <span>
          by schedule <ScheduleLink name={task.schedule} />
          {task.tick !== undefined && (
            <>
              {" "}
              for <Clock at={task.tick} />
            </>
          )}
        </span>
      )}
      {task.callbackOf !== undefined && (
        <span>
          tells of <TaskLink id={task.callbackOf} />, on {task.callbackOn}
        </span>
      )}
    </span>
  );
}

export function TaskHeading({ task, title }: { task: TaskDetail; title: string }) {
  const id = inertLine(task.id);
  // What has no name is called by what it does, which may be long: it stands whole under Input.
  const isCommand = task.name === undefined && title !== id;
  return (
    <span className={styles["heading"]}>
      <span className={title === id ? undefined : styles["id"]}>{id}</span>
      {title !== id && (
        <bdi className={isCommand ? styles["does"] : styles["named"]} title={title}>
          {title}
        </bdi>
      )}
      <Copy text={task.id} what="the id" />
      <StateBadge state={task.state} {...badgeWords(task)} />
    </span>
  );
}

function badgeWords({ state, allowed, dead, cached, marked, progress }: TaskDetail): { label?: string } {
  const more = [
    allowed === true && "which is allowed",
    dead === true && "dead letter",
    cached === true && "from the cache",
    marked !== undefined && "as a person said",
    state === "running" && progress !== undefined && `${Math.round(progress * 100)} %`,
  ].filter((word) => typeof word === "string");
  return more.length === 0 ? {} : { label: [state.replace("_", " "), ...more].join(", ") };
}

/** `hasCause`: why it ended stands below already. */
export function TaskLead({ task, hasCause }: { task: TaskDetail; hasCause: boolean }) {
  const cause = inertLine(clip(causeOf(task), 300).text);
  return (
    <span className={styles["lead"]}>
      <span>
        {task.kind === "plugin" ? <PluginLink name={task.type} /> : inertLine(task.type)} in arm{" "}
        <ArmLink name={task.arm} />
      </span>
      <span>priority {task.priority}</span>
      {task.worker !== undefined && (
        <span>
          {task.state === "running" ? "on" : "ran on"}{" "}
          {task.worker === "ALL" ? "all workers that fit" : <WorkerLink name={task.worker} />}
        </span>
      )}
      {task.attempt > 1 && <span>attempt {task.attempt}</span>}
      {task.startedAt !== undefined && (
        <span>
          <Took from={task.startedAt} to={task.endedAt} />
        </span>
      )}
      <span className={styles["faint"]}>
        {task.endedAt === undefined ? "created " : "ended "}
        <Ago at={task.endedAt ?? task.createdAt} />
      </span>
      {task.dueAt !== undefined && (
        <span>
          due <Ago at={task.dueAt} /> (<Clock at={task.dueAt} />)
        </span>
      )}
      {task.tags.map((tag) => (
        <Link key={tag} to="/tasks" search={{ q: `tag:${tag}` } as never} className={styles["tag"]}>
          <Chip>{inertLine(tag)}</Chip>
        </Link>
      ))}
      {cause !== "" && !hasCause && task.state !== "running" && <bdi className={styles["cause"]}>{cause}</bdi>}
      {task.progressMessage !== undefined && task.state === "running" && (
        <bdi className={styles["faint"]}>{inertLine(clip(task.progressMessage, 300).text)}</bdi>
      )}
    </span>
  );
}
