/**
 * A task as a person submits it. `TaskSubmission` validates and reads it; what comes out is a `TaskSpec` with every short
 * form written out. Where a default depends on the configuration (timeout, retries), the field stays absent here.
 */
import { z } from "zod";
import type { EngineKind, Json, TaskKind } from "../base/words.ts";
import { Cache, ConcurrencyKey, Mutex, RateKey, Resources, UniqueKey } from "./asks.ts";
import { callbackSchemas } from "./callbacks.ts";
import type { CallbackSpec, CallbacksSubmission } from "./callbacks.ts";
import { Duration, Instant, Name, Priority } from "./common.ts";
import { parseHttpLine } from "./http-line.ts";
import { JsonValue } from "./json.ts";
import type { ApprovalWork, EachWork, NodeSpec, WorkflowWork } from "./node.ts";
import { suggestKeys } from "./parse.ts";
import { Retries } from "./retries.ts";
import { callbacksOf, oddCache, oddCallbacks } from "./task-parts.ts";
import { onAllWorkers } from "./all-workers.ts";
import { type CustomWork, ExecutorName } from "./work/custom.ts";
import { DockerWork } from "./work/docker.ts";
import { HttpWork } from "./work/http.ts";
import { parsePluginRef, PluginRef, PluginWork } from "./work/plugin.ts";
import { ShellWork } from "./work/shell.ts";
import { WasmWork } from "./work/wasm.ts";
import { ALL_WORKERS, placed, type Placed, type TargetSpec, TargetSubmission } from "./target.ts";

/** Ids that the server gives. */
export const SERVER_ID_FORM = /^[tr]\d+$/;

/** The id that a person may give: never one that looks like the server's own. */
export const TaskKey = Name.refine((id) => !SERVER_ID_FORM.test(id), {
  error: "must not look like an id that the server gives (t12, r3)",
});

/** How to name a task that exists: the server's `t12`, or the id it was submitted with. */
export const TaskRef = z.string().min(1).max(300);

const plainFields = {
  id: TaskKey.optional(),
  /** For people; a task of a run has its key in the workflow file here. */
  name: z.string().min(1).max(200).optional(),
  /** What it is; default: the function's name for `call`, else the kind. Lists filter by it. */
  type: Name.optional(),
  shell: z
    .union([z.string().min(1, { error: "must not be empty" }), ShellWork], {
      error: "must be a command, or {command, …}",
    })
    .optional(),
  http: z
    .union([z.string().min(1, { error: "must not be empty" }), HttpWork], {
      error: "must be METHOD URL [BODY], or {url, method, …}",
    })
    .optional(),
  call: Name.optional(),
  /** A plugin and its `main`, or a whole call. */
  plugin: z
    .union([PluginRef, PluginWork], { error: "must be the name of a plugin, or {name, action, args, kwargs, …}" })
    .optional(),
  /** An image and its own command, or a whole container. */
  docker: z
    .union([z.string().min(1, { error: "must not be empty" }), DockerWork], {
      error: "must be the name of an image, or {image, command, …}",
    })
    .optional(),
  /** A module without arguments, or a whole call. */
  wasm: z.union([PluginRef, WasmWork], { error: "must be the name of a module, or {module, args, …}" }).optional(),
  /** The executor of that name, which some worker was given. */
  uses: ExecutorName.optional(),
  /** What that executor gets. */
  with: z.record(z.string(), JsonValue, { error: "must be a mapping of names to values" }).optional(),
  /** What the function gets. */
  input: JsonValue.optional(),
  arm: Name.optional(),
  priority: Priority.optional(),
  delay: Duration.optional(),
  runAt: Instant.optional(),
  expiresAt: Instant.optional(),
  timeout: Duration.refine((ms) => ms > 0, { error: "must be longer than nothing" }).optional(),
  retries: Retries.optional(),
  /** What a vanished worker means: try again (at least once), or fail (at most once). */
  onLost: z.enum(["requeue", "fail"]).optional(),
  tags: z.array(Name).max(32).optional(),
  needs: z
    .union([TaskRef.transform((ref) => [ref]), z.array(TaskRef)], {
      error: "must be the id of a task, or a list of ids",
    })
    .optional(),
  /** The only worker that may run it; `ALL` = each that is online and fits, `Anyone` = any. Short for `target: {worker}`. */
  worker: Name.optional(),
  /** Where it may run, and where it would rather run. */
  target: TargetSubmission.optional(),
  /** Whose quota it counts against. */
  owner: Name.optional(),
  /** At most so many with this key run at once, and among the keys of an arm the slots go round. */
  concurrencyKey: ConcurrencyKey.optional(),
  /** At most one with this key. */
  uniqueKey: UniqueKey.optional(),
  mutex: Mutex.optional(),
  rate: RateKey.optional(),
  cache: Cache.optional(),
  /** What it takes of a worker while it runs. */
  resources: Resources.optional(),
};

