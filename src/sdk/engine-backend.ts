/** The backend on an engine in this process: reads what people write by the schemas of the protocol, and asks the engine. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { BulkSpec, EngineApi } from "../engine/api.ts";
import { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
import { BulkSubmission } from "../protocol/bulk.ts";
import { parse } from "../protocol/parse.ts";
import { PipelineSubmission } from "../protocol/pipeline.ts";
import { ScheduleSubmission } from "../protocol/schedule.ts";
import { parseTask } from "../protocol/task-fast.ts";
import { RunRetry, RunSubmission, TaskMark, Verdict, WorkflowSubmission } from "../protocol/workflow.ts";
import { compilePipeline } from "../workflow/pipeline-compile.ts";
import type { Backend } from "./backend.ts";

export function createEngineBackend(engine: EngineApi): Backend {
  return { ...tasksOf(engine), ...runsOf(engine), ...limitsOf(engine), ...schedulesOf(engine), ...bulksOf(engine) };
}

type Part<K extends keyof Backend> = Pick<Backend, K>;
type Limits = "arms" | "arm" | "configureArm" | "removeArm" | "quotas" | "setQuota" | "removeQuota";
type Runs =
  | Extract<keyof Backend, `${string}Run` | `${string}Workflow` | "run" | "runs" | "workflow" | "workflows">
  | "submitPipeline";
type Bulks = "countTasks" | "startBulk" | "bulk" | "bulks" | "cancelBulk" | "artifacts" | "readArtifact";
type Calendars = "calendars" | "setCalendar" | "removeCalendar" | "ticks" | "nextTicks";
type Schedules = Calendars | Extract<keyof Backend, `${string}Schedule` | "schedule" | "schedules">;

function tasksOf(engine: EngineApi): Part<Exclude<keyof Backend, Runs | Limits | Bulks | Schedules>> {
  return {
    async submit(task) {
      const [accepted] = await engine.submit([parseTask(task)]);
      return accepted!;
    },
    async submitMany(tasks) {
      const accepted = await engine.submit(tasks.map((task, i) => parseTask(task, `tasks[${i}]`)));
      return accepted.map(({ id }) => id);
    },
    task: async (id) => found(engine.task(id), "task", id),
    tasks: async (filter) => engine.tasks(filter),
    waitTask: async (id, timeoutMs) => found(await engine.waitTask(id, timeoutMs), "task", id),
    async result(id) {
      const text = engine.resultText(id);
      return text === undefined ? undefined : (JSON.parse(text) as Json);
    },
    cancelTask: (id, reason) => engine.cancelTask(id, reason),
    retryTask: (id, change) => engine.retryTask(id, change),
    dismissTask: (id) => engine.dismissTask(id),
    approveTask: (id, approve, verdict) => engine.approveTask(id, approve, parse(Verdict, verdict)),
    markTask: (id, mark) => engine.markTask(id, parse(TaskMark, mark)),
  };
}

function runsOf(engine: EngineApi): Part<Runs> {
  return {
    async submitRun(submission) {
      const run = await engine.compileRun(parse(RunSubmission, submission));
      const { warnings = [] } = run;
      return { ...(await engine.submitRun(run)), ...(warnings.length > 0 && { warnings }) };
    },
    submitPipeline: async (pipeline) =>
      engine.submitRun(
        compilePipeline(parse(PipelineSubmission, pipeline), {
          now: Date.now(),
          arms: engine.arms().map(({ name }) => name),
        }),
      ),
    waitRun: async (id, timeoutMs) => found(await engine.waitRun(id, timeoutMs), "run", id),
    run: async (id) => found(engine.run(id), "run", id),
    runs: async (filter) => engine.runs(filter),
    cancelRun: (id, reason) => engine.cancelRun(id, reason),
    pauseRun: (id, paused, reason) => engine.pauseRun(id, paused, reason),
    retryRun: (id, retry) => engine.retryRun(id, parse(RunRetry, retry)),
    explainRun: async (id) => found(engine.explainRun(id), "run", id),
    setWorkflow: (workflow) => engine.setWorkflow(parse(WorkflowSubmission, workflow)),
    removeWorkflow: (name) => engine.removeWorkflow(name),
    workflow: async (name) => found(engine.workflow(name), "registered workflow", name),
    workflows: async () => engine.workflows(),
  };
}

function limitsOf(engine: EngineApi): Part<Limits> {
  return {
    arms: async () => engine.arms(),
    arm: async (name) => found(engine.arm(name), "arm", name),
    configureArm: async (name, change) => engine.configureArm(name, parse(ArmSubmission, change)),
    removeArm: (name) => engine.removeArm(name),
    quotas: async () => engine.quotas(),
    setQuota: async (owner, quota) => engine.setQuota(owner, parse(QuotaSubmission, quota)),
    removeQuota: (owner) => engine.removeQuota(owner),
  };
}

function schedulesOf(engine: EngineApi): Part<Schedules> {
  return {
    setSchedule: async (schedule) => engine.setSchedule(parse(ScheduleSubmission, schedule)),
    previewSchedule: async (schedule, count) => engine.previewSchedule(parse(ScheduleSubmission, schedule), count),
    removeSchedule: (name) => engine.removeSchedule(name),
    pauseSchedule: (name, paused) => engine.pauseSchedule(name, paused),
    triggerSchedule: (name) => engine.triggerSchedule(name),
    backfillSchedule: (name, from, to, preview) => engine.backfillSchedule(name, from, to, { preview }),
    schedule: async (name) => found(engine.schedule(name), "schedule", name),
    schedules: async () => engine.schedules(),
    nextTicks: async (name, count, after) => found(engine.nextTicks(name, count, after), "schedule", name),
    ticks: async (name, options) => engine.ticks(name, options),
    calendars: async () => engine.calendars(),
    setCalendar: (name, days) => engine.setCalendar(name, days),
    removeCalendar: (name) => engine.removeCalendar(name),
  };
}

function bulksOf(engine: EngineApi): Part<Bulks> {
  return {
    countTasks: async ({ ids, ...filter }) =>
      // Every action counts the same; this one needs nothing else.
      engine.countTasks(bulkOf({ action: "cancel", ...(ids === undefined ? { filter } : { ids }) }).filter),
    startBulk: async (action) => engine.startBulk(bulkOf(action)),
    bulk: async (id) => found(engine.bulk(id), "bulk action", id),
    bulks: async () => engine.bulks(),
    cancelBulk: (id) => engine.cancelBulk(id),
    artifacts: async (id, attempt) => found(engine.artifacts(id, attempt), "task", id),
    async readArtifact(id, path, attempt) {
      const file = engine.readArtifact(id, path, attempt);
      if (file === undefined)
        throw new OctopusError("not_found", `task ${id} has left no file ${JSON.stringify(path)}`);
      return file.chunks;
    },
  };
}

/** Whether a key is absent or undefined means the same to whoever reads a filter. */
function bulkOf(action: Omit<BulkSubmission, "preview">): BulkSpec {
  const { preview: _, ...spec } = parse(BulkSubmission, action);
  return spec as BulkSpec;
}

function found<T>(value: T | undefined, what: string, name: string): T {
  if (value === undefined) throw new OctopusError("not_found", `there is no ${what} ${JSON.stringify(name)}`);
  return value;
}
