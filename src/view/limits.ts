/** Arms, quotas and those who hold their slots, as rows of tables. */
import { formatDuration } from "../base/duration.ts";
import type { ArmDetail, ArmView, QuotaView } from "../protocol/views.ts";
import type { Column } from "./table.ts";
import { elapsed, relative } from "./time.ts";

const BAR = 6;

/** `███░░░`: any part that is used shows. */
function gauge(share: number): string {
  const full = Math.min(BAR, Math.ceil(share * BAR));
  return "█".repeat(full) + "░".repeat(BAR - full);
}

/** `███░░░ 3/6`; no gauge where there is no limit. */
export function bar(used: number, limit: number | undefined): string {
  return limit === undefined ? String(used) : `${gauge(limit === 0 ? 1 : used / limit)} ${used}/${limit}`;
}

/** `10/1m`, with the burst where that is another number. */
export function rateText(rate: { limit: number; perMs: number; burst?: number }): string {
  const burst = rate.burst === undefined || rate.burst === rate.limit ? "" : `:${rate.burst}`;
  return `${rate.limit}/${spanText(rate.perMs)}${burst}`;
}

/** A duration without parts that are nothing: `1m`, not `1m00s`. */
export function spanText(ms: number): string {
  return formatDuration(ms).replace(/([a-z])00?[a-z]$/, "$1");
}

export function armStateOf(arm: ArmView): string {
  if (!arm.enabled) return arm.draining ? "paused, draining" : "paused";
  return arm.draining ? "draining" : "on";
}

/** The rules of an arm beyond its slots, in few words. */
export function rulesOf(arm: ArmView): string {
  return [
    arm.weight === 1 ? "" : `weight ${arm.weight}`,
    arm.rate === undefined ? "" : rateText(arm.rate),
    arm.maxQueued === undefined ? "" : `queue ≤ ${arm.maxQueued}`,
    arm.agingMs === 0 ? "" : `aging ${spanText(arm.agingMs)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

export function armColumns(now: number): Column<ArmView>[] {
  return [
    { title: "ARM", cell: (arm) => arm.name, max: 20 },
    { title: "STATE", cell: armStateOf, colour: (arm) => (armStateOf(arm) === "on" ? undefined : "yellow") },
    { title: "SLOTS", cell: (arm) => bar(arm.active, arm.maxParallel) },
    { title: "QUEUED", cell: (arm) => String(arm.queued), side: "right" },
    { title: "WAITING", cell: (arm) => (arm.waiting === 0 ? "" : String(arm.waiting)), side: "right" },
    { title: "DONE", cell: (arm) => String(arm.processed), side: "right" },
    { title: "FAILED", cell: (arm) => String(arm.failed), side: "right" },
    { title: "LAST RUN", cell: (arm) => relative(arm.lastRunAt, now) },
    { title: "RULES", cell: rulesOf, max: 40 },
  ];
}

export function holderColumns(now: number): Column<ArmDetail["holders"][number]>[] {
  return [
    { title: "HELD BY", cell: ({ id }) => id, max: 40 },
    { title: "TYPE", cell: ({ type }) => type, max: 20 },
    { title: "TRY", cell: ({ attempt }) => String(attempt), side: "right" },
    { title: "WORKER", cell: ({ worker }) => worker, max: 20 },
    { title: "FOR", cell: ({ startedAt }) => elapsed(startedAt, undefined, now), side: "right" },
  ];
}

export function quotaColumns(now: number): Column<QuotaView>[] {
  return [
    { title: "OWNER", cell: ({ owner }) => owner, max: 24 },
    { title: "AT ONCE", cell: (quota) => bar(quota.active, quota.concurrent) },
    {
      title: "TASKS",
      cell: ({ tasks, tasksUsed = 0 }) =>
        tasks === undefined ? "" : `${bar(tasksUsed, tasks.limit)} per ${spanText(tasks.perMs)}`,
    },
    {
      title: "CPU",
      cell: ({ cpu, cpuUsedMs = 0 }) =>
        cpu === undefined
          ? ""
          : `${gauge(cpuUsedMs / cpu.limitMs)} ${spanText(cpuUsedMs)}/${spanText(cpu.limitMs)} per ${spanText(cpu.perMs)}`,
    },
    {
      title: "NEW WINDOW",
      cell: ({ tasksResetAt, cpuResetAt }) =>
        relative([tasksResetAt, cpuResetAt].filter((at) => at !== undefined).toSorted()[0], now),
    },
  ];
}
