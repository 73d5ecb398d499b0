/** The backend on a server: the client's calls under the names and forms that the engine's have. */
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/client.ts";
import type { Backend } from "./backend.ts";

/** `setTimeout` cannot wait longer; whoever wants to wait for ever gets no limit. */
function limit(timeoutMs: number): { timeoutMs?: number } {
  return timeoutMs === Infinity ? {} : { timeoutMs };
}

export function createClientBackend(client: Client): Backend {
  return {
    submit: (task) => client.submit(task),
    submitMany: (tasks) => client.submitMany(tasks),
    task: (id) => client.task(id),
    tasks: (filter) => client.tasks(filter),
    waitTask: (id, timeoutMs) => client.waitTask(id, limit(timeoutMs)),
    async result(id) {
      try {
        return await client.result(id);
      } catch (error) {
        // A task that has ended without a result has none, which is no failure.
        if (error instanceof OctopusError && error.code === "not_found") return undefined;
        throw error;
      }
    },
    cancelTask: (id, reason) => client.cancelTask(id, reason),
    retryTask: (id, change) => client.retryTask(id, change),
    dismissTask: (id) => client.dismissTask(id),
    approveTask: (id, approve, verdict) => client.approveTask(id, approve, verdict),
    markTask: (id, mark) => client.markTask(id, mark),

    submitRun: (run) => client.submitRun(run),
    submitPipeline: (pipeline) => client.submitPipeline(pipeline),
    run: (id) => client.run(id),
    runs: (filter) => client.runs(filter),
    waitRun: (id, timeoutMs) => client.waitRun(id, limit(timeoutMs)),
    cancelRun: (id, reason) => client.cancelRun(id, reason),
    pauseRun: (id, paused, reason) => client.pauseRun(id, paused, reason),
    retryRun: (id, retry) => client.retryRun(id, retry),
    explainRun: (id) => client.explainRun(id),
    setWorkflow: (workflow) => client.setWorkflow(workflow),
    removeWorkflow: (name) => client.removeWorkflow(name),
    workflow: (name) => client.workflow(name),
    workflows: () => client.workflows(),

    arms: () => client.arms(),
    arm: (name) => client.arm(name),
    configureArm: (name, change) => client.configureArm(name, change),
    removeArm: (name) => client.removeArm(name),
    quotas: () => client.quotas(),
    setQuota: (owner, quota) => client.setQuota(owner, quota),
    removeQuota: (owner) => client.removeQuota(owner),

    setSchedule: (schedule) => client.setSchedule(schedule),
    previewSchedule: (schedule, count) => client.previewSchedule(schedule, count),
    removeSchedule: (name) => client.removeSchedule(name),
    pauseSchedule: (name, paused) => client.pauseSchedule(name, paused),
    triggerSchedule: (name) => client.triggerSchedule(name),
    backfillSchedule: (name, from, to, preview) => client.backfillSchedule(name, from, to, { preview }),
    schedule: (name) => client.schedule(name),
    schedules: () => client.schedules(),
    nextTicks: async (name, count, after) => (await client.nextTicks(name, count, after)).map((at) => Date.parse(at)),
    ticks: (name, options) => client.ticks(name, options),
    calendars: () => client.calendars(),
    setCalendar: (name, days) => client.setCalendar(name, days),
    removeCalendar: (name) => client.removeCalendar(name),

    countTasks: (filter) => client.countTasks(filter),
    startBulk: (action) => client.startBulk(action),
    bulk: (id) => client.bulk(id),
    bulks: () => client.bulks(),
    cancelBulk: (id) => client.cancelBulk(id),
    artifacts: (id, attempt) => client.artifacts(id, attempt),
    readArtifact: async (id, path, attempt) => client.readArtifact(id, path, attempt),
  };
}
