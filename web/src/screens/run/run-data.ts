/**
 * What the run page knows: the run itself, and what it holds inside as far as it is unfolded. Members of an `each` are read
 * in two pieces, so that those that failed or run are there even when there are ten thousand others.
 */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import type { RunParts } from "@octopus/view/run-graph.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";

const MEMBERS_TELLING = 200;
const MEMBERS_MAX = 500;

export interface RunData {
  run: RunDetail;
  parts: RunParts;
  taskOf(id: string): TaskView | undefined;
}

export function useRun(id: string) {
  return useQuery(runQuery(id));
}

/** The text that it was made from: it may be large, and it does not change. */
export function useRunText({ id, definitionHash }: Pick<RunDetail, "id" | "definitionHash">) {
  return useQuery({
    queryKey: keys.runText(id, definitionHash),
    queryFn: async ({ signal }) => {
      const { definition, files } = await client.run(id, { signal });
      return { definition, files };
    },
  });
}

function runQuery(id: string) {
  return {
    queryKey: keys.run(id),
    queryFn: ({ signal }: { signal: AbortSignal }) => client.run(id, { isBrief: true, signal }),
    structuralSharing: (before: unknown, after: unknown) =>
      before === undefined ? after : shared(before as RunDetail, after as RunDetail),
  };
}

/** Tasks that look as before stay the same objects, so that only rows that changed are drawn: with five thousand it matters. */
function shared(before: RunDetail, after: RunDetail): RunDetail {
  const old = new Map(before.tasks.map((task) => [task.id, task]));
  let isSame = before.tasks.length === after.tasks.length;
  const tasks = after.tasks.map((task, i) => {
    const known = old.get(task.id);
    const kept = known !== undefined && looksLike(known, task) ? known : task;
    isSame &&= kept === before.tasks[i];
    return kept;
  });
  return { ...after, tasks: isSame ? before.tasks : tasks };
}

const PLAIN = [
  ...(["state", "attempt", "readyAt", "startedAt", "endedAt", "dueAt", "reason", "worker", "progress"] as const),
  ...(["progressMessage", "subRun", "allowed", "cached", "dead", "exitCode"] as const),
];

/** What no view shows need not be compared: work and results are the most of it, and the panel reads them anew. */
function looksLike(one: TaskView, other: TaskView): boolean {
  return (
    PLAIN.every((key) => one[key] === other[key]) &&
    one.error?.message === other.error?.message &&
    one.approval?.state === other.approval?.state &&
    one.marked?.note === other.marked?.note &&
    (one.members === other.members || JSON.stringify(one.members) === JSON.stringify(other.members))
  );
}

/** What is unfolded: holders by the ids of their tasks, groups of the graph by their own. */
export type Opened = ReadonlyMap<string, "members" | "group" | `run ${string}`>;

/** The run with what is unfolded of it. */
export function useParts(run: RunDetail, opened: Opened): RunData {
  const each = useMemo(() => [...opened].flatMap(([id, kind]) => (kind === "members" ? [id] : [])), [opened]);
  const inner = useMemo(
    () => [...opened.values()].flatMap((kind) => (kind.startsWith("run ") ? [kind.slice(4)] : [])),
    [opened],
  );
  const members = useQueries({
    queries: each.map((id) => ({ queryKey: keys.tasks({ inside: id }), queryFn: () => membersOf(id) })),
    combine: useCallback((results: readonly { data: TaskView[] | undefined }[]) => known(each, results), [each]),
  });
  const runs = useQueries({
    queries: inner.map(runQuery),
    combine: useCallback((results: readonly { data: RunDetail | undefined }[]) => known(inner, results), [inner]),
  });
  return useMemo(() => {
    const byId = new Map<string, TaskView>();
    for (const list of members.values()) for (const task of list) byId.set(task.id, task);
    for (const nested of runs.values()) for (const task of nested.tasks) byId.set(task.id, task);
    for (const task of run.tasks) byId.set(task.id, task);
    return { run, parts: { tasks: run.tasks, members, runs }, taskOf: (id) => byId.get(id) };
  }, [run, members, runs]);
}

function known<T>(ids: readonly string[], results: readonly { data: T | undefined }[]): Map<string, T> {
  return new Map(
    ids.flatMap((id, i) => {
      const data = results[i]?.data;
      return data === undefined ? [] : [[id, data] as const];
    }),
  );
}

async function membersOf(inside: string): Promise<TaskView[]> {
  const telling = ["failed", "running", "queued", "scheduled"] as const;
  const [some, newest] = await Promise.all([
    client.tasks({ inside, state: telling, limit: MEMBERS_TELLING }),
    client.tasks({ inside, limit: MEMBERS_MAX }),
  ]);
  const all = new Map([...some.items, ...newest.items].map((task) => [task.id, task]));
  return [...all.values()].toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Members are numbered in the order of their list. */
function placeOf({ id }: TaskView): number {
  return Number(/^t(\d+)$/.exec(id)?.[1] ?? Number.MAX_SAFE_INTEGER);
}
