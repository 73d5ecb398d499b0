/** All tasks: found by words, live, to be changed one by one or many at once. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect } from "react";
import { isEverything, parseQuery, withTerm } from "@octopus/view/query.ts";
import type { FeedEvent } from "@octopus/protocol/feed.ts";
import type { StatusView, TaskView } from "@octopus/protocol/views.ts";
import { useChoices } from "../../app/choices.ts";
import { useSearchText } from "../../app/search.ts";
import { useShortcut } from "../../app/shortcuts.ts";
import { client } from "../../data/client.ts";
import { useFeed } from "../../data/context.tsx";
import { keys } from "../../data/keys.ts";
import { useKeyset } from "../../data/keyset.ts";
import { useMay } from "../../data/session.ts";
import { Page } from "../../parts/page.tsx";
import { QueryBar } from "../../parts/query-bar.tsx";
import { Rows } from "../../parts/rows.tsx";
import { useTicks } from "../../parts/ticks.ts";
import { BulkAll, BulkBar } from "./bulk-bar.tsx";
import { BulkProgress } from "./bulk-progress.tsx";
import { NoTasks } from "./no-tasks.tsx";
import { type ShownFilter, useTaskFilter } from "./filter.ts";
import { StateChips, TimeRange } from "./filter-chips.tsx";
import { useCompletion } from "./known-names.ts";
import { CARD_HEIGHT, TASK_COLUMNS, TaskCard } from "./task-columns.tsx";
import { useTaskMenu } from "./task-menu.tsx";
import styles from "./tasks.module.css";
import { ViewsBar } from "./views-bar.tsx";

const TaskForm = lazy(() =>
  import("./create/task-form.tsx").then(({ TaskForm: component }) => ({ default: component })),
);

const idOf = (task: TaskView): string => task.id;

export function Tasks() {
  const shown = useTaskFilter();
  const [create] = useSearchText("create");
  const [edit] = useSearchText("edit");
  return (
    <>
      <TaskList shown={shown} />
      {(create !== "" || edit !== "") && (
        <Suspense>
          <TaskForm />
        </Suspense>
      )}
    </>
  );
}

function TaskList({ shown }: { shown: ShownFilter }) {
  const { filter, problems, asked } = shown;
  const { zone } = useChoices();
  const view = useKeyset<TaskView>({
    key: keys.tasks({ q: shown.text, zone }),
    idOf,
    // Nothing is asked for words that could not be read.
    read: async (cursor, limit) => (problems.length > 0 ? { items: [] } : client.tasks({ ...asked(), cursor, limit })),
  });
  const { list } = view;
  const { data: status } = useQuery({ queryKey: keys.status, queryFn: () => client.status() });
  const ticks = useTicks(idOf);
  const { clear } = ticks;
  useEffect(() => clear(), [clear, shown.text]);
  const mayBulk = useMay("operator");
  const navigate = useNavigate();
  const { menu, dialog } = useTaskMenu();
  useFeed(useCallback((event: FeedEvent) => followRow(event, list.patch.bind(list)), [list]));
  useMoveKeys();

  const open = useCallback(
    (task: TaskView) => void navigate({ to: "/tasks/$id", params: { id: task.id } }),
    [navigate],
  );
  return (
    <Page
      title="Tasks"
      heading={<Heading shown={shown} status={status} count={list.count} isEnd={list.isEnd} />}
      actions={mayBulk && problems.length === 0 && list.count > 0 && <BulkAll shown={shown} />}
      isFull
    >
      <div className={styles["tools"]}>
        <ViewsBar q={shown.text} onChange={shown.setText} />
        <div className={styles["line"]}>
          <QueryBar
            label="Filter tasks"
            placeholder="state:failed arm:batch tag:x some text"
            value={shown.text}
            onChange={shown.setText}
            problemsOf={problemsOf}
            complete={useCompletion(list)}
          />
          <TimeRange filter={filter} onChange={shown.setFilter} />
        </div>
        <StateChips filter={filter} onChange={shown.setFilter} status={status} />
      </div>
      <div className={styles["list"]}>
        <Rows
          // Of another filter, places mean nothing.
          key={shown.text}
          label="Tasks"
          view={view}
          columns={TASK_COLUMNS}
          card={(task) => <TaskCard task={task} />}
          cardHeight={CARD_HEIGHT}
          open={open}
          menu={menu}
          {...(mayBulk && { ticks })}
          empty={<NoTasks shown={shown} />}
          end={`That is all: ${list.count.toLocaleString("en")} ${list.count === 1 ? "task" : "tasks"}.`}
        />
        {/* Over the list, so that nothing moves when it comes. */}
        <div className={styles["over"]}>
          <BulkProgress />
          {mayBulk && <BulkBar ticks={ticks} />}
        </div>
      </div>
      {dialog}
    </Page>
  );
}

function problemsOf(text: string) {
  return parseQuery(text).problems;
}

function Heading({
  shown,
  status,
  count,
  isEnd,
}: {
  shown: ShownFilter;
  status: StatusView | undefined;
  count: number;
  isEnd: boolean;
}) {
  const { filter } = shown;
  const rest = withTerm(filter, "state", undefined);
  const counts = status?.counts;
  const states = filter.state ?? (Object.keys(counts ?? {}) as NonNullable<typeof filter.state>);
  const total =
    counts !== undefined && isEverything(rest)
      ? states.reduce((sum, state) => sum + (counts[state] ?? 0), 0).toLocaleString("en")
      : `${count.toLocaleString("en")}${isEnd ? "" : "+"}`;
  return (
    <>
      Tasks <span className={styles["total"]}>{total}</span>
    </>
  );
}

/** What the feed says of a row that has left the list, and so is not read again. */
function followRow(event: FeedEvent, patch: (id: string, change: (task: TaskView) => TaskView) => void): void {
  if (event.type !== "task") return;
  const { state, attempt, worker } = event;
  patch(event.id, (task) => ({ ...task, state, attempt, ...(worker !== undefined && { worker }) }));
}

/** `j` and `k` lead into the list from anywhere on the screen. */
function useMoveKeys(): void {
  const enter = (): void => document.querySelector<HTMLElement>("[data-list]")?.focus();
  useShortcut({ keys: "j", label: "Next task", area: "In the list", run: enter });
  useShortcut({ keys: "k", label: "Task before", area: "In the list", run: enter });
  useHint("enter", "Open the task");
  useHint("x", "Tick the task");
  useHint("shift+arrowdown", "Tick along");
  useHint(".", "What can be done with the task");
}

/** A key that the list itself listens to, for the help. */
function useHint(keys: string, label: string): void {
  useShortcut({ keys, label, area: "In the list" });
}
