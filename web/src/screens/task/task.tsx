/** A task: what it is, why it waits or failed, how its life went, what it printed, was given and left. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { OctopusError } from "@octopus/base/errors.ts";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { LogView } from "../../logs/log-view.tsx";
import { ButtonLink } from "../../parts/button.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Files } from "./files.tsx";
import { TaskActions } from "./actions.tsx";
import { CopyAs } from "./copy-as.tsx";
import { Overview } from "./overview.tsx";
import { TaskHeading, TaskLead, TaskWay } from "./task-head.tsx";
import { Work } from "./work.tsx";
import { Result } from "./result.tsx";
import styles from "./task.module.css";

export function TaskPage() {
  const { id = "" } = useParams({ strict: false });
  const { data, error, refetch } = useQuery({ queryKey: keys.task(id), queryFn: () => client.task(id) });
  if (error instanceof OctopusError && error.code === "not_found")
    return <Gone id={id} wasThere={data !== undefined} />;
  if (data === undefined)
    return (
      <Page title={inertLine(id)}>
        {error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />}
      </Page>
    );
  return <Shown key={id} id={id} task={data} error={error} retry={() => void refetch()} />;
}

function Shown({ id, task, error, retry }: { id: string; task: TaskDetail; error: unknown; retry(): void }) {
  const [tab] = useSearchText("tab");
  const isLive = !isEnded(task.state);
  const title = inertLine(clip(firstLine(titleOf(task)), 300).text);
  const tabs = [
    { id: "overview", label: "Overview", content: <Overview id={id} task={task} /> },
    {
      id: "log",
      label: "Log",
      content: (
        <div className={styles["log"]}>
          <LogView id={id} attempts={task.attempt} isLive={isLive} ownsUrl />
        </div>
      ),
    },
    { id: "input", label: "Input", content: <Work task={task} /> },
    { id: "result", label: "Result", content: <Result id={id} task={task} /> },
    {
      id: "files",
      label: task.artifacts.length === 0 ? "Files" : `Files (${task.artifacts.length})`,
      content: <Files id={id} task={task} />,
    },
    { id: "copy", label: "Copy as", content: <CopyAs task={task} /> },
  ];
  return (
    <Page
      title={title === task.id ? title : `${title} (${inertLine(task.id)})`}
      above={<TaskWay task={task} />}
      heading={<TaskHeading task={task} title={title} />}
      lead={<TaskLead task={task} hasCause={task.error !== undefined && (tab === "" || tab === "overview")} />}
      actions={<TaskActions id={id} task={task} />}
      isFull={tab === "log"}
    >
      {error !== null && <Trouble error={error} retry={retry} />}
      <Tabs tabs={tabs} label="About the task" isFull={tab === "log"} />
    </Page>
  );
}

/** A command of many lines is called by its first one. */
function firstLine(text: string): string {
  const [first = "", ...more] = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return more.length === 0 ? first : `${first} …`;
}

function Gone({ id, wasThere }: { id: string; wasThere: boolean }) {
  return (
    <Page title={inertLine(id)}>
      <Empty title={wasThere ? "The task was removed" : "There is no such task"}>
        <p>
          {wasThere
            ? "Somebody has deleted it, or it was older than what is kept."
            : "It may have been deleted, or removed because it was older than what is kept."}
        </p>
        <ButtonLink to="/tasks">All tasks</ButtonLink>
      </Empty>
    </Page>
  );
}
