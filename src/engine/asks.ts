/**
 * What a submission asks for beyond its arm and its policy, as core reads it: keys, limits, a cache, who is to be told.
 * Most tasks ask for nothing and get nothing.
 *
 * The key of a cache is made of what decides the result: what runs (type and work: command, directory, environment,
 * request, function) or the name that stands for it, the input, and the values given as `inputs`. Timeout, priority, arm
 * and retries do not change a result and do not count. The content of files is added later, when the task is ready.
 */
import { OctopusError } from "../base/errors.ts";
import { canonicalJson } from "../base/json.ts";
import type { Asks, CacheRule } from "../core/asks.ts";
import type { Plugins } from "../core/plugins/plugins.ts";
import type { CallbackSpec } from "../protocol/callbacks.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { contentOf, inputOf } from "./cache-content.ts";
import { checkPlugin } from "./plugins/inputs.ts";
import { pluginRefOf } from "./plugins/lookup.ts";

interface Needed {
  /** SHA-256 in hex. */
  digest(text: string): string;
  plugins(): Plugins;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** 128 bits tell any number of tasks apart; the key stands in several places for each of them. */
export const HASH_DIGITS = 32;

/** What this task asks for, or undefined when that is nothing. */
export function asksOf(spec: TaskSpec, { digest, plugins }: Needed): Asks | undefined {
  const { owner, concurrencyKey, mutex, rate, uniqueKey, cache, resources, target, on } = spec;
  const limits = owner ?? concurrencyKey ?? mutex ?? rate ?? resources ?? target;
  if (limits === undefined && uniqueKey === undefined && cache === undefined && on === undefined) return undefined;
  const asks: Mutable<Asks> = {};
  if (owner !== undefined) asks.owner = owner;
  if (concurrencyKey !== undefined) asks.concurrency = concurrencyKey;
  if (mutex !== undefined) asks.mutex = mutex;
  if (rate !== undefined) asks.rate = rate;
  if (uniqueKey !== undefined) asks.unique = uniqueKey;
  if (cache !== undefined) asks.cache = cacheRule(spec, { digest, plugins });
  if (resources !== undefined || target !== undefined) addPlace(asks, spec);
  if (on !== undefined && on.length > 0) asks.on = [...new Set(on.map((callback) => callback.on))];
  return asks;
}

/** What it takes of a worker, and which one that should be. */
function addPlace(asks: Mutable<Asks>, { resources, units, target }: TaskSpec): void {
  if (resources !== undefined && Object.keys(resources).length > 0) asks.resources = resources;
  if (units !== undefined) asks.units = units;
  if (target !== undefined) asks.target = target;
}

function cacheRule(spec: TaskSpec, { digest, plugins }: Needed): CacheRule {
  const { key, inputs, files, ttl, refresh } = spec.cache!;
  const { type, kind, work } = spec;
  const input = inputOf(work);
  const what =
    key === undefined ? { type, kind, work: contentOf(work, plugins), inputs } : { type, kind, key, input, inputs };
  const rule: Mutable<CacheRule> = { hash: digest(canonicalJson(what)).slice(0, HASH_DIGITS), ttlMs: ttl ?? 0 };
  const cwd = work.kind === "shell" ? work.shell.cwd : undefined;
  if (files !== undefined) rule.files = files.map((file) => (cwd === undefined ? file : under(cwd, file)));
  if (refresh === true) rule.refresh = true;
  return rule;
}

/** A relative path is one from the folder of the command. */
function under(folder: string, file: string): string {
  return /^([/\\]|[A-Za-z]:)/.test(file) ? file : `${folder}/${file}`;
}

/**
 * JSON text of the callbacks, as the store keeps them. A callback may be sent more than once and when nobody looks, so it
 * can neither have an id of its own nor wait for other tasks.
 */
export function callbacksText(on: readonly CallbackSpec[], path: string, plugins: () => Plugins): string {
  checkCallbacks(on, path, plugins);
  return JSON.stringify(on);
}

function checkCallbacks(on: readonly CallbackSpec[], path: string, plugins: () => Plugins): void {
  for (const [index, { task }] of on.entries()) {
    const at = `${path}.on[${index}].task`;
    for (const field of ["id", "needs"] as const) {
      if (task[field] === undefined) continue;
      const message = `must not be given (${JSON.stringify(task[field])}): a callback is made anew each time, when its moment comes`;
      throw new OctopusError("invalid", `${at}.${field} ${message}`, { issues: [{ path: `${at}.${field}`, message }] });
    }
    // What is not there now would be missed when something has gone wrong.
    if (pluginRefOf(task.work) !== undefined) checkPlugin(plugins(), task, at);
    if (task.on !== undefined) checkCallbacks(task.on, at, plugins);
  }
}
