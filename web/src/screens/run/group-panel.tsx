/** A group of the graph: how its tasks do, and those that need somebody first. */
import { useMemo } from "react";
import { inertLine } from "@octopus/view/inert.ts";
import { nodeLook, NODES_MAX, runGraph } from "@octopus/view/run-graph.ts";
import { runRows } from "@octopus/view/run-rows.ts";
import { progressText } from "@octopus/view/run-words.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { Button } from "../../parts/button.tsx";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { Empty } from "../../parts/notices.tsx";
import { StateBadge, StateMark } from "../../parts/state-mark.tsx";
import type { ViewProps } from "./view-props.ts";
import styles from "./side-panel.module.css";

const SHOWN = 30;

export function GroupPanel({ data, folds, selected, select }: ViewProps) {
  const { run, parts, taskOf } = data;
  const group = useMemo(
    () =>
      runGraph({ ...parts, tasks: run.tasks }, { most: NODES_MAX, open: folds.ids }).nodes.find(
        ({ id }) => id === selected,
      ),
    [parts, run.tasks, folds.ids, selected],
  );
  const look = group === undefined ? undefined : nodeLook(group, taskOf);
  if (group === undefined || look?.counts === undefined) {
    return (
      <Empty title={folds.ids.has(selected) ? "Its tasks are shown one by one" : "There is no such group now"}>
        {folds.ids.has(selected) && (
          <Button isSmall onClick={() => folds.toggleGroup(selected)}>
            Fold them
          </Button>
        )}
      </Empty>
    );
  }
  const ids = new Set(group.tasks);
  const tasks = run.tasks.filter(({ id }) => ids.has(id));
  const rows = runRows({ tasks }, { order: "state", now: 0 });
  return (
    <>
      <header className={styles["head"]}>
        <h2 className={styles["title"]}>
          {inertLine(group.title ?? "")} × {look.total}
        </h2>
        <div className={styles["line"]}>
          <StateBadge state={look.state} />
          <span className={styles["faint"]}>{progressText(look.counts, look.total)}</span>
        </div>
      </header>
      <CountsBar counts={look.counts} total={look.total} />
      <div className={styles["buttons"]}>
        <Button isSmall onClick={() => folds.toggleGroup(selected)}>
          Show them one by one
        </Button>
      </div>
      <ul className={styles["rows"]}>
        {rows.slice(0, SHOWN).map(({ task }) => (
          <li key={task.id}>
            <button type="button" onClick={() => select(task.id)}>
              <StateMark state={task.state} /> {inertLine(titleOf(task))}
            </button>
          </li>
        ))}
      </ul>
      {rows.length > SHOWN && <p className={styles["faint"]}>and {rows.length - SHOWN} more</p>}
    </>
  );
}
