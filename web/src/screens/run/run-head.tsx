/** Above the views of a run: what it is, where it comes from, how far it is, and what can be done with it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, Pause, Play } from "lucide-react";
import type { RunDetail, RunView } from "@octopus/protocol/run-views.ts";
import { endedOf, isAsked, standing, totalOf } from "@octopus/view/run-words.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useAction } from "../../data/action.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { RunLink, ScheduleLink, TaskLink, WorkflowLink } from "../../parts/links.tsx";
import { StateBadge } from "../../parts/state-mark.tsx";
import { Ago, Clock, Took } from "../../parts/times.tsx";
import { RetryMenu } from "./retry-menu.tsx";
import type { RunData } from "./run-data.ts";
import styles from "./run-head.module.css";

export function RunHeading({ run }: { run: RunDetail }) {
  const isAskedNow = run.tasks.some(isAsked) && (run.counts.running ?? 0) === 0;
  const more = standing(run) || (isAskedNow && run.endedAt === undefined ? "waits for a person" : "");
  return (
    <>
      <span className={styles["id"]}>{run.id}</span> {inertLine(run.workflow)}
      <StateBadge state={run.state} {...(more !== "" && { label: `${run.state}, ${more}` })} />
    </>
  );
}

/** Where it comes from, as links. */
export function RunWay({ run }: { run: RunView }) {
  return (
    <span className={styles["way"]}>
      <Link to="/runs">Runs</Link>
      <span>
        of <WorkflowLink name={run.workflow} />
      </span>
      {run.schedule !== undefined && (
        <span>
          by schedule <ScheduleLink name={run.schedule} />
          {run.tick !== undefined && (
            <>
              {" "}
              for <Clock at={run.tick} />
            </>
          )}
        </span>
      )}
      {run.parent !== undefined && <Parent task={run.parent} />}
      {run.retryOf !== undefined && (
        <span>
          does <RunLink id={run.retryOf} /> again
        </span>
      )}
    </span>
  );
}

function Parent({ task }: { task: string }) {
  const { data } = useQuery({ queryKey: keys.task(task), queryFn: () => client.task(task) });
  return (
    <span>
      inside of{" "}
      {data?.run === undefined ? (
        <TaskLink id={task} />
      ) : (
        <Link to="/runs/$id" params={{ id: data.run }} search={{ task } as never}>
          {inertLine(data.name ?? task)} of {data.run}
        </Link>
      )}
    </span>
  );
}

export function RunFacts({ run }: { run: RunDetail }) {
  const total = totalOf(run.counts);
  const ended = endedOf(run.counts);
  const failed = (run.counts.failed ?? 0) + (run.counts.expired ?? 0);
  return (
    <div className={styles["facts"]}>
      <span className={styles["bar"]}>
        <CountsBar counts={run.counts} />
      </span>
      <span>
        {ended.toLocaleString("en")} of {total.toLocaleString("en")} ended
        {failed > 0 && ", "}
        {failed > 0 && <span className={styles["bad"]}>{failed.toLocaleString("en")} failed</span>}
      </span>
      <span>
        <Took from={run.startedAt ?? run.createdAt} to={run.endedAt} />
      </span>
      <span className={styles["faint"]}>
        {run.endedAt === undefined ? "began " : "ended "}
        <Ago at={run.endedAt ?? run.startedAt ?? run.createdAt} />
      </span>
      {run.deadlineAt !== undefined && run.endedAt === undefined && (
        <span className={styles["faint"]}>
          must end by <Clock at={run.deadlineAt} />
        </span>
      )}
      {run.reason !== undefined && <span className={styles["reason"]}>{inertLine(run.reason)}</span>}
    </div>
  );
}

export function RunActions({ data, selected }: { data: RunData; selected: string }) {
  const { run } = data;
  const mayChange = useMay("submitter");
  const confirm = useConfirm();
  const stale = [keys.run(run.id), ["runs"], ["tasks"]];
  const pause = useAction({
    run: (paused: boolean) => client.pauseRun(run.id, paused),
    done: (_, paused) => (paused ? `Nothing more of ${run.id} starts.` : `${run.id} goes on.`),
    stale,
  });
  const cancel = useAction({ run: () => client.cancelRun(run.id), done: () => `${run.id} is being cancelled.`, stale });
  if (!mayChange) return null;
  const askCancel = async (): Promise<void> => {
    const left = totalOf(run.counts) - endedOf(run.counts);
    const tasks = left === 1 ? "1 task" : `${left.toLocaleString("en")} tasks`;
    const text = `${tasks} of ${inertLine(run.workflow)} will end as cancelled; those that run are stopped. A retry can do them later.`;
    if (await confirm({ title: `Cancel ${run.id}?`, text, deed: `Cancel ${tasks}`, isDanger: true })) cancel.run();
  };
  const isOver = run.endedAt !== undefined;
  return (
    <>
      {!isOver && run.paused !== true && (
        <Button icon={<Pause aria-hidden />} isBusy={pause.isPending} onClick={() => pause.run(true)}>
          Pause
        </Button>
      )}
      {!isOver && run.paused === true && (
        <Button kind="main" icon={<Play aria-hidden />} isBusy={pause.isPending} onClick={() => pause.run(false)}>
          Resume
        </Button>
      )}
      <RetryMenu data={data} selected={selected} />
      {!isOver && (
        <Button kind="danger" icon={<Ban aria-hidden />} isBusy={cancel.isPending} onClick={() => void askCancel()}>
          Cancel
        </Button>
      )}
    </>
  );
}
