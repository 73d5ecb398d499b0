/**
 * The keys at the top of a workflow file, in the order in which they are read: expressions in a later one may use what
 * an earlier one has set. The language grows by one entry here.
 */
import { type Json, RUN_OVERLAPS, type Role, type RunOverlap } from "../base/words.ts";
import { parseDuration } from "../base/duration.ts";
import { EnvName } from "../protocol/common.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import { ScheduleSubmission } from "../protocol/schedule.ts";
import { type TaskSpec, WORK_FIELDS } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import {
  evaluated,
  holdsExpression,
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readEnv,
  readKeys,
  readText,
  tell,
  warn,
} from "./keys.ts";
import { TASK_ROOTS, type Names } from "./names.ts";
import { count, duration, namesRead } from "./conditions.ts";
import { PARAM_TYPES, type ParamType } from "./param-checks.ts";
import { type Param, readParam, resolveParams, type Tell } from "./params.ts";
import type { Path } from "./problems.ts";
import { readTarget } from "./target-keys.ts";
import { readRetries } from "./task-keys.ts";

/** The top of a file, read: what holds for the whole workflow, and the tasks as they stand there. */
export interface Head extends Place {
  scope: Names & { later: Set<string> };
  /** Values given from outside. */
  given: Readonly<Record<string, Json>>;
  /** Params that are missing are no problem. */
  check: boolean;
  declared: ReadonlyMap<string, Param | undefined>;
  /** Fields of a task that hold for those that do not say otherwise. */
  defaults: Record<string, unknown>;
  /** The same after validation, for tasks that go the short way; absent when something is wrong with them. */
  shared?: Partial<TaskSpec>;
  /** Shell tasks get variables. */
  hasEnv: boolean;
  /** Texts of these, or the folder, look like expressions: they come out of values, and are none. */
  hasEscapes: boolean;
  tasks: Record<string, Json>;
  /** Handlers as they stand in the file: the role, and for each its name and where it stands. */
  handlers: { role: Role; id: string; value: Json; path: Path }[];
  /** What the run gets beside its tasks. */
  run: Pick<RunSpec, "group" | "maxParallel" | "timeoutMs" | "schedules">;
  outputs?: Record<string, Json>;
}

type HeadReader = (value: Json, key: string, head: Head) => void;

export const WORKFLOW_KEYS: Readonly<Record<string, HeadReader>> = {
  name: readLabel,
  description: readLabel,
  params: readParams,
  env: readHeadEnv,
  cwd: readText,
  schedule: readSchedules,
  arm: byDefault(plain),
  timeout: byDefault(readDuration),
  retries: byDefault(readRetries),
  priority: byDefault(plain),
  target: byDefault(readTarget),
  concurrency: readConcurrency,
  maxParallel: (value, key, head) => {
    const limit = count(value, key, head);
    if (limit !== undefined) head.run.maxParallel = limit;
  },
  runTimeout: (value, key, head) => {
    const ms = duration(value, key, head);
    if (ms !== undefined) head.run.timeoutMs = ms;
  },
  tasks: readTasks,
  on: readHandlers,
  outputs: readRunOutputs,
};

/** Reads the top of a file. */
export function readHead(value: Record<string, Json>, head: Head): void {
  // Unknown keys first, then the known ones in the order of the table.
  const known = Object.keys(WORKFLOW_KEYS);
  const readers = Object.fromEntries(known.map((key) => [key, () => undefined]));
  readKeys(value, readers, head);
  // Without the key there are no params, and any that are given are refused.
  if (!Object.hasOwn(value, "params")) readParams({}, "params", head);
  for (const key of known) if (Object.hasOwn(value, key)) WORKFLOW_KEYS[key]!(value[key]!, key, head);
}

/** Longest name of a workflow. */
const NAME_MAX = 200;

function readLabel(value: Json, key: string, head: Head): void {
  const fits = typeof value === "string" && value.trim() !== "";
  if (!fits) tell(head, key, `must be text, not ${show(value)}`);
  else if (key === "name" && value.length > NAME_MAX) tell(head, key, `must be at most ${NAME_MAX} characters long`);
  else plain(value, key, head);
  if (key === "name" && typeof head.draft[key] === "string") head.scope.workflow = head.draft[key];
}

function readParams(value: Json, key: string, head: Head): void {
  if (!isMapping(value)) return tell(head, key, `must be a mapping of names to values, not ${show(value)}`);
  const declared = new Map<string, Param | undefined>();
  for (const [name, one] of Object.entries(value)) {
    const place: Place = { ...head, path: [...head.path, key] };
    if (!EnvName.safeParse(name).success) {
      tell(place, name, "must have a name of letters, digits and _ that begins with no digit", [], "key");
      continue;
    }
    const tellParam: Tell = (keys, message, part) => tell(place, name, message, keys, part);
    declared.set(name, readParam(one, tellParam, head.document.problems));
    if (PARAM_TYPES.includes(one as ParamType)) {
      warn(place, name, `is a text with the default ${show(one)}: for a param of that type write {type: ${show(one)}}`);
    }
  }
  head.declared = declared;
  const { values, missing } = resolveParams(declared, head.given, head.document.problems, head.check);
  head.scope.params = values;
  for (const name of missing) head.scope.later.add(name);
}

function readHeadEnv(value: Json, key: string, head: Head): void {
  readEnv(value, key, head);
  head.scope.env = (head.draft[key] as Record<string, string> | undefined) ?? {};
}

/** What is said at the top holds for every task that does not say otherwise. */
function byDefault(read: KeyReader): HeadReader {
  return (value, key, head) => read(value, key, { ...head, draft: head.defaults });
}

