/** Tasks of that system: made, looked at, changed, deleted. */
import { z } from "@hono/zod-openapi";
import type { IncomingMessage } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import { isEnded } from "../../base/words.ts";
import type { Principal } from "../../protocol/access.ts";
import { JsonValue } from "../../protocol/json.ts";
import { parse, suggestKeys } from "../../protocol/parse.ts";
import { ScheduleSubmission } from "../../protocol/schedule.ts";
import type { ScheduleView } from "../../protocol/schedule-views.ts";
import { parseTask } from "../../protocol/task-fast.ts";
import { checkTask, checkTasks } from "../access/arms.ts";
import { aboutOneTask } from "../one-task.ts";
import { addRoute, type App, json } from "../route.ts";
import { wholeNumber } from "../routes/queries.ts";
import { noTask } from "../routes/tasks.ts";
import type { ServerScope } from "../scope.ts";
import { executionsOf, LIMIT, LIMIT_MAX, newest } from "./lists.ts";
import { checkFields, ClassicTask, type Made, madeOf } from "./submission.ts";
import { ClassicTaskView, ExecutionView, scheduleView, taskView } from "./views.ts";

const tag = "classic";
const TASK_BYTES_MAX = 1024 * 1024;
/** How long a deletion waits for a task that runs to be stopped. */
const STOP_MS = 10_000;

const OneTask = ClassicTaskView.extend({ executions: z.array(ExecutionView) }).meta({ id: "ClassicTaskDetail" });
/** What is a field and what is not is said first, with the names of all that there are. */
const Whole = z.preprocess(checked, ClassicTask);
/** A change need not say all: it is read once what it leaves out is known. */
const Fields = z.record(z.string(), JsonValue, { error: "must be a JSON object" });

suggestKeys(Object.keys(ClassicTask.shape));

export function addClassicTasks(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addChanges(app, scope);
  addRemoval(app, scope);
}

function addReads(app: App, scope: ServerScope): void {
  addRoute(
    app,
    {
      ...{ method: "get", path: "/tasks", isAtRoot: true, tag },
      summary: "List tasks that call plugins: what comes again and again, then the newest others",
      query: z.strictObject({ limit: wholeNumber(1, LIMIT_MAX).optional(), plugin: z.string().min(1).optional() }),
      answer: { status: 200, schema: z.array(ClassicTaskView), description: "The newest of them" },
    },
    ({ query: { limit = LIMIT, plugin } }) => {
      const isWanted = (view: ClassicTaskView | undefined): boolean =>
        view !== undefined && (plugin === undefined || view.plugin.split("@", 1)[0] === plugin);
      const again = scope.options.engine.schedules().map(scheduleView).filter(isWanted);
      const once = newest(scope, limit, (task) => {
        const view = task.inside === undefined ? taskView(task) : undefined;
        return isWanted(view) ? view : undefined;
      });
      return json([...again, ...once].slice(0, limit));
    },
  );
  addRoute(
    app,
    {
      ...{ method: "get", path: "/tasks/{id}", isAtRoot: true, tag },
      summary: "Show a task with its executions",
      answer: { status: 200, schema: OneTask, description: "The task" },
      errors: ["not_found"],
    },
    ({ id }) => json(viewOf(scope, id)),
  );
}

function viewOf(scope: ServerScope, id: string): z.infer<typeof OneTask> {
  const { engine } = scope.options;
  const schedule = engine.schedule(id);
  const again = schedule && scheduleView(schedule);
  if (again !== undefined) {
    const made = engine.tasks({ schedule: id, limit: LIMIT }).items;
    return { ...again, executions: made.flatMap((task) => executionsOf(scope, task.id)) };
  }
  const task = engine.task(id);
  const view = task && taskView(task);
  if (view === undefined) throw noTask(id);
  return { ...view, executions: executionsOf(scope, id) };
}

interface Asker {
  principal: Principal;
  request: IncomingMessage;
}

function addChanges(app: App, scope: ServerScope): void {
  const errors = ["conflict", "queue_full", "storage_full", "storage_failed"] as const;
  const how = { isAtRoot: true, role: "submitter", arms: "own", tag, bodyBytes: TASK_BYTES_MAX } as const;
  addRoute(
    app,
    {
      ...{ method: "post", path: "/tasks", ...how, body: Whole },
      summary: "Make a task: once, at a time, or again and again",
      description:
        "What comes again and again (Interval, or Scheduled with cron) is a schedule, and needs the role operator.",
      answer: { status: 201, schema: ClassicTaskView, description: "The task" },
      errors,
    },
    async ({ body, principal, request }) => {
      const id = await make(scope, madeOf(body), { principal, request });
      const { executions: _, ...view } = viewOf(scope, id);
      return json(view, 201, { location: `${scope.prefix}/tasks/${encodeURIComponent(id)}` });
    },
  );
  addRoute(
    app,
    {
      ...{ method: "put", path: "/tasks/{id}", ...how, body: Fields },
      summary: "Change a task that has not ended",
      description:
        "Fields that are left out stay as they are. A task is cancelled, and another one takes its place in the same " +
        "moment: the answer has its id. What comes again and again keeps its id.",
      answer: { status: 200, schema: ClassicTaskView, description: "The task as it is now" },
      errors: [...errors, "not_found"],
    },
    async ({ id, body, principal, request }) => {
      const { executions: _, ...view } = viewOf(scope, await change(scope, id, body, { principal, request }));
      return json(view);
    },
  );
}

