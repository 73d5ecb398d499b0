/** The newest failures with what they died of: dead letters first, else what failed of late. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, RotateCcw } from "lucide-react";
import type { Page, TaskView } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { causeOf, titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { IconButton } from "../../parts/button.tsx";
import { ArmLink, RunLink, TaskLink } from "../../parts/links.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./lists.module.css";

const SHOWN = 6;
const failedFilter = { state: ["failed", "expired"], limit: SHOWN } as const;

export function Failures({ dead }: { dead: Page<TaskView> | undefined }) {
  const hasDead = (dead?.items.length ?? 0) > 0;
  const failed = useQuery({
    queryKey: keys.tasks(failedFilter),
    queryFn: () => client.tasks(failedFilter),
    enabled: dead !== undefined && !hasDead,
  });
  const items = hasDead ? newestEnd(dead!.items).slice(0, SHOWN) : failed.data && newestEnd(failed.data.items);
  const all = hasDead ? (
    <Link to="/dead">All dead letters</Link>
  ) : (
    <Link to="/tasks" search={{ q: "state:failed,expired" } as never}>
      All failures
    </Link>
  );
  return (
    <Panel
      title={hasDead ? "Dead letters" : "Latest failures"}
      actions={items !== undefined && items.length > 0 && all}
      isFlush
    >
      {items === undefined ? (
        failed.error === null ? (
          <Loading />
        ) : (
          <Trouble error={failed.error} retry={() => void failed.refetch()} />
        )
      ) : items.length === 0 ? (
        <p className={styles["fine"]}>
          <CircleCheck aria-hidden /> Nothing has failed.
        </p>
      ) : (
        <ul className={styles["list"]} aria-label="Failures">
          {items.map((task) => (
            <Failure key={task.id} task={task} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The list comes by when tasks were made; what failed last is news. */
function newestEnd(tasks: readonly TaskView[]): readonly TaskView[] {
  return tasks.toSorted((a, b) => (b.endedAt ?? "").localeCompare(a.endedAt ?? ""));
}

function Failure({ task }: { task: TaskView }) {
  const { id, run, arm, attempt, endedAt, state } = task;
  const mayRetry = useMay("submitter");
  const retry = useAction({
    run: () => client.retryTask(id),
    done: () => `${id} runs again`,
    stale: [["tasks"], keys.status],
  });
  return (
    <li className={styles["row"]}>
      <StateMark state={state} />
      <div className={styles["main"]}>
        <p className={styles["title"]}>
          <TaskLink id={id}>
            <bdi>{inertLine(clip(titleOf(task), 120).text)}</bdi>
          </TaskLink>
          <span className={styles["where"]}>
            {run === undefined ? id : <RunLink id={run} />} in <ArmLink name={arm} />
            {attempt > 1 && `, ${attempt} attempts`}
          </span>
        </p>
        <p className={styles["cause"]}>
          <bdi>{inertLine(clip(causeOf(task), 240).text) || "no reason was given"}</bdi>
        </p>
      </div>
      <span className={styles["when"]}>
        <Ago at={endedAt} />
      </span>
      {mayRetry && (
        <IconButton label={`Retry ${id}`} onClick={() => retry.run()} disabled={retry.isPending}>
          <RotateCcw aria-hidden />
        </IconButton>
      )}
    </li>
  );
}
