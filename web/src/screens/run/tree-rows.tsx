/** What list and waterfall share: rows that are drawn only where they are seen, one that is selected, and keys to go along. */
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef } from "react";
import { inertLine } from "@octopus/view/inert.ts";
import type { RunRow } from "@octopus/view/run-rows.ts";
import { isAside, isAsked } from "@octopus/view/run-words.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useShortcut } from "../../app/shortcuts.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import type { ViewProps } from "./view-props.ts";
import styles from "./tree-rows.module.css";

export const ROW_PX = 32;

interface TreeOptions extends Pick<ViewProps, "folds" | "selected" | "select"> {
  rows: readonly RunRow[];
}

export function useTree({ rows, folds, selected, select }: TreeOptions) {
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: useCallback((i: number) => rows[i]!.key, [rows]),
  });
  const at = rows.findIndex(({ key }) => key === selected);
  const held = useRef({ selected: "", at: -1 });
  useEffect(() => {
    // What was selected elsewhere comes into sight once; after that the reader scrolls.
    if (at >= 0 && (held.current.selected !== selected || held.current.at < 0)) virtual.scrollToIndex(at);
    held.current = { selected, at };
  }, [at, selected, virtual]);
  const area = "In the list of tasks";
  useShortcut({ keys: "j k", label: "Down and up; arrows, too", area });
  useShortcut({ keys: "arrowright", label: "Unfold; left folds", area });
  useShortcut({ keys: "enter", label: "Open the task", area });
  const go = (to: number): void => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (next !== undefined) select(next.key);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const row = rows[at];
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const parent = (): number => rows.findLastIndex(({ depth }, i) => i < at && depth < (row?.depth ?? 0));
    const deeds: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      j: () => go(at + 1),
      ArrowUp: () => go(at < 0 ? 0 : at - 1),
      k: () => go(at < 0 ? 0 : at - 1),
      PageDown: () => go(at + page),
      PageUp: () => go(at - page),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => row?.holds !== undefined && (row.isOpen ? go(at + 1) : folds.toggle(row.task, true)),
      ArrowLeft: () => (row?.isOpen === true ? folds.toggle(row.task, false) : parent() >= 0 && go(parent())),
      " ": () => row !== undefined && folds.toggle(row.task),
      Enter: () => row !== undefined && void navigate({ to: "/tasks/$id", params: { id: row.task.id } }),
      Escape: () => select(undefined),
    };
    const deed = deeds[event.key];
    if (deed === undefined) return;
    event.preventDefault();
    deed();
  };
  return { scroller, virtual, onKeyDown, activeId: at < 0 ? undefined : rowId(rows[at]!.key) };
}

export function rowId(key: string): string {
  return `row-${key}`;
}

/** The name of a row: how deep it stands, what it holds, and its state. */
export function RowName({ row, toggle, children }: { row: RunRow; toggle(): void; children?: ReactNode }) {
  const { task, depth, holds, isOpen, note } = row;
  const indent = { paddingInlineStart: `${depth * 1.1}rem` };
  if (note !== undefined) {
    return (
      <span className={styles["note"]} style={indent}>
        {note === "reading" ? "Reading …" : `${note.left.toLocaleString("en")} more are not shown here`}
      </span>
    );
  }
  const label = isAsked(task) ? { label: "waits for a person" } : {};
  return (
    <span className={`${styles["name"]} ${isAside(task) ? styles["aside"] : ""}`} style={indent}>
      {holds === undefined ? (
        <span className={styles["noFold"]} />
      ) : (
        <button
          type="button"
          tabIndex={-1}
          className={styles["fold"]}
          aria-label={isOpen ? "Fold" : "Unfold"}
          onClick={(event) => {
            event.stopPropagation();
            toggle();
          }}
        >
          {isOpen ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
        </button>
      )}
      <StateMark state={task.state} {...label} />
      <span className={styles["text"]} title={inertLine(titleOf(task))}>
        {inertLine(titleOf(task))}
      </span>
      {children}
    </span>
  );
}
