/**
 * Reads the plain shapes of a submission by hand, because a server takes hundreds of thousands a second and Zod needs
 * ten times as long for each. Whatever is not plainly right goes to Zod, which then accepts it or says what is wrong.
 *
 * F1  What `readTask` accepts, `TaskSubmission` accepts, with an equal result (property test).
 * F2  `readTask` refuses nothing: undefined means "ask Zod".
 */
import { parseDuration } from "../base/duration.ts";
import { COUNT_MAX, KEY_MAX, MUTEX_MAX } from "./asks.ts";
import { DURATION_MS_MAX, INSTANT_MS_MAX, NAME_FORM } from "./common.ts";
import { isJson, isPlain } from "./json.ts";
import { parse } from "./parse.ts";
import { SeenFields } from "./seen-fields.ts";
import { isAllWorkers, isAnyWorker } from "./target.ts";
import { SERVER_ID_FORM, TaskSubmission, type TaskSpec } from "./task.ts";

/** The schema's answer for a field that stands alone in a task. */
const seen = new SeenFields((name, field) => {
  const parsed = TaskSubmission.safeParse({ call: "f", [name]: field });
  // Certain units stand beside the resources: the schema has to look at the whole.
  return parsed.success && parsed.data.units === undefined ? parsed.data[name as keyof TaskSpec] : undefined;
});

/** One submission, or throws `invalid` with every problem; `where` begins each path, such as `tasks[3]`. */
export function parseTask(value: unknown, where = ""): TaskSpec {
  return readTask(value) ?? parse(TaskSubmission, value, where);
}

/** The spec of a plainly valid submission; undefined when Zod has to look at it. */
export function readTask(value: unknown): TaskSpec | undefined {
  if (typeof value !== "object" || value === null || !isPlain(value)) return undefined;
  const task = value as Record<string, unknown>;
  const call = task["call"] ?? task["type"];
  const shell = task["shell"];
  let spec: TaskSpec;
  if (shell === undefined) {
    if (!isName(call)) return undefined;
    spec = { type: call, kind: "call", work: { kind: "call", call } };
    if (task["call"] === undefined) spec.byType = true;
  } else {
    if (typeof shell !== "string" || shell === "" || task["call"] !== undefined) return undefined;
    spec = { type: "shell", kind: "shell", work: { kind: "shell", shell: { command: shell } } };
  }
  for (const key in task) if (!readField(spec, key, task[key])) return undefined;
  return isOdd(spec) ? undefined : spec;
}

/** True for fields that do not go together; Zod finds the words. */
function isOdd({ delay, runAt, cache, work }: TaskSpec): boolean {
  if (delay !== undefined && runAt !== undefined) return true;
  return cache !== undefined && !(work.kind === "call" && work.input !== undefined);
}

/** Takes one field over into the spec; false when it is not plainly right. */
function readField(spec: TaskSpec, key: string, field: unknown): boolean {
  switch (key) {
    case "call":
      return isName(field);
    case "shell":
      return field !== undefined;
    case "input":
      if (spec.work.kind !== "call" || !isJson(field)) return false;
      spec.work.input = field;
      return true;
    case "type":
      if (!isName(field)) return false;
      spec.type = field;
      return true;
    case "priority":
      if (!isWhole(field, 10)) return false;
      spec.priority = field;
      return true;
    case "arm":
      if (!isName(field)) return false;
      spec.arm = field;
      return true;
    default:
      return readRareField(spec, key, field);
  }
}

function readRareField(spec: TaskSpec, key: string, field: unknown): boolean {
  switch (key) {
    case "id":
      if (!isName(field) || SERVER_ID_FORM.test(field)) return false;
      spec.id = field;
      return true;
    case "name":
      if (!isText(field, 200)) return false;
      spec.name = field;
      return true;
    case "worker":
      if (!isName(field) || isAllWorkers(field)) return false;
      if (!isAnyWorker(field)) spec.worker = field;
      return true;
    case "delay":
      return (spec.delay = readDuration(field)) !== undefined;
    case "timeout":
      return (spec.timeout = readDuration(field)) !== undefined && spec.timeout > 0;
    case "runAt":
      return (spec.runAt = readInstant(field)) !== undefined;
    case "expiresAt":
      return (spec.expiresAt = readInstant(field)) !== undefined;
    case "retries":
      spec.retries = isWhole(field, 1000) ? { limit: field } : (seen.get(key, field) as TaskSpec["retries"]);
      return spec.retries !== undefined;
    case "onLost":
      if (field !== "requeue" && field !== "fail") return false;
      spec.onLost = field;
      return true;
    case "tags":
      if (!Array.isArray(field) || field.length > 32 || !field.every(isName)) return false;
      spec.tags = field;
      return true;
    case "needs":
      return readNeeds(spec, field);
    default:
      return readAsk(spec, key, field);
  }
}

function readAsk(spec: TaskSpec, key: string, field: unknown): boolean {
  switch (key) {
    case "concurrencyKey":
      return (spec.concurrencyKey = readConcurrencyKey(field)) !== undefined;
    case "uniqueKey":
      if (!isText(field, KEY_MAX)) return false;
      spec.uniqueKey = { key: field, scope: "active", policy: "return" };
      return true;
    case "owner":
      if (!isName(field)) return false;
      spec.owner = field;
      return true;
    case "mutex":
      return readMutex(spec, field);
    case "cache":
      if (field !== true) return false;
      spec.cache = {};
      return true;
    case "rate":
      return (spec.rate = seen.get(key, field) as TaskSpec["rate"]) !== undefined;
    case "resources":
      return (spec.resources = seen.get(key, field) as TaskSpec["resources"]) !== undefined;
    case "on":
      return (spec.on = seen.get(key, field) as TaskSpec["on"]) !== undefined;
    default:
      return false;
  }
}

function readConcurrencyKey(field: unknown): TaskSpec["concurrencyKey"] {
  if (isText(field, KEY_MAX)) return { key: field, limit: 1 };
  if (typeof field !== "object" || field === null || !isPlain(field)) return undefined;
  for (const name in field) if (name !== "key" && name !== "limit") return undefined;
  const { key, limit = 1 } = field as { key?: unknown; limit?: unknown };
  return isText(key, KEY_MAX) && isWhole(limit, COUNT_MAX) && limit > 0 ? { key, limit } : undefined;
}

function readMutex(spec: TaskSpec, field: unknown): boolean {
  if (isText(field, KEY_MAX)) spec.mutex = [field];
  else if (!Array.isArray(field) || field.length === 0 || field.length > MUTEX_MAX) return false;
  else {
    for (let i = 0; i < field.length; i++) if (!isText(field[i], KEY_MAX)) return false;
    spec.mutex = field.length === 1 ? [field[0] as string] : [...new Set(field as string[])].toSorted();
  }
  return true;
}

function readNeeds(spec: TaskSpec, field: unknown): boolean {
  const needs: unknown = typeof field === "string" ? [field] : field;
  if (!Array.isArray(needs)) return false;
  for (let i = 0; i < needs.length; i++) if (!isText(needs[i], 300)) return false;
  spec.needs = needs as string[];
  return true;
}

function readDuration(field: unknown): number | undefined {
  const ms = typeof field === "string" ? parseDuration(field) : field;
  return isWhole(ms, DURATION_MS_MAX) ? ms : undefined;
}

function readInstant(field: unknown): number | undefined {
  return isWhole(field, INSTANT_MS_MAX) ? field : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME_FORM.test(value);
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= lengthMax;
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
