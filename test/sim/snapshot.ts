/**
 * The state of core as text, line by line and in a fixed order, so that two states can be compared and the first
 * difference shown. What does not outlive the process (sessions, signs of life, whose turn it is) is left out.
 */
import { flowLines } from "./snapshot-flow.ts";
import { nodeWords, runWords } from "./snapshot-graph.ts";
import { isEnded } from "../../src/base/words.ts";
import { tasksIn } from "../../src/core/limits/invariants-limits.ts";
import type { Run } from "../../src/core/run.ts";
import type { Schedule } from "../../src/core/schedules/schedule.ts";
import type { State } from "../../src/core/state.ts";
import type { Task } from "../../src/core/task.ts";

export interface SnapshotOptions {
  /** With the order in which tasks wait and with idle workers: what a replay must give, and a load need not. */
  exact: boolean;
  /** Epoch milliseconds; what has run out by then is left out. */
  now?: number;
}

export function snapshot(state: State, { exact, now = 0 }: SnapshotOptions): string[] {
  const lines: string[] = [`last t${state.lastTask} r${state.lastRun}`];
  lines.push(`counts ${JSON.stringify(state.counts)}`, `runs ${JSON.stringify(state.runCounts)}`);
  for (const task of state.tasks.values()) if (!isEnded(task.state)) lines.push(taskLine(task));
  for (const [key, { task, hash }] of state.keys)
    if (!isEnded(task.state)) lines.push(`key ${key} = t${task.seq} ${hash}`);
  for (const run of state.runs.values()) if (!run.over) lines.push(runLine(run), admissionLine(run, exact));
  lines.push(...flowLines(state, { exact, now }));
  for (const arm of state.arms.values()) {
    const { name, settings, active, queued, live, processed, failed, lastRunAt } = arm;
    const set = JSON.stringify(
      Object.entries(settings)
        .filter(([, value]) => value !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    lines.push(
      // A restart may hold another one of those that wait for one result.
      `arm ${name} ${set} active ${active} queued ${exact ? queued : ""} live ${live} did ${processed}-${failed} at ${lastRunAt}`,
    );
  }
  for (const worker of state.workers.values()) {
    const { name, attempts, draining, slots, kinds } = worker;
    const ids = [...attempts].map(({ seq, attempt }) => `${seq}/${attempt}`).sort();
    if (exact) lines.push(`worker ${name} ${slots} ${[...kinds].join()} ${draining ? "draining" : ""} ${ids.join()}`);
    else if (ids.length > 0) lines.push(`worker ${name} ${ids.join()}`);
  }
  if (exact) {
    for (const [key, lane] of state.lanes)
      lines.push(
        `lane ${JSON.stringify(key)}: ${tasksIn(state, lane)
          .map(({ seq }) => seq)
          .join()}`,
      );
  }
  lines.push(...limitLines(state));
  for (const token of state.access.tokens.values()) lines.push(`token ${words(token)}`);
  for (const [worker, keys] of state.access.keys)
    lines.push(...[...keys].map(([key, at]) => `key of ${worker} ${key} ${at}`));
  lines.push(
    `cluster ${state.access.cluster}`,
    `drained ${[...state.drained].toSorted((a, b) => (a < b ? -1 : 1)).join()}`,
  );
  lines.push(...pluginLines(state));
  for (const schedule of state.schedules.byName.values()) lines.push(scheduleLine(state, schedule));
  return lines.sort();
}

function pluginLines({ plugins }: State): string[] {
  return [...plugins.values()].flatMap(({ name, versions, newest, removedAt, removedBy }) => [
    `plugin ${name} @${newest.version} removed ${removedAt} ${removedBy}`,
    ...[...versions.values()].map((version) => `version of ${name} ${words(version)}`),
  ]);
}

/** What it says, in the order of its words. */
function words(of: object): string {
  const said = Object.entries(of).filter(([, value]) => value !== undefined);
  return JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function limitLines({ limits, workers, fleet }: State): string[] {
  const lines = [...limits.gates.quotas].map(([owner, quota]) => `quota ${owner} ${JSON.stringify(quota)}`);
  for (const { name, at, used } of limits.meters) lines.push(`meter ${name} ${Math.ceil(at)} ${used}`);
  for (const { kind, name, active, sets } of limits.gates.all())
    lines.push(`gate ${kind} ${name} active ${active} of ${sets}`);
  for (const { name, used, unitUse, apart } of workers.values()) {
    for (const counts of [used, apart])
      if (counts.size > 0)
        lines.push(`used ${name} ${JSON.stringify([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))}`);
    // How far the list of a resource has grown says nothing.
    for (const [resource, amounts] of unitUse)
      lines.push(
        `units ${name} ${resource} ${JSON.stringify(amounts.map((amount, unit) => [unit, amount]).filter(([, amount]) => amount !== 0))}`,
      );
  }
  for (const [signature, { on }] of fleet.crowds)
    lines.push(...[...on].map(([{ name }, count]) => `crowd ${JSON.stringify(signature)} on ${name} ${count}`));
  return lines;
}

/** Nothing has ever held it back: what was held and let go counts from then on, and after a start from when it became ready. */
function isPlain({ asks, run, node }: Task): boolean {
  return asks === undefined && run === undefined && node === undefined;
}

function taskLine(task: Task): string {
  const {
    seq,
    state,
    type,
    name,
    run,
    lane,
    policy,
    priority,
    attempt,
    tries,
    losses,
    waiting,
    dueAt,
    expiresAt,
    live,
    since,
  } = task;
  const on =
    live &&
    `on ${live.worker.name} since ${live.startedAt} ${live.cancel ?? ""} ${live.units === undefined ? "" : words(live.units)}`;
  const node = nodeWords(task);
  const parts = [
    `t${seq}`,
    state,
    type,
    name,
    run && `r${run.seq}`,
    lane.arm.name,
    JSON.stringify(lane.requires),
    `p${priority}`,
  ];
  const counts = [`attempt ${attempt}`, `tries ${tries}`, `losses ${losses}`];
  const waits = [
    state === "blocked" && `for ${waiting}`,
    state === "queued" && isPlain(task) && `ready ${since}`,
    dueAt,
    `until ${expiresAt}`,
    on,
  ];
  return [...parts, ...counts, ...waits, JSON.stringify(policy), node].join(" ");
}

function scheduleLine({ schedules }: State, schedule: Schedule): string {
  const { name, rule, overlap, catchUp, jitterMs, paused, nextAt, lastTick, queue, firing } = schedule;
  const active = [...(schedules.active.get(name) ?? [])].sort((a, b) => a - b);
  const ticks = [...firing].sort(([a], [b]) => a - b);
  const parts = [rule, overlap, catchUp, jitterMs, paused, nextAt, lastTick, queue, ticks, active];
  return `schedule ${name} ${parts.map((part) => JSON.stringify(part)).join(" ")}`;
}

function runLine(live: Run): string {
  const { seq, workflow, counts, open, started, cancelled, ...run } = live;
  const states = [...counts].filter(([, count]) => count !== 0).map(([state, count]) => `${state} ${count}`);
  const plan = `${run.planner} ${run.planned} ${JSON.stringify(run.origin)} until ${run.deadlineAt} ${run.timedOut}`;
  return `run r${seq} ${workflow} open ${open} ${started} ${cancelled} ${states.sort().join()} ${plan} ${runWords(live)}`;
}

function admissionLine(run: Run, exact: boolean): string {
  const { seq, sealed, paused, admitted, group, parent, depth, maxParallel, place, made, early } = run;
  const parts: unknown[] = [sealed, paused, admitted, group, parent, depth, maxParallel];
  if (exact) parts.push(place, ...(made ?? []), JSON.stringify([...(early ?? [])]));
  return `admission r${seq} ${parts.map((part) => JSON.stringify(part)).join(" ")}`;
}

/** The first line that one has and the other has not, as words; undefined when they are equal. */
export function difference(names: [string, string], a: readonly string[], b: readonly string[]): string | undefined {
  const inA = new Set(a);
  const inB = new Set(b);
  const onlyA = a.find((line) => !inB.has(line));
  const onlyB = b.find((line) => !inA.has(line));
  if (onlyA === undefined && onlyB === undefined) return undefined;
  return `${names[0]} has\n      ${onlyA ?? "nothing more"}\n    ${names[1]} has\n      ${onlyB ?? "nothing more"}`;
}
