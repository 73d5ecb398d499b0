/**
 * One run: a graph, a waterfall and a list of its tasks with one selection (`?task=`), which the panel at the side is about.
 * Read again when the stream says that the run or a task of it has changed.
 */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo } from "react";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import { useSearchText } from "../../app/search.ts";
import { useShortcut } from "../../app/shortcuts.ts";
import { Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { ButtonLink } from "../../parts/button.tsx";
import { AskedBar } from "./asked.tsx";
import { useFolds } from "./opened.ts";
import { useParts, useRun } from "./run-data.ts";
import { RunActions, RunFacts, RunHeading, RunWay } from "./run-head.tsx";
import { SidePanel } from "./side-panel.tsx";
import { Waterfall } from "./waterfall.tsx";
import { TaskTree } from "./task-tree.tsx";
import { Values } from "./values.tsx";
import styles from "./run.module.css";

const loadGraph = () => import("./graph.tsx").then(({ Graph: component }) => ({ default: component }));
const Graph = lazy(loadGraph);
const Definition = lazy(() => import("./definition.tsx").then(({ Definition: part }) => ({ default: part })));

export function RunPage() {
  const { id } = useParams({ from: "/runs/$id" });
  const { data, error, refetch } = useRun(id);
  const [tab] = useSearchText("tab");
  const isGraph = tab === "graph" || (tab === "" && !isSmallScreen());
  // The picture and its engine are on their way while the run is.
  useEffect(() => {
    if (isGraph) void loadGraph();
  }, [isGraph]);
  if (data === undefined) {
    return (
      <Page title={`Run ${id}`}>
        {error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />}
      </Page>
    );
  }
  return <RunScreen key={data.id} run={data} />;
}

function RunScreen({ run }: { run: RunDetail }) {
  const folds = useFolds();
  const data = useParts(run, folds.opened);
  const [task, setTask] = useSearchText("task");
  const isSmall = useMemo(isSmallScreen, []);
  const [, setTab] = useSearchText("tab");
  const area = "In a run";
  useShortcut({ keys: "1", label: "Graph", area, run: () => setTab(isSmall ? "graph" : undefined) });
  useShortcut({ keys: "2", label: "Waterfall", area, run: () => setTab("waterfall") });
  useShortcut({ keys: "3", label: "List", area, run: () => setTab(isSmall ? undefined : "list") });
  const view = { data, folds, selected: task, select: setTask };
  const graph = {
    id: "graph",
    label: "Graph",
    content: (
      <Suspense fallback={<Loading lines={4} />}>
        <Graph {...view} />
      </Suspense>
    ),
  };
  const waterfall = { id: "waterfall", label: "Waterfall", content: <Waterfall {...view} /> };
  const list = { id: "list", label: "List", content: <TaskTree {...view} /> };
  const rest = [
    {
      id: "definition",
      label: "Definition",
      content: (
        <Suspense fallback={<Loading lines={6} />}>
          <Definition run={run} />
        </Suspense>
      ),
    },
    { id: "values", label: "Params and result", content: <Values run={run} /> },
  ];
  return (
    <Page
      title={`${run.id} ${run.workflow}`}
      heading={<RunHeading run={run} />}
      above={<RunWay run={run} />}
      lead={<RunFacts run={run} />}
      actions={<RunActions data={data} selected={task} />}
      isFull
    >
      <AskedBar run={run} select={setTask} />
      {run.more === true && <MoreTasks run={run} />}
      <div className={styles["split"]}>
        <div className={styles["views"]}>
          {/* On a small screen a graph is a picture to look for things in; the list says the same at once. */}
          <Tabs
            label="Views of the run"
            isFull
            tabs={isSmall ? [list, waterfall, graph, ...rest] : [graph, waterfall, list, ...rest]}
          />
        </div>
        {task !== "" && <SidePanel {...view} close={() => setTask(undefined)} />}
      </div>
    </Page>
  );
}

function isSmallScreen(): boolean {
  return window.matchMedia("(max-width: 640px)").matches;
}

function MoreTasks({ run }: { run: RunDetail }) {
  const total = Object.values(run.counts).reduce((sum, count) => sum + count, 0);
  return (
    <Remark
      tone="off"
      actions={
        <ButtonLink isSmall to="/tasks" search={{ q: `run:${run.id}` } as never}>
          All tasks of {run.id}
        </ButtonLink>
      }
    >
      This run has {total.toLocaleString("en")} tasks. Here are its first {run.tasks.length.toLocaleString("en")}; the
      numbers above count all of them.
    </Remark>
  );
}
