/**
 * The keys of all that is asked of the server, and which of it an event of the feed makes stale. A list's key begins with
 * a plural, a thing's with a singular and its id; filters follow. Whoever adds a query adds it here.
 */
import type { FeedEvent } from "@octopus/protocol/feed.ts";

export type Key = readonly [string, ...unknown[]];

export const keys = {
  session: ["session"],
  status: ["status"],
  history: (minutes: number, arm?: string) => ["history", minutes, arm],
  tasks: (filter: object) => ["tasks", filter],
  dead: (q: string) => ["dead", q],
  task: (id: string) => ["task", id],
  explain: (id: string) => ["task", id, "explain"],
  logs: (id: string, ...more: unknown[]) => ["logs", id, ...more],
  runs: (filter: object) => ["runs", filter],
  run: (id: string) => ["run", id],
  /** Under no run's key: no event makes it stale. */
  runText: (id: string, hash: string | undefined) => ["run text", id, hash],
  /** What a text says of its params; a text does not change. */
  params: (hash: string) => ["params", hash],
  explainRun: (id: string) => ["run", id, "explain"],
  workflows: ["workflows"],
  workflow: (name: string, ...more: unknown[]) => ["workflow", name, ...more],
  grid: (name: string) => ["grid", name],
  arms: ["arms"],
  arm: (name: string) => ["arm", name],
  quotas: ["quotas"],
  workers: ["workers"],
  worker: (name: string, ...more: unknown[]) => ["worker", name, ...more],
  usages: (workers: readonly string[]) => ["usages", workers],
  waiting: ["waiting"],
  pools: ["pools"],
  schedules: ["schedules"],
  scheduleList: ["schedules", "results"],
  schedule: (name: string, ...more: unknown[]) => ["schedule", name, ...more],
  calendars: ["calendars"],
  bulks: ["bulks"],
  plugins: ["plugins"],
  plugin: (name: string, ...more: unknown[]) => ["plugin", name, ...more],
  triggers: ["triggers"],
  audit: (filter: object) => ["audit", filter],
  tokens: ["tokens"],
  settings: ["settings"],
  server: ["server"],
  cluster: ["cluster"],
  namespaces: ["namespaces"],
  policy: ["policy"],
} as const satisfies Record<string, Key | ((...of: never[]) => Key)>;

/** What an event makes stale: the beginnings of keys. `undefined`: everything. */
export function staleBy(event: FeedEvent): Key[] | undefined {
  switch (event.type) {
    case "task":
      return staleByTask(event);
    case "progress":
      return [["task", event.id]];
    case "approval":
    case "dead":
    case "task_deleted":
      return [["tasks"], ["dead"], ["status"], ["task", event.id]];
    case "run":
      return staleByRun(event);
    case "workflow":
      return [["workflows"], ["workflow", event.name], ["grid", event.name]];
    case "plugin":
      return [["plugins"], ["plugin", event.name]];
    case "worker":
      return [["workers"], ["worker", event.name], ["waiting"], ["pools"], ["status"]];
    case "arm":
      return [["arms"], ["arm", event.name], ["status"]];
    case "schedule":
      return [["schedules"], ["schedule", event.name]];
    case "tick":
      return [["schedules"], ["schedule", event.schedule]];
    case "bulk":
      return [["bulks"], ["dead"]];
    case "resync":
      return undefined;
  }
}

function staleByRun({ id, workflow, schedule }: Extract<FeedEvent, { type: "run" }>): Key[] {
  const stale: Key[] = [
    ["runs"],
    ["run", id],
    ["status"],
    ["triggers"],
    ["workflows"],
    ["grid"],
    ["workflow", workflow],
  ];
  return [...stale, ...ofSchedule(schedule)];
}

/** What it made is at work, or has ended: both stand with its ticks. */
function ofSchedule(schedule: string | undefined): Key[] {
  return schedule === undefined ? [] : [["schedules"], ["schedule", schedule]];
}

function staleByTask(event: Extract<FeedEvent, { type: "task" }>): Key[] {
  const { id, arm, run, inside, worker, state, attempt } = event;
  const stale: Key[] = [
    ["tasks"],
    ["status"],
    ["arms"],
    ["history"],
    ["quotas"],
    ["triggers"],
    ["task", id],
    ["arm", arm],
  ];
  // It was tried before and waits again: it may have been a dead letter.
  if (attempt > 0 && (state === "queued" || state === "blocked")) stale.push(["dead"]);
  if (run !== undefined) stale.push(["runs"], ["run", run], ["grid"]);
  if (inside !== undefined) stale.push(["task", inside]);
  if (worker !== undefined) stale.push(["workers"], ["worker", worker]);
  stale.push(...ofSchedule(event.schedule));
  return stale;
}
