/** What the selected task prints, live, in the small; the whole log is on its own page. */
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { Loading } from "../../parts/notices.tsx";
import styles from "./side-panel.module.css";

const LogView = lazy(() => import("../../logs/log-view.tsx").then(({ LogView: part }) => ({ default: part })));

export function LastWords({ task }: { task: TaskView }) {
  return (
    <section className={styles["part"]}>
      <h3 className={styles["apart"]}>
        Output
        <Link to="/tasks/$id" params={{ id: task.id }} search={{ tab: "log" } as never}>
          The whole log
        </Link>
      </h3>
      <div className={styles["log"]}>
        <Suspense fallback={<Loading lines={3} />}>
          <LogView
            id={task.id}
            attempts={task.attempt}
            isLive={!isEnded(task.state)}
            {...(task.name !== undefined && { name: task.name })}
            isSmall
          />
        </Suspense>
      </div>
    </section>
  );
}
