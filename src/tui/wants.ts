/**
 * What the screen of a state needs from the server: the queries of the web dashboard, by the part of the screen that they
 * are for, with the events of the feed that make them stale.
 */
import type { Client, RunQuery, TaskQuery } from "../client/mod.ts";
import type { FeedEvent } from "../protocol/feed.ts";
import { isEnded } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import { askedTasks, parseQuery } from "../view/query.ts";
import { lastRows } from "./log-tail.ts";
import { readRunFilter } from "./run-filter.ts";
import type { Pages, Slot, TaskSlot } from "./slots.ts";
import { pageOf, type PageKind, type State, valueOf } from "./state.ts";

export interface Want {
  /** The part of the screen; what was read for it before stays until the new answer is there. */
  slot: Slot;
  /** What is asked, so that an answer to something else is known. */
  key: string;
  load(client: Client): Promise<unknown>;
  isStale(event: FeedEvent): boolean;
  /** Read again after this time even when nothing has happened. */
  everyMs: number;
}

/** What no event tells of changes: what machines use, and ages on the server's own clock. */
const USAGE_MS = 5000;
const REST_MS = 30_000;
const PAGE_MAX = 500;
/** Requests of one reading that find nothing: a filter that nothing matches must not read all of a large database. */
const EMPTY_MAX = 20;

const isTask = ({ type }: FeedEvent): boolean =>
  type === "task" || type === "dead" || type === "task_deleted" || type === "approval";
const isRun = ({ type }: FeedEvent): boolean => type === "run" || type === "task";
const never = (): boolean => false;

export function wantsOf(state: State): Want[] {
  const page = pageOf(state);
  if (page !== undefined) return [STATUS, ...pageWants(state, page.kind, page.id)];
  switch (state.tab) {
    case "overview":
      return [STATUS, tasksWant("dead", { dead: true, limit: 20 }), ASKED, LIVE_RUNS, SCHEDULES, HISTORY];
    case "tasks":
      return [STATUS, tasksWant("tasks", taskQueryOf(state), state.wanted)];
    case "runs":
      return [STATUS, runsWant("runs", readRunFilter(state.filters.runs).query, state.wanted)];
    case "workers":
      return [STATUS, WORKERS, WAITING];
    case "arms":
      return [STATUS, HISTORY];
    case "schedules":
      return [STATUS, SCHEDULES];
    case "logs":
      return [STATUS, tasksWant("talking", { state: ["running"], limit: 100 }), RECENT];
  }
}

/** The filter of the tab Tasks, as it is asked; what is wrong in it is left out and said by the screen. */
export function taskQueryOf(state: State): TaskQuery {
  const asked: TaskQuery = askedTasks(
    parseQuery(state.filters.tasks).filter,
    Math.floor(state.now / 60_000) * 60_000,
    "local",
    state.session?.who,
  );
  return asked;
}

const STATUS: Want = {
  slot: "status",
  key: "",
  load: (client) => client.status(),
  isStale: ({ type }) => type !== "progress" && type !== "bulk",
  everyMs: 10_000,
};
const WORKERS: Want = {
  slot: "workers",
  key: "",
  load: (client) => client.workers(),
  isStale: ({ type }) => type === "worker" || type === "task",
  everyMs: USAGE_MS,
};
const WAITING: Want = {
  slot: "waiting",
  key: "",
  load: (client) => client.waitingWorkers(),
  isStale: ({ type }) => type === "worker",
  everyMs: USAGE_MS,
};
const SCHEDULES: Want = {
  slot: "schedules",
  key: "",
  load: (client) => client.schedules(1),
  isStale: ({ type }) => type === "schedule" || type === "tick",
  everyMs: REST_MS,
};
const HISTORY: Want = {
  slot: "history",
  key: "",
  load: (client) => client.history(15),
  isStale: never,
  everyMs: 10_000,
};
const LIVE_RUNS = runsWant("live-runs", { state: ["queued", "running"], top: true }, 20);
const ASKED = tasksWant("asked", { awaiting: "approval", limit: 10 });
const RECENT: Want = {
  ...tasksWant("recent", { state: ["succeeded", "failed", "cancelled"], limit: 50 }),
};

function tasksWant(slot: TaskSlot, query: TaskQuery, count = query.limit ?? 20): Want {
  return {
    slot,
    key: JSON.stringify([query, count]),
    load: (client) => readPages((cursor, limit) => client.tasks({ ...query, limit, cursor }), count),
    isStale: isTask,
    everyMs: REST_MS,
  };
}

