/**
 * Runs of a workflow against its tasks: columns are runs, the newest first, rows are tasks. Only what is in sight is drawn;
 * older runs are read when their columns come near.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useMemo } from "react";
import { gridOf, rowsWith } from "@octopus/view/workflow-grid.ts";
import { useSearchText } from "../../../app/search.ts";
import { client } from "../../../data/client.ts";
import { keys } from "../../../data/keys.ts";
import { Button } from "../../../parts/button.tsx";
import { TextInput } from "../../../parts/field.tsx";
import { Empty, Loading, Trouble } from "../../../parts/notices.tsx";
import { GridTable } from "./grid-table.tsx";
import styles from "./grid.module.css";

const PAGE = 40;

export function RunGrid({ name, onRun }: { name: string; onRun: (() => void) | undefined }) {
  const [text, setText] = useSearchText("task");
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: keys.grid(name),
    queryFn: ({ pageParam }) => client.workflowGrid(name, { runs: PAGE, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
  const grid = useMemo(() => gridOf(data?.pages ?? []), [data]);
  const rows = useMemo(() => rowsWith(grid.rows, text), [grid, text]);
  if (data === undefined)
    return error === null ? <Loading lines={8} /> : <Trouble error={error} retry={() => void refetch()} />;
  if (grid.runs.length === 0)
    return (
      <Empty title="It has never run" icon={<Play aria-hidden />}>
        {onRun !== undefined && (
          <Button kind="main" onClick={onRun}>
            Run it now
          </Button>
        )}
      </Empty>
    );
  return (
    <div className={styles["screen"]}>
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      <div className={styles["bar"]}>
        <TextInput
          label="Filter tasks"
          isBare
          type="search"
          placeholder={`Filter ${grid.rows.length} tasks`}
          value={text}
          onChange={setText}
        />
        <span className={styles["minor"]} role="status">
          {rows.length === grid.rows.length ? "" : `${rows.length} of ${grid.rows.length} tasks, `}
          {grid.runs.length === 1 ? "1 run" : `${grid.runs.length}${hasNextPage ? "+" : ""} runs`}
          {grid.isCut && ", not all tasks fit"}
        </span>
        <span className={`${styles["minor"]} ${styles["keys"]}`}>
          <kbd>← ↑ ↓ →</kbd> move, <kbd>Enter</kbd> opens
        </span>
      </div>
      {rows.length === 0 ? (
        <Empty title="No task has these words">
          <Button onClick={() => setText(undefined)}>Show all {grid.rows.length}</Button>
        </Empty>
      ) : (
        <GridTable
          name={name}
          grid={grid}
          rows={rows}
          isReading={isFetchingNextPage}
          onEnd={() => void (hasNextPage && !isFetchingNextPage && fetchNextPage())}
        />
      )}
    </div>
  );
}
