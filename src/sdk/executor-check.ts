/** Reads what a program hands to Octopus Executor: refuses what is wrong at once, and keeps a clean copy of what is right. */
import { type Issue, OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Json } from "../base/words.ts";
import { INSTANT_MS_MAX } from "../protocol/common.ts";
import { show } from "../protocol/parse.ts";
import {
  ARM_OF_TYPE,
  DEFAULT_ARMS,
  type OctopusArmId,
  type OctopusTask,
  type OctopusTaskType,
} from "./executor-types.ts";

const ID_CHARS_MAX = 200;
const PAYLOAD_DEPTH_MAX = 50;
const PAYLOAD_CHARS_MAX = 1024 * 1024;
const TASK_KEYS = ["id", "type", "payload", "createdAt", "priority"];
/** Keys by which a copy of JSON can reach the prototype of every object. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** What a field must be, and the words for one that is not. */
const FIELDS: readonly [keyof OctopusTask, (value: unknown) => boolean, string][] = [
  [
    "id",
    (id) => typeof id === "string" && id !== "" && id.length <= ID_CHARS_MAX,
    `must be text of 1 to ${ID_CHARS_MAX} characters`,
  ],
  ["type", isTaskType, `must be one of ${Object.keys(ARM_OF_TYPE).join(", ")}`],
  [
    "createdAt",
    (at) => typeof at === "number" && at >= 0 && at <= INSTANT_MS_MAX,
    "must be a moment in epoch milliseconds",
  ],
  [
    "priority",
    (share) => share === undefined || (typeof share === "number" && share >= 0 && share <= 1),
    "must be a number from 0 to 1",
  ],
];

/** The task as it is kept: checked, and its payload copied. Throws `invalid` with one issue per problem. */
export function readExecutorTask(given: unknown): OctopusTask {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw refused([{ path: "task", message: `must be an object, not ${show(given)}` }]);
  const issues: Issue[] = [];
  const issue = (path: string, message: string): void => void issues.push({ path, message });
  for (const key of Object.keys(given)) {
    if (TASK_KEYS.includes(key)) continue;
    const near = nearest(key, TASK_KEYS);
    const hint = near === undefined ? `: they are ${TASK_KEYS.join(", ")}` : ` (did you mean ${near}?)`;
    issue(key, `is no field of a task${hint}`);
  }
  // What is not as the type says has an issue, and is not used.
  const { id, type, payload, createdAt, priority } = given as OctopusTask;
  for (const [field, isRight, form] of FIELDS) {
    const value = (given as Record<string, unknown>)[field];
    if (!isRight(value)) issue(field, `${form}, not ${show(value)}`);
  }
  const clean = payload === undefined ? undefined : cleanPayload(payload, issue);
  if (issues.length > 0) throw refused(issues);
  const task: OctopusTask = { id: id.toWellFormed(), type, createdAt };
  if (clean !== undefined) task.payload = clean as Record<string, Json>;
  if (priority !== undefined) task.priority = priority;
  return task;
}

function refused(issues: readonly Issue[]): OctopusError {
  const text = issues.map(({ path, message }) => `${path} ${message}`).join("; ");
  return new OctopusError("invalid", `the task is refused: ${text}`, { issues });
}

type Tell = (path: string, message: string) => void;

function cleanPayload(payload: unknown, issue: Tell): Json | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    issue("payload", `must be an object, not ${show(payload)}`);
    return undefined;
  }
  const clean = sanitize(payload, "payload", issue, PAYLOAD_DEPTH_MAX);
  if (clean !== undefined && JSON.stringify(clean).length > PAYLOAD_CHARS_MAX)
    issue("payload", `must be at most ${PAYLOAD_CHARS_MAX} characters as JSON; pass a reference to larger data`);
  return clean;
}

/**
 * A copy without what could do harm: keys that reach prototypes and halves of characters are gone, a `Date` is its text,
 * undefined is left out. What JSON cannot carry is refused rather than lost.
 */
function sanitize(value: unknown, path: string, issue: Tell, depth: number): Json | undefined {
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (typeof value !== "object") {
    issue(path, `must be JSON, not ${typeof value === "number" ? String(value) : `a ${typeof value}`}`);
    return undefined;
  }
  if (depth === 0) {
    issue(path, `is nested deeper than ${PAYLOAD_DEPTH_MAX} levels, or leads back to itself`);
    return undefined;
  }
  if (Array.isArray(value))
    return value.map((item, i) =>
      item === undefined ? null : (sanitize(item, `${path}[${i}]`, issue, depth - 1) ?? null),
    );
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    issue(path, `must be plain data, not a ${value.constructor?.name ?? "class instance"}`);
    return undefined;
  }
  const copy: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || UNSAFE_KEYS.has(key)) continue;
    const clean = sanitize(item, `${path}.${key}`, issue, depth - 1);
    if (clean !== undefined) copy[key.toWellFormed()] = clean;
  }
  return copy;
}

export function isArmId(id: unknown): id is OctopusArmId {
  return DEFAULT_ARMS.some((arm) => arm.id === id);
}

export function isTaskType(type: unknown): type is OctopusTaskType {
  return typeof type === "string" && Object.hasOwn(ARM_OF_TYPE, type);
}

/** Throws `invalid` unless `id` is an arm of Octopus Executor. */
export function checkArmId(id: unknown): asserts id is OctopusArmId {
  if (isArmId(id)) return;
  const known = DEFAULT_ARMS.map((arm) => arm.id).join(", ");
  throw new OctopusError("invalid", `there is no arm ${show(id)}: the arms are ${known}`);
}