function runsWant(slot: "runs" | "live-runs", query: RunQuery, count: number): Want {
  return {
    slot,
    key: JSON.stringify([query, count]),
    load: (client) => readPages((cursor, limit) => client.runs({ ...query, limit, cursor }), count),
    isStale: isRun,
    everyMs: REST_MS,
  };
}

/** As many rows as are wanted, page after page. */
async function readPages<T>(
  read: (cursor: string | undefined, limit: number) => Promise<{ items: T[]; next?: string; readTo?: string }>,
  count: number,
): Promise<Pages<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  let readTo: string | undefined;
  for (let empty = 0; ;) {
    const page = await read(cursor, Math.min(PAGE_MAX, count - items.length));
    items.push(...page.items);
    cursor = page.next;
    readTo = page.readTo ?? readTo;
    if (page.items.length === 0) empty++;
    if (cursor === undefined || items.length >= count || empty >= EMPTY_MAX)
      return { items, hasMore: cursor !== undefined, ...(readTo !== undefined && { readTo }) };
  }
}

function taskWants(state: State, id: string): Want[] {
  const isIt = (event: FeedEvent): boolean => "id" in event && event.id === id;
  const known = valueOf(state, "task", id);
  const waits = known !== undefined && !isEnded(known.state) && known.state !== "running";
  // Why it waits depends on everything else.
  const why: Want = {
    slot: "why",
    key: id,
    load: (client) => client.explain(id),
    isStale: ({ type }) => type !== "progress",
    everyMs: USAGE_MS,
  };
  const tail: Want = {
    slot: "tail",
    key: `${id} ${known?.attempt ?? 0}`,
    load: (client) => lastRows(client, id, TAIL_LINES),
    isStale: isIt,
    // Output is no event.
    everyMs: known?.state === "running" ? 2000 : REST_MS,
  };
  return [taskWant(id), ...(waits ? [why] : []), ...(known !== undefined && known.attempt > 0 ? [tail] : [])];
}

function taskWant(id: string): Want {
  return {
    slot: "task",
    key: id,
    load: (client) => client.task(id),
    isStale: (event) => "id" in event && event.id === id,
    everyMs: REST_MS,
  };
}

function pageWants(state: State, kind: PageKind, id: string): Want[] {
  switch (kind) {
    case "task":
      return taskWants(state, id);
    case "log":
      return [taskWant(id)];
    case "run":
      return [
        {
          slot: "run",
          key: id,
          load: (client) => client.run(id, { isBrief: true }),
          isStale: (event) => ("id" in event && event.id === id) || ("run" in event && event.run === id),
          everyMs: REST_MS,
        },
      ];
    case "why":
      return [
        {
          slot: "explain",
          key: id,
          load: (client) => client.explainRun(id),
          isStale: ({ type }) => type !== "progress",
          everyMs: USAGE_MS,
        },
      ];
    case "worker": {
      const mine = (event: FeedEvent): boolean =>
        (event.type === "worker" && event.name === id) || (event.type === "task" && event.worker === id);
      return [
        { slot: "worker", key: id, load: (client) => client.worker(id), isStale: mine, everyMs: USAGE_MS },
        { slot: "usage", key: id, load: (client) => client.workerUsage(id), isStale: never, everyMs: REST_MS },
      ];
    }
    case "arm": {
      const mine = (event: FeedEvent): boolean =>
        (event.type === "arm" && event.name === id) || (event.type === "task" && event.arm === id);
      return [
        { slot: "arm", key: id, load: (client) => client.arm(id), isStale: mine, everyMs: REST_MS },
        { ...tasksWant("arm-queue", { arm: id, state: ["queued"], limit: 50 }), isStale: mine },
        HISTORY,
      ];
    }
    case "schedule": {
      const mine = (event: FeedEvent): boolean =>
        (event.type === "schedule" && event.name === id) || (event.type === "tick" && event.schedule === id);
      return [
        { slot: "schedule", key: id, load: (client) => client.schedule(id), isStale: mine, everyMs: REST_MS },
        { slot: "ticks", key: id, load: (client) => client.ticks(id, { limit: 50 }), isStale: mine, everyMs: REST_MS },
      ];
    }
  }
}

const TAIL_LINES = 50;

/** The tasks of a list, whatever it was read for. */
export function tasksIn(state: State, slot: TaskSlot): readonly TaskView[] {
  return valueOf(state, slot)?.items ?? [];
}
