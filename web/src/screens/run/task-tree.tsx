/** The tasks of a run as a list: what each is in, for how long, and what there is to say of it. */
import { useMemo, useState } from "react";
import { TASK_STATES, type TaskState } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { type RowOrder, type RunRow, runRows } from "@octopus/view/run-rows.ts";
import { isAsked, taskWords } from "@octopus/view/run-words.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useSearchText } from "../../app/search.ts";
import { useNow } from "../../app/now.ts";
import { ChipToggle } from "../../parts/chips.tsx";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { Select, TextInput } from "../../parts/field.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Ago, Took } from "../../parts/times.tsx";
import { RowName, rowId, useTree } from "./tree-rows.tsx";
import type { ViewProps } from "./view-props.ts";
import styles from "./task-tree.module.css";

const ORDERS: readonly { value: RowOrder; label: string }[] = [
  { value: "file", label: "as in the file" },
  { value: "state", label: "by state, trouble first" },
  { value: "long", label: "the slowest first" },
  { value: "start", label: "by start" },
];

export function TaskTree({ data, folds, selected, select }: ViewProps) {
  const [order, setOrder] = useSearchText("order");
  const [state, setState] = useSearchText("state");
  const [text, setText] = useState("");
  const now = useNow();
  const { run, parts } = data;
  const wanted = text.trim().toLowerCase();
  const fits = useMemo(() => {
    if (state === "" && wanted === "") return undefined;
    return (task: TaskView): boolean =>
      (state === "" || task.state === state) &&
      (wanted === "" || `${titleOf(task)} ${task.id} ${task.type}`.toLowerCase().includes(wanted));
  }, [state, wanted]);
  const chosen = ORDERS.find(({ value }) => value === order)?.value ?? "file";
  const rows = useMemo(
    () => runRows(parts, { open: folds.ids, order: chosen, now, ...(fits && { fits }) }),
    // The slowest change places while they run; nothing else does with time alone.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [parts, folds.ids, chosen, fits, chosen === "long" ? Math.floor(now / 5000) : 0],
  );
  const { scroller, virtual, onKeyDown, activeId } = useTree({ rows, folds, selected, select });
  const states = TASK_STATES.filter((one) => run.tasks.some((task) => task.state === one));
  return (
    <div className={styles["whole"]}>
      <div className={styles["tools"]}>
        <div className={styles["chips"]} role="group" aria-label="States">
          {states.map((one) => (
            <ChipToggle key={one} isOn={state === one} onChange={(isOn) => setState(isOn ? one : undefined)}>
              {lookOf(one).label} {countOf(run.tasks, one)}
            </ChipToggle>
          ))}
        </div>
        <TextInput label="Find a task" isBare type="search" placeholder="Find a task" value={text} onChange={setText} />
        <Select
          label="Order"
          isBare
          value={chosen}
          onChange={(value) => setOrder(value === "file" ? undefined : value)}
          options={ORDERS}
        />
      </div>
      <div
        ref={scroller}
        className={styles["scroller"]}
        role="treegrid"
        aria-label={`Tasks of ${run.id}`}
        aria-rowcount={rows.length}
        aria-activedescendant={activeId}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {rows.length === 0 && (
          <div role="row">
            <div role="gridcell">
              <Empty title={fits === undefined ? "This run has no tasks" : "No task fits"} />
            </div>
          </div>
        )}
        <div className={styles["room"]} style={{ height: virtual.getTotalSize() }} role="presentation">
          {virtual.getVirtualItems().map(({ index, start }) => (
            <Row
              key={rows[index]!.key}
              row={rows[index]!}
              index={index}
              top={start}
              isSelected={rows[index]!.key === selected}
              select={select}
              toggle={() => folds.toggle(rows[index]!.task)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row({
  row,
  index,
  top,
  isSelected,
  select,
  toggle,
}: {
  row: RunRow;
  index: number;
  top: number;
  isSelected: boolean;
  select(id: string): void;
  toggle(): void;
}) {
  const { task, depth, holds, isOpen, note } = row;
  const isTimed = task.startedAt !== undefined && (task.endedAt !== undefined || task.state === "running");
  const said = taskWords(task).filter((word) => !word.startsWith("octopus approve"));
  return (
    <div
      id={rowId(row.key)}
      role="row"
      aria-rowindex={index + 1}
      aria-level={depth + 1}
      aria-expanded={holds === undefined ? undefined : isOpen}
      aria-selected={isSelected}
      className={`${styles["row"]} ${isSelected ? styles["selected"] : ""}`}
      style={{ translate: `0 ${top}px` }}
      onClick={() => select(row.key)}
    >
      <span role="gridcell" className={styles["nameCell"]}>
        <RowName row={row} toggle={toggle} />
      </span>
      <span role="gridcell" className={styles["took"]}>
        {note === undefined && isTimed && <Took from={task.startedAt} to={task.endedAt} />}
      </span>
      <span role="gridcell" className={styles["words"]}>
        {note === undefined && (
          <>
            {task.members !== undefined && <CountsBar counts={task.members.counts} total={task.members.total} />}
            <span className={styles["said"]}>
              {inertLine(
                [isAsked(task) ? (task.approval?.message ?? "waits for a person") : "", ...said]
                  .filter(Boolean)
                  .join(" · "),
              ) || (task.state === "blocked" || task.state === "queued" ? lookOf(task.state).label : "")}
            </span>
          </>
        )}
      </span>
      <span role="gridcell" className={styles["minor"]}>
        {note === undefined && (task.worker === undefined ? "" : inertLine(task.worker))}
      </span>
      <span role="gridcell" className={styles["minor"]}>
        {note === undefined && <Ago at={task.startedAt} />}
      </span>
    </div>
  );
}

function countOf(tasks: readonly TaskView[], state: TaskState): number {
  return tasks.reduce((sum, task) => (task.state === state ? sum + 1 : sum), 0);
}
