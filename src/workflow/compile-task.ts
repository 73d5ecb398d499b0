/**
 * Compiles one entry of `tasks:` into a `TaskSpec`: reads its keys, fills in what the workflow says for all tasks, and
 * lets the schema of a submission have the last word.
 */
import type { Json } from "../base/words.ts";
import { Name } from "../protocol/common.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import { type TaskSpec, TaskSubmission } from "../protocol/task.ts";
import { isMapping, type Place, readKeys, tell } from "./keys.ts";
import { type Path, pathText } from "./problems.ts";
import { Follower, TASK_KEYS } from "./task-keys.ts";
import type { Head } from "./workflow-keys.ts";

/** Keys that hold tasks. */
const FOLLOWING: ReadonlySet<string> = new Set(["onFailure", "finally", "on"]);

/** The task `id`; undefined when it is wrong. `env` is what every shell task gets. */
export function compileTask(
  id: string,
  value: Json,
  head: Head,
  env: Readonly<Record<string, string>>,
): TaskSpec | undefined {
  const named = Name.safeParse(id);
  if (!named.success) tellTask(head, id, named.error.issues[0]!.message);
  if (value === null) return tellTask(head, id, "is empty: say what it does with shell, http or call");
  const keys = typeof value === "string" ? { shell: value } : value;
  if (!isMapping(keys)) {
    return tellTask(head, id, `must be a command, or a mapping with shell, http or call, not ${show(value)}`);
  }
  const before = head.document.problems.count;
  const place: Place = { document: head.document, scope: head.scope, path: ["tasks", id], draft: {} };
  readKeys(keys, TASK_KEYS, place);
  const draft = complete(place, head, env);
  draft["name"] ??= id;

  const parsed = TaskSubmission.safeParse(draft);
  if (parsed.success) return { ...parsed.data, id, ...onlyOnce(parsed.data.needs) };
  const told = head.document.problems.count > before;
  for (const finding of findingsOf(parsed.error, draft)) {
    const [first, ...rest] = finding.path as (string | number)[];
    // What is missing may be what was refused above.
    if (told && (first === undefined || finding.message.startsWith("is missing") || FOLLOWING.has(String(first))))
      continue;
    if (first === undefined) tellTask(head, id, finding.message.replace(`, not ${show(draft)}`, ""));
    else tellTask(head, id, finding.message, [first === "needs" && !("needs" in keys) ? "depends" : first, ...rest]);
  }
  return undefined;
}

/** Says what is wrong with the task, or with what `keys` lead to in it. */
function tellTask({ document }: Head, id: string, message: string, keys: Path = []): undefined {
  const path = ["tasks", id, ...keys];
  document.problems.at(document.locate(path, keys.length === 0 ? "key" : "value"), `${pathText(path)} ${message}`);
}

/** The draft with what the workflow says for all tasks, and `env` and `cwd` where a shell task has them. */
function complete(place: Place, head: Head, env: Readonly<Record<string, string>>): Record<string, unknown> {
  const { env: ownEnv, cwd: ownCwd, ...draft } = place.draft;
  const { cwd, ...defaults } = head.defaults;
  for (const [key, fallback] of Object.entries(defaults)) draft[key] ??= fallback;
  if (draft["shell"] !== undefined) {
    draft["shell"] = completeShell(draft["shell"] as Json, { env: ownEnv, cwd: ownCwd }, { env, cwd }, place);
  } else {
    for (const key of ["env", "cwd"]) if (key in place.draft) tell(place, key, "belongs to a shell task");
  }
  for (const key of FOLLOWING) {
    if (key in draft) draft[key] = completeFollowers(draft[key], (inner) => complete(inner, head, env));
  }
  return draft;
}

/** The value with every task in it completed. */
function completeFollowers(value: unknown, finish: (place: Place) => unknown): unknown {
  if (value instanceof Follower) return finish(value.place);
  if (Array.isArray(value)) return value.map((one) => completeFollowers(one, finish));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, completeFollowers(one, finish)]));
}

/** What a shell task may say in two places. */
interface Surroundings {
  env?: unknown;
  cwd?: unknown;
}

/** A shell task with its env and folder: what the task says, over what the workflow says, over the params. */
function completeShell(shell: Json, own: Surroundings, shared: Surroundings, place: Place): unknown {
  const long: Record<string, unknown> = isMapping(shell) ? { ...shell } : { command: shell };
  for (const key of ["env", "cwd"] as const) {
    if (own[key] === undefined) continue;
    if (long[key] !== undefined) tell(place, key, `must not stand beside shell.${key}, which says the same`);
    long[key] = own[key];
  }
  const sharedEnv = shared.env as Record<string, string>;
  // Tasks without variables of their own share one object: thousands of tasks would hold thousands of copies.
  if (long["env"] !== undefined) long["env"] = { ...sharedEnv, ...(long["env"] as Record<string, string>) };
  else if (Object.keys(sharedEnv).length > 0) long["env"] = sharedEnv;
  const folder = joinPath(shared.cwd as string | undefined, long["cwd"] as string | undefined);
  if (folder !== undefined) long["cwd"] = folder;
  return long;
}

/** The same need twice is one need. */
function onlyOnce(needs: string[] | undefined): { needs?: string[] } {
  return needs === undefined ? {} : { needs: [...new Set(needs)] };
}

/** `path` seen from `base`. Folders are those of the machine that runs the task, so both kinds of paths are known. */
export function joinPath(base: string | undefined, path: string | undefined): string | undefined {
  if (base === undefined || path === undefined) return path ?? base;
  const absolute = path.startsWith("/") || /^([A-Za-z]:)?[\\/]/.test(path);
  return absolute ? path : `${base.replace(/[\\/]+$/, "")}/${path}`;
}