function checked(body: unknown): unknown {
  checkFields(body);
  return body;
}

/** Answers its id. */
async function make(scope: ServerScope, made: Made, { principal, request }: Asker): Promise<string> {
  const { engine } = scope.options;
  if ("schedule" in made) {
    const { name } = made.schedule;
    if (engine.schedule(name) === undefined) return set(scope, made.schedule, { principal, request });
    throw new OctopusError("conflict", `there is a task or schedule ${name} already; PUT /tasks/${name} changes it`);
  }
  try {
    const spec = parseTask(made.task);
    if (principal.arms !== undefined) checkTasks(scope, principal, [spec], request);
    const [accepted] = await engine.submit([spec], principal);
    return accepted!.id;
  } catch (error) {
    throw inTheirWords(aboutOneTask(error));
  }
}

async function set(scope: ServerScope, schedule: ScheduleSubmission, { principal, request }: Asker): Promise<string> {
  scope.guard.check(principal, "operator", request);
  if (principal.arms !== undefined)
    throw scope.guard.outside(principal, request, "a token that is for certain arms may make no schedules");
  try {
    return (await scope.options.engine.setSchedule(parse(ScheduleSubmission, schedule), principal)).name;
  } catch (error) {
    throw inTheirWords(error);
  }
}

/** What a schedule says for which there are no words here: it stays. */
function restOf(schedule: ScheduleView): Partial<ScheduleSubmission> {
  const { description, zone, overlap, catchUp, calendars, exclude, blackouts, jitterMs, paused, endAt } = schedule;
  return {
    ...{ zone, overlap, calendars, exclude, paused, jitter: jitterMs },
    catchUp: { policy: catchUp.policy, window: catchUp.windowMs, max: catchUp.max },
    blackouts: blackouts,
    ...(description !== undefined && { description }),
    ...(endAt !== undefined && { end: endAt }),
  };
}

/** Fields by the names that they have here. */
function inTheirWords(error: unknown): unknown {
  if (!(error instanceof OctopusError)) return error;
  const words = (text: string): string =>
    text
      .replace(/\b(task\.)?plugin\.(name|action|args|kwargs)\b/g, (_, _task, field: string) =>
        field === "name" ? "plugin" : field,
      )
      .replace(/^(task\.)?worker\b/, "owner")
      .replace(/^every\b/, "interval")
      .replace(/^start\b/, "execution_start_time")
      .replace(/^end\b/, "execution_end_time");
  const issues = error.issues.map(({ path, message }) => ({ path: words(path), message }));
  const { code, retryable, cause } = error;
  return new OctopusError(code, words(error.message), { retryable, cause, issues });
}

/** Answers the id that it has then. */
async function change(scope: ServerScope, id: string, body: Record<string, unknown>, asker: Asker): Promise<string> {
  const { engine } = scope.options;
  checkFields(body);
  const before = viewOf(scope, id);
  const task = parse(ClassicTask, { ...fieldsOf(before), ...body });
  if (engine.schedule(id) !== undefined) {
    const made = madeOf({ ...task, name: id });
    if (!("schedule" in made)) throw kindChange(id, "comes again and again", "happens once");
    return set(scope, { ...restOf(scope.options.engine.schedule(id)!), ...made.schedule }, asker);
  }
  const now = engine.task(id)!;
  checkTask(scope, asker.principal, id, asker.request);
  if (isEnded(now.state))
    throw new OctopusError(
      "conflict",
      `the task ${id} has ended already: it is ${before.status}; POST /tasks makes another`,
    );
  const key = now.uniqueKey?.key;
  if (key === undefined)
    throw new OctopusError("conflict", `the task ${id} was not made by POST /tasks: cancel it, and make another one`);
  const made = madeOf(task, key);
  if ("schedule" in made) throw kindChange(id, "happens once", "comes again and again");
  return make(scope, made, asker);
}

function kindChange(id: string, is: string, wish: string): OctopusError {
  return new OctopusError(
    "conflict",
    `the task ${id} ${is}, and cannot become one that ${wish}: delete it, and make another one`,
  );
}

/** A view as it would be submitted. */
function fieldsOf(view: ClassicTaskView): Record<string, unknown> {
  const { name, owner, plugin, action, args, kwargs, type, execution_start_time, cron, interval } = view;
  const all = { name, owner, plugin, action, args, kwargs, type, execution_start_time, cron, interval };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function addRemoval(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      ...{ method: "delete", path: "/tasks/{id}", isAtRoot: true, role: "submitter", arms: "own", tag },
      summary: "Delete a task; one that has not ended is cancelled first",
      answer: { status: 204, description: "It is gone" },
      otherwise: { status: 202, schema: ClassicTaskView, description: "It is being stopped; delete it again later" },
      errors: ["not_found", "conflict"],
    },
    async ({ id, principal, request }) => {
      const gone = new Response(null, { status: 204 });
      viewOf(scope, id);
      if (engine.schedule(id) !== undefined) {
        scope.guard.check(principal, "operator", request);
        await engine.removeSchedule(id);
        return gone;
      }
      checkTask(scope, principal, id, request);
      const { state } = engine.task(id)!;
      if (!isEnded(state)) await engine.cancelTask(id, "deleted by DELETE /tasks");
      const task = (await engine.waitTask(id, STOP_MS, scope.closing))!;
      if (!isEnded(task.state)) return json(taskView(task), 202);
      await engine.deleteTask(id);
      return gone;
    },
  );
}