function readTasks(value: Json, key: string, head: Head): void {
  if (!isMapping(value)) tell(head, key, `must be a mapping of names to tasks, not ${show(value)}`);
  else if (isEmpty(value)) tell(head, key, "is empty: a workflow needs at least one task");
  else head.tasks = value;
}

function isEmpty(value: object): boolean {
  for (const _key in value) return false;
  return true;
}

/** When it is due: a cron expression, a duration, or the keys of a schedule; one or a list of them. */
function readSchedules(value: Json, key: string, head: Head): void {
  if (holdsExpression(value)) return tell(head, key, "must not hold ${{ }}: schedules are made before there is a run");
  const list = Array.isArray(value) ? value : [value];
  const schedules = list.map((one, index) => readSchedule(one, key, head, Array.isArray(value) ? [index] : []));
  head.run.schedules = schedules.filter((one) => one !== undefined);
}

function readSchedule(
  value: Json,
  key: string,
  head: Head,
  keys: Path,
): NonNullable<RunSpec["schedules"]>[number] | undefined {
  const long = typeof value === "string" ? scheduleOf(value) : value;
  if (!isMapping(long)) {
    tell(head, key, `must be a cron expression, "every 10m", or {cron, every, at, zone, …}, not ${show(value)}`, keys);
    return undefined;
  }
  for (const own of ["name", "task", "workflow"]) {
    if (own in long)
      tell(head, key, "belongs to a schedule of its own: the one of a workflow runs this file", [...keys, own], "key");
  }
  const { name: _name, task: _task, workflow: _workflow, ...rest } = long;
  const draft = { ...rest, name: "workflow", task: { call: "workflow" } };
  const parsed = ScheduleSubmission.safeParse(draft);
  if (!parsed.success) {
    for (const { path, message } of findingsOf(parsed.error, draft))
      tell(head, key, message, [...keys, ...(path as Path)]);
    return undefined;
  }
  const { name: _made, target: _target, ...schedule } = parsed.data;
  return schedule;
}

function scheduleOf(text: string): Record<string, Json> {
  const every = /^(?:every\s+|@every\s+)?(\S+)$/.exec(text.trim())?.[1];
  return every !== undefined && parseDuration(every) !== undefined ? { every } : { cron: text };
}

const CONCURRENCY_KEYS = ["group", "limit", "overlap"];

/** Which runs share a limit. */
function readConcurrency(value: Json, key: string, head: Head): void {
  const long = isMapping(value) ? value : { group: value };
  const keys = isMapping(value) ? ["group"] : [];
  for (const one of Object.keys(long)) {
    if (CONCURRENCY_KEYS.includes(one)) continue;
    const near = head.document.problems.suggest(one, CONCURRENCY_KEYS);
    tell(head, key, `is an unknown key${near}; known are ${CONCURRENCY_KEYS.join(", ")}`, [one], "key");
  }
  const { group = head.scope.workflow, limit = 1, overlap = "queue" } = long;
  const read = typeof group === "string" ? evaluated(group, key, head, keys) : group;
  if (read === undefined) return;
  const name = typeof read === "number" ? String(read) : read;
  if (typeof name !== "string" || name === "" || name.length > 200) {
    return tell(
      head,
      key,
      `must be a name of 1 to 200 characters, or {group, limit, overlap}, not ${show(name)}`,
      keys,
    );
  }
  const most = count(limit, key, head, ["limit"]);
  if (!RUN_OVERLAPS.includes(overlap as RunOverlap)) {
    tell(head, key, `must be ${RUN_OVERLAPS.join(", ")}, not ${show(overlap)}`, ["overlap"]);
  } else if (most !== undefined) head.run.group = { name, limit: most, overlap: overlap as RunOverlap };
}

const MOMENTS = ["success", "failure", "cancel", "exit"] as const;

/** Tasks that run when the others are over: one, a list, or a mapping of names to tasks. */
function readHandlers(value: Json, key: string, head: Head): void {
  if (!isMapping(value))
    return tell(head, key, `must be a mapping of ${MOMENTS.join(", ")} to tasks, not ${show(value)}`);
  for (const [moment, tasks] of Object.entries(value)) {
    const role = MOMENTS.find((one) => one === moment);
    if (role === undefined) {
      const near = head.document.problems.suggest(moment, MOMENTS);
      tell(head, key, `is an unknown moment${near}; known are ${MOMENTS.join(", ")}`, [moment], "key");
    } else readHandler(role, tasks, [key, moment], head);
  }
}

/** Keys that say what a task does: a mapping with one of them is a task, and not a mapping of tasks. */
const KINDS: readonly string[] = [...WORK_FIELDS, "workflow", "pipeline", "type", "each", "matrix"];

function readHandler(role: Role, value: Json, path: Path, head: Head): void {
  const id = path.join(".");
  const add = (name: string, one: Json, at: Path): void =>
    void head.handlers.push({ role, id: name, value: one, path: at });
  if (Array.isArray(value))
    for (const [index, one] of value.entries()) add(`${id}.${index + 1}`, one, [...path, index]);
  else if (isMapping(value) && !Object.keys(value).some((key) => KINDS.includes(key))) {
    for (const [name, one] of Object.entries(value)) add(`${id}.${name}`, one, [...path, name]);
  } else add(id, value, path);
}

/** What the run leaves: evaluated when all is over. */
function readRunOutputs(value: Json, key: string, head: Head): void {
  if (!isMapping(value)) return tell(head, key, `must be a mapping of names to values, not ${show(value)}`);
  head.outputs = namesRead(value, key, { ...head, roots: TASK_ROOTS }) as Record<string, Json>;
}
