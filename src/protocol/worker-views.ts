/** What the API answers about workers: what they are, what they use, who waits to be let in, how many there should be. */
import { z } from "zod";
import { WORKER_STATES } from "../base/words.ts";

const Time = z.iso.datetime();

export const GpuView = z.object({
  index: z.int(),
  name: z.string(),
  load: z.number().optional(),
  memoryBytes: z.number().optional(),
  memoryUsedBytes: z.number().optional(),
});

/** What the machine under a worker uses. Shares are from 0 to 1. */
export const UsageView = z
  .object({
    cpu: z.number().optional(),
    cores: z.int().optional(),
    load: z.number().optional(),
    memoryBytes: z.number().optional(),
    memoryUsedBytes: z.number().optional(),
    diskBytes: z.number().optional(),
    diskUsedBytes: z.number().optional(),
    gpus: z.array(GpuView).optional(),
  })
  .meta({ id: "Usage" });
export type UsageView = z.infer<typeof UsageView>;

/** An attempt that runs on a worker, and what it used so far. */
export const WorkerAttemptView = z.object({
  id: z.string(),
  attempt: z.int(),
  type: z.string(),
  arm: z.string(),
  startedAt: Time,
  cpuMs: z.number().optional(),
  rssBytes: z.number().optional(),
  units: z.record(z.string(), z.array(z.string())).optional(),
});

export const WorkerView = z
  .object({
    name: z.string(),
    /** `online` < 60 s since the last sign of life, `idle` up to 5 min, `offline` beyond that; `draining` takes no work. */
    state: z.enum(WORKER_STATES),
    /** A person drained it. */
    held: z.boolean().optional(),
    slots: z.int(),
    active: z.int(),
    kinds: z.array(z.string()),
    functions: z.array(z.string()),
    labels: z.record(z.string(), z.string()).optional(),
    arms: z.array(z.string()).optional(),
    host: z.string(),
    address: z.string().optional(),
    pid: z.int(),
    octopus: z.string(),
    /** Version of the worker link that was agreed on. */
    link: z.int().optional(),
    connectedAt: Time.optional(),
    lastSeenAt: Time.optional(),
    /** Since its last sign of life. */
    silentMs: z.int().optional(),
    leftReason: z.string().optional(),
    rssBytes: z.int().optional(),
    load: z.number().optional(),
    usage: UsageView.optional(),
    /** What it offers, and what of that its attempts have taken. */
    resources: z
      .record(z.string(), z.object({ total: z.number(), used: z.number(), units: z.array(z.string()).optional() }))
      .optional(),
  })
  .meta({ id: "Worker" });
export type WorkerView = z.infer<typeof WorkerView>;

export const WorkerDetail = WorkerView.extend({
  attempts: z.array(WorkerAttemptView),
  /** The keys that it may have. The engine knows no digests: who shows them adds their fingerprints. */
  keys: z.array(z.object({ key: z.string(), fingerprint: z.string().optional(), since: Time })),
}).meta({ id: "WorkerDetail" });
export type WorkerDetail = z.infer<typeof WorkerDetail>;

/** What a worker used over time: columns, so that a chart takes them as they are. `null` where nothing is known. */
export const UsageHistory = z
  .object({
    worker: z.string(),
    /** Milliseconds between two points. */
    stepMs: z.int(),
    /** Epoch milliseconds of the first point. */
    from: z.int(),
    cpu: z.array(z.number().nullable()),
    memory: z.array(z.number().nullable()),
    load: z.array(z.number().nullable()),
    disk: z.array(z.number().nullable()),
    gpu: z.array(z.number().nullable()),
    active: z.array(z.number().nullable()),
  })
  .meta({ id: "UsageHistory" });
export type UsageHistory = z.infer<typeof UsageHistory>;

/** A worker without a token that asks to be let in. */
export const WaitingWorkerView = z
  .object({
    name: z.string(),
    /** SHA-256 of its key, as both sides show it. */
    fingerprint: z.string(),
    key: z.string(),
    address: z.string(),
    host: z.string().optional(),
    firstSeenAt: Time,
    lastSeenAt: Time,
    /** The name has another key already. */
    conflict: z.boolean().optional(),
  })
  .meta({ id: "WaitingWorker" });
export type WaitingWorkerView = z.infer<typeof WaitingWorkerView>;

/** How many workers a pool has and should have, and why. */
export const PoolView = z
  .object({
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    /** Connected workers that belong to it. */
    workers: z.int(),
    /** Workers that were started and have not connected yet. */
    starting: z.int(),
    /** Workers that take no new work, and go. */
    draining: z.int(),
    busy: z.int(),
    slots: z.int(),
    min: z.int(),
    max: z.int(),
    desired: z.int(),
    /** Ready tasks that its workers could take, and seconds of work in them by what their like took. */
    backlog: z.int(),
    backlogSeconds: z.number(),
    reason: z.string(),
    lastScaledAt: Time.optional(),
    lastError: z.string().optional(),
  })
  .meta({ id: "Pool" });
export type PoolView = z.infer<typeof PoolView>;
