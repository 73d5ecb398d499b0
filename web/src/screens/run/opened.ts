/** What a person has unfolded on the run page; graph, waterfall and list show the same. */
import { useCallback, useMemo, useState } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import { holdsOf } from "@octopus/view/run-graph.ts";
import type { Opened } from "./run-data.ts";

export interface Folds {
  opened: Opened;
  ids: ReadonlySet<string>;
  /** Unfolds what the task holds, or folds it. */
  toggle(task: TaskView, isOpen?: boolean): void;
  toggleGroup(id: string): void;
  foldAll(): void;
}

type Fold = "members" | "group" | `run ${string}`;

export function useFolds(): Folds {
  const [opened, setOpened] = useState<Opened>(new Map());
  const ids = useMemo(() => new Set(opened.keys()), [opened]);
  const set = useCallback((id: string, kind: Fold, isOpen?: boolean) => {
    setOpened((before) => {
      const after = new Map(before);
      if (isOpen ?? !before.has(id)) after.set(id, kind);
      else after.delete(id);
      return after;
    });
  }, []);
  const toggle = useCallback(
    (task: TaskView, isOpen?: boolean) => {
      const holds = holdsOf(task);
      if (holds !== undefined) set(task.id, holds === "run" ? `run ${task.subRun}` : "members", isOpen);
    },
    [set],
  );
  const toggleGroup = useCallback((id: string) => set(id, "group"), [set]);
  const foldAll = useCallback(() => setOpened(new Map()), []);
  return { opened, ids, toggle, toggleGroup, foldAll };
}
