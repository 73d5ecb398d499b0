/** What is shown of arms and of owners' quotas: both live in memory alone. */
import type { Quota } from "../core/asks.ts";
import { holders } from "../core/explain.ts";
import type { Arm } from "../core/lane.ts";
import { usedOf } from "../core/limits/meter.ts";
import type { State } from "../core/state.ts";
import { type Task, taskId } from "../core/task.ts";
import type { ArmDetail, ArmView, QuotaView } from "../protocol/views.ts";

/** Holders of an arm's slots that are shown. */
const HOLDERS_MAX = 1000;

export function armView(arm: Arm): ArmView {
  const { name, settings, active, queued, live, processed, failed, lastRunAt } = arm;
  const { maxParallel, maxQueued, rate, timeoutMs, retries, handler } = settings;
  return {
    name,
    enabled: settings.enabled,
    draining: settings.draining,
    ...(maxParallel !== undefined && { maxParallel }),
    weight: settings.weight,
    ...(maxQueued !== undefined && { maxQueued }),
    ...(rate !== undefined && { rate: { ...rate } }),
    agingMs: settings.agingMs,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retries !== undefined && { retries }),
    ...(handler !== undefined && { handler }),
    types: [...settings.types],
    active,
    queued,
    waiting: live - active - queued,
    processed,
    failed,
    ...(lastRunAt > 0 && { lastRunAt: iso(lastRunAt) }),
    ...oldestView(arm),
  };
}

function oldestView({ lanes, queued }: Arm): Pick<ArmView, "oldestQueuedAt"> {
  if (queued === 0) return {};
  let since = Infinity;
  for (const lane of lanes) if (lane.queued > 0) since = Math.min(since, lane.oldestSince);
  return since === Infinity ? {} : { oldestQueuedAt: iso(since) };
}

export function armDetail(state: State, arm: Arm): ArmDetail {
  const running = holders(state, (task) => task.lane.arm === arm, HOLDERS_MAX);
  return { ...armView(arm), holders: running.map(holderView) };
}

function holderView(task: Task): ArmDetail["holders"][number] {
  const { worker, startedAt } = task.live!;
  return {
    id: taskId(task),
    type: task.type,
    attempt: task.attempt,
    worker: worker.name,
    startedAt: iso(startedAt),
  };
}

/** For `*`, what runs of all owners without a quota of their own; they have used it each for itself. */
export function quotaView(state: State, owner: string, quota: Quota, now: number): QuotaView {
  const { gates, meters } = state.limits;
  const view: QuotaView = { owner, active: activeOf(state, owner) };
  if (quota.concurrent !== undefined) view.concurrent = quota.concurrent;
  const { tasks, cpu } = quota;
  if (tasks !== undefined) view.tasks = { ...tasks };
  if (cpu !== undefined) view.cpu = { ...cpu };
  if (owner === "*") return view;
  const gate = gates.named("owner", owner);
  if (tasks !== undefined) {
    const meter = gate?.meter ?? meters.named(`owner:tasks:${owner}`);
    view.tasksUsed = usedOf(meter, tasks.perMs, now);
    if (view.tasksUsed > 0) view.tasksResetAt = iso(meter.at + tasks.perMs);
  }
  if (cpu !== undefined) {
    const meter = gate?.cpu ?? meters.named(`owner:cpu:${owner}`);
    view.cpuUsedMs = Math.round(usedOf(meter, cpu.perMs, now));
    if (view.cpuUsedMs > 0) view.cpuResetAt = iso(meter.at + cpu.perMs);
  }
  return view;
}

function activeOf({ limits }: State, owner: string): number {
  const { gates } = limits;
  if (owner !== "*") return gates.named("owner", owner)?.active ?? 0;
  let active = 0;
  for (const gate of gates.owners()) if (!gates.quotas.has(gate.name)) active += gate.active;
  return active;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