// A task may hold tasks, so the type of a submission cannot be read off its schema alone.
type PlainSubmission = z.input<z.ZodObject<typeof plainFields>>;

/** One task as a program writes it, before validation. */
export interface TaskSubmission extends PlainSubmission {
  on?: CallbacksSubmission | undefined;
  onFailure?: TaskSubmission | TaskSubmission[] | undefined;
  finally?: TaskSubmission | TaskSubmission[] | undefined;
}

const { Callbacks, Tasks } = callbackSchemas(() => TaskSubmission);

const fields = {
  ...plainFields,
  /** Who is told of what becomes of it. */
  on: Callbacks.optional(),
  /** Run when it failed and no try is left: short for `on: {exhausted: {task}}`. */
  onFailure: Tasks.optional(),
  /** Run when it has ended, however: short for `on: {end: {task}}`. */
  finally: Tasks.optional(),
};

suggestKeys(
  [fields, ShellWork.shape, HttpWork.shape, PluginWork.shape, DockerWork.shape, WasmWork.shape].flatMap(Object.keys),
);

/** What a task does, with the short forms written out. */
export type Work =
  | { kind: "shell"; shell: ShellWork }
  | { kind: "http"; http: HttpWork }
  | { kind: "call"; call: string; input?: Json }
  | { kind: "plugin"; plugin: PluginWork }
  | { kind: "docker"; docker: DockerWork }
  | { kind: "wasm"; wasm: WasmWork }
  | { kind: "custom"; custom: CustomWork }
  // Work of the engine itself; only a workflow brings it.
  | { kind: "each"; each: EachWork }
  | { kind: "workflow"; workflow: WorkflowWork }
  | { kind: "approval"; approval: ApprovalWork };

/** A submission after validation. Times in milliseconds. */
export interface TaskSpec {
  id?: string | undefined;
  name?: string | undefined;
  type: string;
  kind: TaskKind;
  work: Work;
  /** Only its type says what it does: the function of that name, unless its arm has one for all its tasks. */
  byType?: true | undefined;
  arm?: string | undefined;
  priority?: number | undefined;
  delay?: number | undefined;
  runAt?: number | undefined;
  expiresAt?: number | undefined;
  timeout?: number | undefined;
  retries?: Retries | undefined;
  onLost?: "requeue" | "fail" | undefined;
  tags?: string[] | undefined;
  needs?: string[] | undefined;
  worker?: string | undefined;
  target?: TargetSpec | undefined;
  /** Of what an `each` does for each: its target as the file says it, known only with its item. */
  targetLater?: Json | undefined;
  /** Certain units of its resources. */
  units?: Record<string, number[]> | undefined;
  owner?: string | undefined;
  concurrencyKey?: z.output<typeof ConcurrencyKey> | undefined;
  uniqueKey?: UniqueKeyOf | undefined;
  mutex?: string[] | undefined;
  rate?: z.output<typeof RateKey> | undefined;
  cache?: Cache | undefined;
  resources?: Record<string, number> | undefined;
  /** All callbacks, those of `onFailure` and `finally` among them. */
  on?: CallbackSpec[] | undefined;
  /** What it is in its workflow, beyond a task that needs others. */
  node?: NodeSpec | undefined;
}
type UniqueKeyOf = {
  key: string;
  scope: z.output<typeof UniqueKey>["scope"];
  periodMs?: number | undefined;
  policy: z.output<typeof UniqueKey>["policy"];
};

/** A request in its long form, or what is wrong with the short one. */
function readHttp(http: string | HttpWork): HttpWork | string {
  if (typeof http !== "string") return http;
  const read = HttpWork.safeParse(parseHttpLine(http));
  return read.success ? read.data : `must read METHOD URL [BODY]: ${read.error.issues[0]?.message}`;
}

/** Fields that say what a task does; it has one of them. */
export const WORK_FIELDS = ["shell", "http", "call", "plugin", "docker", "wasm", "uses"] as const;

/** One task as submitted. */
export const TaskSubmission: z.ZodType<TaskSpec, TaskSubmission> = z
  .strictObject(fields)
  .transform((task, context): TaskSpec => {
    const spec = specOf(task, context);
    return spec.worker === ALL_WORKERS ? onAllWorkers(spec) : spec;
  })
  .meta({ id: "TaskSubmission" });

