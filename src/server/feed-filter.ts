/**
 * Which events of the feed a reader asked for. An event passes when it is of a wanted type and is about everything that
 * the filter names; one that has no arm, say, is about no arm.
 */
import type { EngineApi } from "../engine/api.ts";
import type { FeedEvent } from "../protocol/feed.ts";

/** Tasks that are remembered per reader. */
const TASKS_KNOWN_MAX = 10_000;

export interface FeedFilter {
  type?: readonly string[] | undefined;
  /** States of tasks or runs. */
  state?: readonly string[] | undefined;
  task?: string | undefined;
  run?: string | undefined;
  arm?: string | undefined;
  taskType?: string | undefined;
  schedule?: string | undefined;
}

const THINGS = ["task", "run", "arm", "taskType", "schedule"] as const;
/** What an event is about. */
type About = Partial<Record<(typeof THINGS)[number] | "state", string | undefined>>;

/** A function that says whether an event passes. `resync` is for everybody. */
export function createFeedFilter(engine: EngineApi, filter: FeedFilter): (event: FeedEvent) => boolean {
  const named = THINGS.filter((thing) => filter[thing] !== undefined);
  const wanted: About = {};
  for (const thing of named) wanted[thing] = filter[thing]!;
  // A task has several names; the feed uses one of them.
  if (filter.task !== undefined) wanted.task = engine.task(filter.task)?.id ?? filter.task;

  const known = new Map<string, About>();
  const remember = (id: string, about: About): About => {
    if (known.size >= TASKS_KNOWN_MAX) known.clear();
    known.set(id, about);
    return about;
  };
  /** Some events only carry the id; the rest is looked up once for each task. */
  const lookUp = (id: string): About => {
    const before = known.get(id);
    if (before !== undefined) return before;
    if (named.every((thing) => thing === "task")) return { task: id };
    const { run, arm, type, schedule } = engine.task(id) ?? {};
    return remember(id, { task: id, run, arm, taskType: type, schedule });
  };
  const aboutOf = (event: FeedEvent): About => {
    switch (event.type) {
      case "task": {
        const { id, run, arm, taskType, schedule } = event;
        const about = { task: id, run, arm, taskType, schedule };
        if (named.length > 0) remember(id, about);
        return { ...about, state: event.state };
      }
      case "approval":
        return { ...lookUp(event.id), state: "queued" };
      case "dead":
        return { ...lookUp(event.id), state: "failed" };
      case "progress":
      case "task_deleted":
        return lookUp(event.id);
      case "run":
        return { run: event.id, schedule: event.schedule, state: event.state };
      case "schedule":
        return { schedule: event.name };
      case "tick":
        return {
          schedule: event.schedule,
          ...(event.made?.startsWith("r") ? { run: event.made } : { task: event.made }),
        };
      case "arm":
        return { arm: event.name };
      default:
        return {};
    }
  };
  return (event) => {
    if (event.type === "resync") return true;
    if (filter.type !== undefined && !filter.type.includes(event.type)) return false;
    if (named.length === 0 && filter.state === undefined) return true;
    const about = aboutOf(event);
    if (filter.state !== undefined && (about.state === undefined || !filter.state.includes(about.state))) return false;
    return named.every((thing) => about[thing] === wanted[thing]);
  };
}
