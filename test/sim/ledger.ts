/**
 * What a store would know, kept in memory from the events alone: what core is handed when something ended is opened again,
 * and what it is loaded from. For tests of core without a database.
 */
import { isEnded, type RunState, type TaskState } from "../../src/base/words.ts";
import type { EndedRun, EndedTask } from "../../src/core/command.ts";
import type { Event } from "../../src/core/event.ts";
import type { TaskDefinition } from "../../src/core/task-events.ts";
import type { RunCreated } from "../../src/core/runs/events.ts";
import type { Members, Tally, Undone } from "../../src/core/graph/rule.ts";
import type { StoredState, StoredTask } from "../../src/core/load.ts";
import type { State } from "../../src/core/state.ts";

interface TaskRow {
  definition: TaskDefinition;
  state: TaskState;
  attempt: number;
  tries: number;
  losses: number;
  dueAt: number;
  readyAt: number;
  endedAt: number;
  reason?: string | undefined;
  result?: string | undefined;
  worker?: string | undefined;
  startedAt?: number | undefined;
  cancel?: string | undefined;
  cacheKey?: string | undefined;
  prepared?: true | undefined;
  approved?: true | undefined;
  asked?: { until?: number | undefined } | undefined;
  total?: number | undefined;
  made?: number | undefined;
  allowed?: true | undefined;
}

type StoredRun = StoredState["runs"][number];
interface RunRow extends Omit<StoredRun, "counts" | "allowed" | "aside" | "depth"> {
  depth?: number | undefined;
  ended?: RunState | undefined;
}

const FAILED: ReadonlySet<TaskState> = new Set(["failed", "upstream_failed", "expired", "cancelled"]);

export class Ledger {
  readonly tasks = new Map<number, TaskRow>();
  readonly runs = new Map<number, RunRow>();
  readonly workflows = new Set<string>();

  take(events: readonly Event[], at: number): void {
    for (const event of events) this.#take(event, at);
  }

