/**
 * Why the tasks of a run are where they are, put together from what is said of each. Bounded: of each state so many are
 * looked at, whatever the size of the run.
 */
import type { TaskState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import type { RunDetail, RunExplanation } from "../protocol/run-views.ts";
import type { EngineApi } from "./api.ts";

/** Tasks of one state that are looked at. */
const LOOKED_AT_MAX = 100;
/** Tasks of a group that are named. */
const NAMED_MAX = 5;
const GROUPS_MAX = 50;

/** What has something to explain: what went wrong before what waits. */
const STATES: readonly TaskState[] = [
  ...(["failed", "expired", "cancelled", "upstream_failed", "skipped"] as const),
  ...(["queued", "scheduled", "blocked"] as const),
];

type Group = RunExplanation["groups"][number];
type Asked = Pick<EngineApi, "run" | "tasks" | "explain">;

export function explainRun(engine: Asked, id: string): RunExplanation | undefined {
  const run = engine.run(id);
  if (run === undefined) return undefined;
  const groups = new Map<string, Group>();
  const lookedAt: NonNullable<RunExplanation["lookedAt"]> = {};
  for (const state of STATES) {
    if ((run.counts[state] ?? 0) === 0) continue;
    const page = engine.tasks({ run: run.id, state: [state], limit: LOOKED_AT_MAX });
    if (page.next !== undefined) lookedAt[state] = page.items.length;
    // Pages begin with the newest; a run is read from its beginning.
    for (const task of page.items.toReversed()) addTo(groups, task, engine);
  }
  const all = [...groups.values()].toSorted((a, b) => b.count - a.count);
  const isPartly = Object.keys(lookedAt).length > 0;
  return {
    id: run.id,
    state: run.state,
    summary: summaryOf(run),
    counts: run.counts,
    groups: all.slice(0, GROUPS_MAX),
    ...(isPartly && { lookedAt }),
    ...((isPartly || all.length > GROUPS_MAX) && { more: true }),
  };
}

function addTo(groups: Map<string, Group>, task: TaskView, engine: Asked): void {
  const found = engine.explain(task.id);
  const [first] = found?.reasons ?? [];
  const message = first?.message ?? task.error?.message ?? task.reason ?? found?.summary ?? task.state;
  const code = first?.code ?? "ended";
  // Members say the same of different numbers: "bad line 7", "bad line 12".
  const key = `${task.state} ${code} ${first?.about ?? ""} ${message.replace(/\d+/g, "#")}`;
  const named = { id: task.id, ...(task.name !== undefined && { name: task.name }) };
  const group = groups.get(key);
  if (group === undefined) {
    const { about, until } = first ?? {};
    const more = { ...(about !== undefined && { about }), ...(until !== undefined && { until }) };
    groups.set(key, { state: task.state, code, message, ...more, count: 1, tasks: [named] });
    return;
  }
  group.count++;
  if (group.tasks.length < NAMED_MAX) group.tasks.push(named);
}

const PHASES = {
  compensate: "what had succeeded is being undone",
  handlers: "its handlers run",
  exit: "its exit handlers run",
  outputs: "its outputs are being put together",
} as const;

function summaryOf(run: RunDetail): string {
  const { state, reason, group, phase, outcome, counts } = run;
  const why = reason === undefined ? "" : `: ${reason}`;
  if (run.endedAt !== undefined) return `the run is ${state}${why}`;
  if (run.paused === true) return `the run is paused${why}; resume it to let it go on`;
  if (run.waiting === true) return `the run waits for a place in the group ${group?.name ?? ""}`.trimEnd();
  if (phase !== undefined) return `${outcome === undefined ? "" : `the main part is ${outcome}; `}${PHASES[phase]}`;
  const running = counts.running ?? 0;
  const waiting = (counts.queued ?? 0) + (counts.scheduled ?? 0) + (counts.blocked ?? 0);
  return `the run is ${state}: ${running} running, ${waiting} waiting`;
}
