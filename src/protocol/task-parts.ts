/** Parts of a task that are more than their own schema: what a cache needs, and all callbacks in one list. */
import type { Cache } from "./asks.ts";
import { CALLBACK_DEPTH_MAX, callbackDepth, CALLBACKS_MAX, type CallbackSpec, withNews } from "./callbacks.ts";
import { parseHttpLine } from "./http-line.ts";
import type { TaskSpec } from "./task.ts";

/**
 * Why the result of this task cannot be known from what it says, or undefined. A command may read anything, a function
 * without input too: somebody must say what counts.
 */
export function oddCache(cache: Cache, task: Doing, isForAll: boolean): string | undefined {
  if (isForAll) return CACHE_OF_ALL;
  if (cache.key !== undefined || cache.inputs !== undefined || cache.files !== undefined) return undefined;
  const says = "say what the result depends on: {key}, {inputs} or {files}";
  if (task.shell !== undefined) return `needs more than a command: ${says}`;
  if (task.docker !== undefined) return `needs more than a container: ${says}`;
  if (task.wasm !== undefined)
    return hasArguments(task) ? undefined : `needs arguments to tell results apart, or ${says}`;
  if (task.plugin !== undefined || task.uses !== undefined)
    return hasArguments(task) ? undefined : `needs values to tell results apart, or ${says}`;
  if (task.http === undefined)
    return task.input === undefined ? `needs an input to tell results apart, or ${says}` : undefined;
  const text = typeof task.http === "string" ? parseHttpLine(task.http) : task.http;
  const method = (text as { method?: string }).method?.toUpperCase() ?? "GET";
  return method === "GET" || method === "HEAD"
    ? undefined
    : `does not go with ${method}, which changes something: ${says}`;
}

interface Doing {
  shell?: unknown;
  http?: unknown;
  docker?: unknown;
  wasm?: unknown;
  plugin?: unknown;
  uses?: unknown;
  with?: unknown;
  input?: unknown;
}

/** A module has nothing but what it is given; of plugins and executors people say what they work on. */
function hasArguments({ plugin, wasm, with: given }: Doing): boolean {
  const { args, kwargs, stdin } = (plugin ?? wasm ?? {}) as { args?: unknown[]; kwargs?: object; stdin?: string };
  const values = [...(args ?? []), ...Object.keys(kwargs ?? {}), ...Object.keys(given ?? {})];
  return values.length > 0 || (stdin ?? "") !== "";
}

const CACHE_OF_ALL = "does not go with worker ALL: each worker would take the result of the first one";

/** All callbacks in one list, those of `onFailure` and `finally` among them. */
export function callbacksOf(
  bound: CallbackSpec[] = [],
  onFailure: TaskSpec[] = [],
  last: TaskSpec[] = [],
): CallbackSpec[] {
  return [
    ...bound,
    ...onFailure.map((made) => ({ ...withNews(made), on: "exhausted" as const })),
    ...last.map((made) => ({ ...withNews(made), on: "end" as const })),
  ];
}

export function oddCallbacks(callbacks: readonly CallbackSpec[]): string | undefined {
  if (callbacks.length > CALLBACKS_MAX) return `must hold at most ${CALLBACKS_MAX} callbacks`;
  if (callbackDepth(callbacks) <= CALLBACK_DEPTH_MAX) return undefined;
  return `must not hold callbacks of callbacks more than ${CALLBACK_DEPTH_MAX} deep`;
}