  #take(event: Event, at: number): void {
    if ("run" in event && event.type.startsWith("Run")) return this.#takeRun(event);
    switch (event.type) {
      case "TaskSubmitted": {
        const row = { definition: definitionOf(event), state: event.state, attempt: 0, tries: 0, losses: 0, dueAt: 0 };
        this.tasks.set(event.task, {
          ...row,
          readyAt: at,
          endedAt: at,
          cacheKey: event.cacheKey,
          reason: event.reason,
        });
        this.tasks.get(event.task)!.dueAt = event.dueAt ?? 0;
        return;
      }
      case "TaskReopened": {
        const { holds, attempt, state } = event;
        const { tries, losses } = { tries: 0, losses: 0 };
        const row: TaskRow = {
          definition: definitionOf(event),
          state,
          attempt,
          tries,
          losses,
          dueAt: 0,
          readyAt: at,
          endedAt: at,
        };
        if (holds !== undefined) Object.assign(row, { total: holds.total, made: holds.made, startedAt: at });
        this.tasks.set(event.task, row);
        return;
      }
      case "WorkflowSet":
        this.workflows.add(event.workflow);
        return;
      case "WorkflowRemoved":
        this.workflows.delete(event.workflow);
        return;
      default:
    }
    if (!("task" in event)) return;
    const row = this.tasks.get(event.task)!;
    switch (event.type) {
      case "TaskReady":
        Object.assign(row, { state: "queued", readyAt: at, dueAt: 0 });
        return;
      case "TaskScheduled":
        Object.assign(row, { state: "scheduled", dueAt: event.dueAt });
        return;
      case "TaskPutOff":
        row.dueAt = event.dueAt;
        return;
      case "AttemptStarted":
        Object.assign(row, { state: "running", attempt: event.attempt, worker: event.worker, startedAt: at, dueAt: 0 });
        return;
      case "AttemptEnded":
        Object.assign(row, { state: event.next, dueAt: event.dueAt ?? 0, endedAt: at, reason: event.reason });
        Object.assign(row, { worker: undefined, startedAt: undefined, cancel: undefined, allowed: event.allowed });
        row.result = event.result;
        if (event.counted) row.tries++;
        if (event.outcome === "lost") row.losses++;
        return;
      case "TaskEnded":
        Object.assign(row, { state: event.state, endedAt: at, reason: event.reason, allowed: event.allowed });
        Object.assign(row, { cancel: undefined, dueAt: 0, result: event.result });
        return;
      case "CancelRequested":
        row.cancel = event.reason;
        return;
      case "TaskPrepared": {
        row.prepared = true;
        const { asks } = row.definition;
        if (event.cacheHash !== undefined && asks?.cache !== undefined) {
          row.definition = { ...row.definition, asks: { ...asks, cache: { ...asks.cache, hash: event.cacheHash } } };
        }
        return;
      }
      case "TaskOpened":
        Object.assign(row, { state: "running", startedAt: at, total: event.total, made: 0, asked: undefined });
        return;
      case "TaskExpanded":
        row.made = event.made;
        return;
      case "ApprovalAsked":
        row.asked = { until: event.until };
        return;
      case "TaskApproved":
        Object.assign(row, { approved: true, asked: undefined });
        return;
      case "CacheKeyed":
        row.cacheKey = event.key;
        return;
      case "TaskMoved":
        row.definition = { ...row.definition, arm: event.arm, priority: event.priority };
        return;
      default:
    }
  }

  #takeRun(event: Event): void {
    if (event.type === "RunCreated") {
      this.runs.set(event.run, runRowOf(event));
      return;
    }
    if (!("run" in event) || event.run === undefined) return;
    const run = this.runs.get(event.run)!;
    switch (event.type) {
      case "RunStarted":
        run.started = true;
        return;
      case "RunCancelRequested":
        run.cancelled = true;
        return;
      case "RunTimedOut":
        run.timedOut = true;
        return;
      case "RunPlanned":
        run.planned = { state: event.state, result: event.result };
        return;
      case "RunTurned":
        Object.assign(run, { phase: event.phase, outcome: event.state });
        return;
      case "RunSealed":
        run.sealed = true;
        return;
      case "RunPaused":
        run.paused = event.paused;
        return;
      case "RunAdmitted":
        run.admitted = true;
        return;
      case "RunEnded":
        run.ended = event.state;
        return;
      case "RunReopened": {
        const fresh = {
          started: true,
          cancelled: false,
          timedOut: undefined,
          deadlineAt: undefined,
          planned: undefined,
        };
        const admitted = run.ended === undefined ? run.admitted : run.group === undefined;
        const paused = run.ended === undefined ? run.paused : false;
        Object.assign(run, fresh, { phase: undefined, outcome: undefined, ended: undefined, admitted, paused });
        return;
      }
      case "RunDropped":
        this.runs.delete(event.run);
        for (const [seq, { definition }] of this.tasks) if (definition.run === event.run) this.tasks.delete(seq);
        return;
      default:
    }
  }

  /** The task as a retry is handed it. */
  ended(seq: number): EndedTask {
    const { definition, state, attempt, allowed, total } = this.tasks.get(seq)!;
    const members = definition.kind === "each" && total !== undefined ? this.#members(seq) : undefined;
    return { task: seq, definition, state, attempt, allowed, total, members, ...this.#needs(definition) };
  }

  endedRun(seq: number): EndedRun {
    const { run, workflow, planner, origin, parent, depth, group, maxParallel, outputs, ended } = this.runs.get(seq)!;
    const more = { planner, origin, parent, depth, group, maxParallel, outputs };
    return { run, workflow, state: ended!, ...more, ...this.#counts(seq) };
  }

  /** What `loadState` would be handed; totals that the engine hands to the store are taken from `state`. */
  stored(state: State): StoredState {
    const live = [...this.tasks].filter(([, row]) => !isEnded(row.state));
    const { lastTask, lastRun, counts, runCounts, arms } = state;
    return {
      ...{ lastTask, lastRun, counts, runCounts, lastDue: 0, lastBulk: 0, quotas: [], uniques: [], schedules: [] },
      arms: [...arms.values()].map(({ name, settings, processed, failed, lastRunAt }) => {
        return { name, settings, processed, failed, lastRunAt };
      }),
      ...{ ticks: [], dues: [], meters: [], workflows: [...this.workflows], drained: [...state.drained] },
      plugins: [],
      access: { cluster: "", tokens: [], keys: [] },
      runs: [...this.runs.values()]
        .filter(({ ended }) => ended === undefined)
        .map((run) => ({ ...run, depth: run.depth ?? 0, firstTask: this.#firstOf(run.run), ...this.#counts(run.run) })),
      tasks: live.map(([task, row]): StoredTask => {
        const { definition, state: has, attempt, tries, losses, dueAt, readyAt } = row;
        const { worker, startedAt, cancel, cacheKey, prepared, approved, total, asked } = row;
        const stored = { task, definition, state: has, attempt, tries, losses, dueAt, readyAt };
        const more = { worker, startedAt, cancel, cacheKey, prepared, approved, total, asked };
        const members = total === undefined || definition.kind !== "each" ? undefined : this.#members(task);
        return { ...stored, ...more, members, ...this.#needs(definition) };
      }),
    };
  }

  #firstOf(run: number): number | undefined {
    return [...this.tasks].find(([, { definition }]) => definition.run === run)?.[0];
  }

  #members(seq: number): Members {
    const { made = 0 } = this.tasks.get(seq)!;
    const all = [...this.tasks].filter(([, { definition }]) => definition.inside === seq);
    const rows = all
      .sort(([a], [b]) => a - b)
      .slice(0, made)
      .map(([, row]) => row);
    const failed = rows.filter(({ state, allowed }) => FAILED.has(state) && allowed !== true);
    const names = failed.slice(0, 3).map(({ definition }) => definition.name ?? "");
    return { made, failed: failed.length, allowed: rows.filter(({ allowed }) => allowed === true).length, names };
  }

  #needs({ needs = [], node, of }: TaskDefinition): { tally?: Tally; ofEnded?: Undone } {
    const undone = of === undefined ? undefined : this.tasks.get(of);
    const ofEnded =
      undone !== undefined && isEnded(undone.state) ? { state: undone.state, at: undone.endedAt } : undefined;
    if (node?.trigger === undefined) return ofEnded === undefined ? {} : { ofEnded };
    const tally = { passed: 0, succeeded: 0, failed: 0, skipped: 0 };
    for (const seq of needs) {
      const { state, allowed, definition } = this.tasks.get(seq)!;
      if (!isEnded(state)) continue;
      if (state === "succeeded") tally.succeeded++;
      if (FAILED.has(state)) tally.failed++;
      const mayBeSkipped = state === "skipped" && definition.node?.allowSkip === true;
      if (state === "succeeded" || mayBeSkipped || (FAILED.has(state) && allowed === true)) tally.passed++;
      else if (state === "skipped") tally.skipped++;
    }
    return ofEnded === undefined ? { tally } : { tally, ofEnded };
  }

  #counts(run: number): Pick<StoredRun, "counts" | "aside" | "allowed"> {
    const counts: Partial<Record<TaskState, number>> = {};
    const aside: Partial<Record<TaskState, number>> = {};
    let allowed = 0;
    for (const { definition, state, allowed: hasLeave } of this.tasks.values()) {
      if (definition.run !== run) continue;
      counts[state] = (counts[state] ?? 0) + 1;
      if (!isEnded(state)) continue;
      const isAside = definition.inside !== undefined || definition.node?.role !== undefined;
      if (isAside || (state === "failed" && hasLeave === true)) aside[state] = (aside[state] ?? 0) + 1;
      if (!isAside && hasLeave === true) allowed++;
    }
    return { counts, aside, allowed };
  }
}

function definitionOf(event: TaskDefinition): TaskDefinition {
  const { key, hash, run, name, taskType, kind, handler, worker, arm, priority, policy, expiresAt } = event;
  const { needs, asks, node, inside, of, rank } = event;
  const first = { key, hash, run, name, taskType, kind, handler, worker, arm, priority, policy, expiresAt };
  return { ...first, needs, asks, node, inside, of, rank };
}

function runRowOf(event: RunCreated): RunRow {
  const { run, workflow, deadlineAt, planner, origin, parent, depth, group, maxParallel, outputs, open } = event;
  const fields = { run, workflow, deadlineAt, planner, origin, parent, depth, group, maxParallel, outputs };
  return {
    ...fields,
    started: false,
    cancelled: false,
    sealed: open !== true,
    paused: false,
    admitted: group === undefined,
  };
}
