/** Names that completion offers: arms, types, workers and schedules of the server, tags and owners of what is shown. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import { completeQuery, type Completions, type KnownNames } from "@octopus/view/complete-query.ts";
import type { Keyset } from "@octopus/view/keyset.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";

const LOOKED_AT = 500;

export function useCompletion(list: Keyset<TaskView>): (text: string, caret: number) => Completions {
  const { data: status } = useQuery({ queryKey: keys.status, queryFn: () => client.status() });
  const { data: schedules } = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules() });
  const seen = useRef(new Map<string, Set<string>>());
  return useCallback(
    (text, caret) => {
      for (let i = 0; i < Math.min(list.count, LOOKED_AT); i++) remember(seen.current, list.rowAt(i));
      const seenAs = (key: string): string[] => [...(seen.current.get(key) ?? [])];
      const arms = status?.arms ?? [];
      const known: KnownNames = {
        arm: arms.map(({ name }) => name),
        worker: unique([...(status?.workers ?? []).map(({ name }) => name), ...seenAs("worker")]),
        type: unique([...arms.flatMap(({ types }) => types), ...seenAs("type")]),
        schedule: unique([...(schedules ?? []).map(({ name }) => name), ...seenAs("schedule")]),
        tag: seenAs("tag"),
        owner: seenAs("owner"),
        key: seenAs("key"),
        run: seenAs("run"),
      };
      return completeQuery(text, caret, known);
    },
    [list, status, schedules],
  );
}

function remember(seen: Map<string, Set<string>>, task: TaskView | undefined): void {
  if (task === undefined) return;
  const note = (key: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (!seen.has(key)) seen.set(key, new Set());
    seen.get(key)!.add(value);
  };
  note("type", task.type);
  note("worker", task.worker);
  note("owner", task.owner);
  note("key", task.concurrencyKey?.key);
  note("run", task.run);
  note("schedule", task.schedule);
  for (const tag of task.tags) note("tag", tag);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
