/**
 * The keys at the top of a workflow file, in the order in which they are read: expressions in a later one may use what
 * an earlier one has set. The language grows by one entry here.
 */
import type { Json } from "../base/words.ts";
import { EnvName } from "../protocol/common.ts";
import { show } from "../protocol/parse.ts";
import type { Scope } from "./expression.ts";
import {
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readEnv,
  readKeys,
  readText,
  tell,
} from "./keys.ts";
import { type Param, readParam, resolveParams, type Tell } from "./params.ts";
import { readRetries } from "./task-keys.ts";

/** The top of a file, read: what holds for the whole workflow, and the tasks as they stand there. */
export interface Head extends Place {
  /** Values given from outside. */
  given: Readonly<Record<string, Json>>;
  params: Record<string, Json>;
  env: Record<string, string>;
  /** Fields of a task that hold for those that do not say otherwise. */
  defaults: Record<string, unknown>;
  tasks: Record<string, Json>;
}

type HeadReader = (value: Json, key: string, head: Head) => void;

export const WORKFLOW_KEYS: Readonly<Record<string, HeadReader>> = {
  name: readLabel,
  description: readLabel,
  params: readParams,
  env: readHeadEnv,
  cwd: readText,
  arm: byDefault(plain),
  timeout: byDefault(readDuration),
  retries: byDefault(readRetries),
  priority: byDefault(plain),
  tasks: readTasks,
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
  }
  head.params = resolveParams(declared, head.given, head.document.problems);
  head.scope = { params: head.params, env: {} };
}

function readHeadEnv(value: Json, key: string, head: Head): void {
  readEnv(value, key, head);
  head.env = (head.draft[key] as Record<string, string> | undefined) ?? {};
  head.scope = { params: head.params, env: head.env } satisfies Scope;
}

/** What is said at the top holds for every task that does not say otherwise. */
function byDefault(read: KeyReader): HeadReader {
  return (value, key, head) => read(value, key, { ...head, draft: head.defaults });
}

function readTasks(value: Json, key: string, head: Head): void {
  if (!isMapping(value)) tell(head, key, `must be a mapping of names to tasks, not ${show(value)}`);
  else if (Object.keys(value).length === 0) tell(head, key, "is empty: a workflow needs at least one task");
  else head.tasks = value;
}