/** One task of a workflow; what `ALL` means there is for the compiler to say. */
export const NodeSubmission: z.ZodType<TaskSpec, TaskSubmission> = z.strictObject(fields).transform(specOf);

const INSTEAD_OF_INPUT =
  "belongs to call; a command, a container and a module get env or stdin, an HTTP request a body, a plugin args and kwargs";

type Fields = z.output<z.ZodObject<typeof fields>>;
type WorkField = (typeof WORK_FIELDS)[number] | "with";
type Plain = Omit<
  Fields,
  WorkField | "input" | "onFailure" | "finally" | "on" | keyof Placed | "retries" | "resources"
> &
  Pick<TaskSpec, "retries" | "on" | "byType" | "resources" | "units"> &
  Placed;

function specOf(task: Fields, context: z.RefinementCtx): TaskSpec {
  const { onFailure, finally: last, on: bound, worker, target, resources, ...others } = task;
  const { shell: _, http, call, plugin: _1, docker: _2, wasm: _3, uses, with: given, input, ...plain } = others;
  const rest: Plain = plain;
  const issue = (path: string, message: string): never => {
    context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
    return z.NEVER;
  };
  const named = WORK_FIELDS.filter((field) => task[field] !== undefined);
  if (named.length > 1) return issue("", `must have only one of ${WORK_FIELDS.join(", ")}, not ${named.join(" and ")}`);
  if (given !== undefined && uses === undefined) return issue("with", "belongs to uses, the name of an executor");
  const place = placed(worker, target);
  if (typeof place === "string") return issue("target", place);
  Object.assign(rest, place);
  if (resources !== undefined)
    Object.assign(rest, { resources: resources.amounts }, resources.units && { units: resources.units });
  if (rest.delay !== undefined && rest.runAt !== undefined) return issue("runAt", "must not stand beside delay");
  if (input !== undefined && named.length > 0 && call === undefined) return issue("input", INSTEAD_OF_INPUT);
  const callbacks = callbacksOf(bound, onFailure, last);
  const many = oddCallbacks(callbacks);
  if (many !== undefined) return issue("on", many);
  if (callbacks.length > 0) rest.on = callbacks;
  const odd = rest.cache && oddCache(rest.cache, task, rest.worker === ALL_WORKERS);
  if (odd !== undefined) return issue("cache", odd);
  const work = workOf(task);
  if (typeof work === "string") return issue(http === undefined ? "" : "http", work);
  if (work.kind === "call" && call === undefined) rest.byType = true;
  return spec(rest, work.kind, work, typeOf(work));
}

/** What a task is called that does not say what it is. */
function typeOf(work: Exclude<Work, { kind: EngineKind }>): string {
  if (work.kind === "call") return work.call;
  if (work.kind === "plugin") return parsePluginRef(work.plugin.name).name;
  return work.kind === "custom" ? work.custom.uses : work.kind;
}

/** What it does, or what is wrong with that. */
function workOf(task: Fields): Exclude<Work, { kind: EngineKind }> | string {
  const { shell, http, call, plugin, docker, wasm, uses, with: given = {}, type, input } = task;
  if (shell !== undefined) {
    return { kind: "shell", shell: typeof shell === "string" ? { command: shell } : shell };
  }
  if (http !== undefined) {
    const request = readHttp(http);
    return typeof request === "string" ? request : { kind: "http", http: request };
  }
  if (plugin !== undefined)
    return { kind: "plugin", plugin: typeof plugin === "string" ? { name: plugin, action: "main" } : plugin };
  if (docker !== undefined)
    return { kind: "docker", docker: typeof docker === "string" ? DockerWork.parse({ image: docker }) : docker };
  if (wasm !== undefined) return { kind: "wasm", wasm: typeof wasm === "string" ? { module: wasm } : wasm };
  if (uses !== undefined) return { kind: "custom", custom: { uses, with: given } };
  const name = call ?? type;
  if (name === undefined) return `must say what to do: one of ${WORK_FIELDS.join(", ")} (or a type with a function)`;
  return input === undefined ? { kind: "call", call: name } : { kind: "call", call: name, input };
}

function spec(
  rest: Omit<TaskSpec, "kind" | "work" | "type"> & { type?: string | undefined },
  kind: TaskKind,
  work: Work,
  type: string,
): TaskSpec {
  const out = rest as TaskSpec;
  out.kind = kind;
  out.work = work;
  out.type ??= type;
  return out;
}
