/** The run as a graph. */
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import { criticalPath } from "@octopus/view/critical-path.ts";
import { taskWords } from "@octopus/view/run-words.ts";
import { Picture } from "../../graph/picture.tsx";
import { Empty } from "../../parts/notices.tsx";
import type { ViewProps } from "./view-props.ts";

export function Graph({ data, folds, selected, select }: ViewProps) {
  const { run, parts, taskOf } = data;
  const navigate = useNavigate();
  const critical = useMemo(() => {
    const { past, ahead } = criticalPath(run.tasks);
    return new Set([...past, ...ahead]);
  }, [run.tasks]);
  const onToggle = useCallback(
    (id: string) => {
      const task = taskOf(id);
      if (task === undefined) folds.toggleGroup(id);
      else folds.toggle(task);
    },
    [taskOf, folds],
  );
  if (run.tasks.length === 0) return <Empty title="This run has no tasks" />;
  return (
    <Picture
      label={`Graph of ${run.id}`}
      parts={parts}
      taskOf={taskOf}
      selected={selected}
      onSelect={select}
      onEnter={(id) => void navigate({ to: "/tasks/$id", params: { id } })}
      opened={folds.ids}
      onToggle={onToggle}
      onFoldAll={folds.foldAll}
      critical={critical}
      says={sayOf}
    />
  );
}

function sayOf(task: TaskView): string {
  if (task.approval?.state === "waiting") return task.approval.message ?? "waits for a person";
  const words = taskWords(task).filter((word) => !word.startsWith("octopus approve"));
  return words.length === 0 && task.state === "blocked" ? "" : words.join(" · ");
}
