/** From what a person submitted to what core decides on: defaults filled in, ids and needs looked up. */
import { OctopusError } from "../base/errors.ts";
import { hashText } from "../base/hash.ts";
import { canonicalJson } from "../base/json.ts";
import { isEnded, isEngineKind, type TaskState } from "../base/words.ts";
import type { UniqueKey } from "../core/asks.ts";
import type { NewTask } from "../core/command.ts";
import type { Plugins } from "../core/plugins/plugins.ts";
import { DEFAULT_POLICY, type Policy, type RetryRule } from "../core/policy.ts";
import type { State } from "../core/state.ts";
import { occupantOf } from "../core/flow/uniques.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { Retries } from "../protocol/retries.ts";
import { asksOf, callbacksText } from "./asks.ts";
import { nodeRuleOf, specText } from "./node-rule.ts";
import type { PolicyJudge } from "./policy.ts";
import { checkPlugin } from "./plugins/inputs.ts";
import { withVersion } from "./plugins/lookup.ts";
import type { Library } from "./ports.ts";
import { executorHandler, withRequirements } from "./requirements.ts";

/** What a task gets when it does not say. */
export interface TaskDefaults {
  timeoutMs: number;
  retries: number;
  /** Largest work accepted, in bytes of JSON. */
  workBytesMax: number;
}

/** What it takes to make tasks of specs. */
export interface Preparation extends TaskDefaults {
  /** SHA-256 in hex. */
  digest(text: string): string;
  /** The catalogue, for what a task says of it. */
  plugins(): Plugins;
  /** Looks at commands; absent: nobody does. */
  policy?: PolicyJudge | undefined;
}

/** The number of the task that `id` names, live or ended. */
export function resolveTask(state: State, library: Library, id: string): number | undefined {
  const own = /^t(\d+)$/.exec(id);
  if (own) {
    const seq = Number(own[1]);
    return state.tasks.get(seq) !== undefined || library.stateOf(seq) !== undefined ? seq : undefined;
  }
  const inRun = /^r(\d+)\/(.+)$/.exec(id);
  if (inRun) return library.taskOfRun(Number(inRun[1]), inRun[2]!);
  return state.keys.get(id)?.task.seq ?? library.findKey(id)?.task;
}

/**
 * Makes tasks of specs, without looking anything up. With `inRun` the specs are those of a run: their ids are names inside
 * the run. `from` is the number of the first one in the whole submission.
 */
export function prepareTasks(
  specs: readonly TaskSpec[],
  preparation: Preparation,
  inRun: boolean,
  from = 0,
): NewTask[] {
  return specs.map((spec, index) => newTask(spec, preparation, inRun, from + index));
}

/**
 * Looks up what the tasks refer to, as it is at the time of their turn: needs, and tasks that had their id before. The
 * needs of a run's tasks name each other and nothing else: `world` is then undefined. One that comes in stretches brings
 * the numbers of its tasks by their ids, and that of the first one of the stretch.
 */
export function linkTasks(
  tasks: readonly NewTask[],
  specs: readonly TaskSpec[],
  world: World | undefined,
  indexes = new Map<string, number>(),
  from = 0,
): void {
  for (const [offset, { id, needs, node }] of specs.entries()) {
    const task = tasks[offset]!;
    const index = from + offset;
    if (needs !== undefined) resolveNeeds(task, needs, indexes, index, world);
    if (node?.of !== undefined) task.ofEarlier = indexes.get(node.of);
    if (id === undefined) continue;
    indexes.set(id, index);
    if (world !== undefined && !world.state.keys.has(id)) task.prior = world.library.findKey(id);
  }
}

/**
 * Looks up whose result a task may take that is ready as it is submitted. One that waits first, or whose files have to be
 * read, is looked up when it is ready (`cache.ts`).
 */
export function lookUpCache(tasks: readonly NewTask[], library: Library, now: number): void {
  for (const task of tasks) {
    const cache = task.asks?.cache;
    if (cache === undefined || cache.refresh === true || cache.files !== undefined) continue;
    // What it will do is not known yet.
    if (task.node?.prepare === true) continue;
    task.cacheHit = library.cached(cache.hash, now);
  }
}

/** What refers to tasks is looked up here. */
export interface World {
  state: State;
  library: Library;
}

/**
 * Looks over a submission that is too large for one turn, before any of it is accepted: unknown needs, and ids that name
 * another task. What changes between this look and its turn is still refused there.
 */
export class BulkCheck {
  readonly #specs: readonly TaskSpec[];
  readonly #seen = new Map<string, { index: number; hash: string }>();
  /** Unique keys of the tasks so far. */
  readonly #taken = new Set<string>();

  constructor(specs: readonly TaskSpec[]) {
    this.#specs = specs;
  }

  /** Checks the tasks that were made of the specs from `from` on. To be called for each stretch in order. */
  check(tasks: readonly NewTask[], from: number, { state, library }: World, now: number): void {
    for (const [offset, task] of tasks.entries()) {
      const index = from + offset;
      const { needs } = this.#specs[index]!;
      for (const [position, ref] of (needs ?? []).entries()) {
        if (!this.#seen.has(ref) && resolveTask(state, library, ref) === undefined)
          throw unknownNeed(index, position, ref);
      }
      if (task.asks?.unique !== undefined) this.#checkUnique(task.asks.unique, index, state, now);
      if (task.key !== undefined) this.#checkKey(task.key, task.hash ?? "", index, { state, library });
    }
  }

  #checkUnique({ key, policy }: UniqueKey, index: number, state: State, now: number): void {
    const task = occupantOf(state, key, now)?.seq ?? (this.#taken.has(key) ? 0 : undefined);
    this.#taken.add(key);
    if (policy === "reject" && task !== undefined) throw uniqueTaken(index, key, task);
  }

  #checkKey(key: string, hash: string, index: number, { state, library }: World): void {
    const known = this.#seen.get(key) ?? state.keys.get(key) ?? library.findKey(key);
    if (known !== undefined && known.hash !== hash) throw keyTaken(key, index);
    if (!this.#seen.has(key)) this.#seen.set(key, { index, hash });
  }
}

/** The refusal of an id that names a task with another content. */
export function keyTaken(key: string, index: number): OctopusError {
  const path = `tasks[${index}].id`;
  const message = `is taken: ${JSON.stringify(key)} names a task with another content`;
  return new OctopusError("conflict", `the id ${key} names a task with another content; use a new id`, {
    issues: [{ path, message }],
  });
}

/** The refusal of a task whose unique key is taken; `task` 0 = by an earlier one of the same request. */
export function uniqueTaken(index: number, key: string, task: number): OctopusError {
  const who = task === 0 ? "an earlier task of the same request" : `t${task}`;
  const path = `tasks[${index}].uniqueKey`;
  const message = `is taken: ${who} has the key ${JSON.stringify(key)}`;
  return new OctopusError("conflict", `${path} ${message}`, { issues: [{ path, message }] });
}

function unknownNeed(index: number, position: number, ref: string): OctopusError {
  const path = `tasks[${index}].needs[${position}]`;
  const message = `names no task that exists or comes earlier in this request: ${JSON.stringify(ref)}`;
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}

function newTask(spec: TaskSpec, defaults: Preparation, inRun: boolean, index: number): NewTask {
  const { work } = spec;
  const text = JSON.stringify(work);
  if (text.length > defaults.workBytesMax) {
    throw new OctopusError(
      "too_large",
      `the task ${spec.id ?? spec.name ?? spec.type} holds ${text.length} bytes of work; at most ${defaults.workBytesMax} are allowed ` +
        "(limits.task). Put large input in a file and pass its path",
    );
  }
  const task: NewTask = {
    taskType: spec.type,
    kind: spec.kind,
    arm: spec.arm ?? "default",
    priority: spec.priority ?? 5,
    work: text,
  };
  if (work.kind === "call") task.handler = work.call;
  else if (work.kind === "custom") task.handler = executorHandler(work.custom.uses);
  else if (work.kind !== "shell" && work.kind !== "http") checkPlugin(defaults.plugins(), spec, `tasks[${index}]`);
  if (spec.id !== undefined && !inRun) {
    task.key = spec.id;
    task.hash = hashText(canonicalJson({ ...spec, byType: undefined }));
  }
  if (inRun) task.name = spec.id ?? spec.name;
  else if (spec.name !== undefined) task.name = spec.name;
  addWhen(task, spec);
  addNode(task, spec);
  if (spec.tags !== undefined && spec.tags.length > 0) task.tags = spec.tags;
  const policy = policyOf(spec, defaults);
  if (policy !== undefined) task.policy = policy;
  const asks = withRequirements(withVersion(asksOf(spec, defaults), work), work, defaults.plugins);
  if (asks === undefined) return task;
  task.asks = asks;
  if (asks.on !== undefined) task.callbacks = callbacksText(spec.on!, `tasks[${index}]`, defaults.plugins);
  return task;
}

/** What it is in its workflow. */
function addNode(task: NewTask, spec: TaskSpec): void {
  if (spec.node === undefined && !isEngineKind(task.kind)) return;
  const rule = nodeRuleOf(spec);
  if (rule !== undefined) task.node = rule;
  const text = specText(spec);
  if (text !== undefined) task.spec = text;
}

/** Where and when it may start. */
function addWhen(task: NewTask, { worker, runAt, expiresAt, delay, needs }: TaskSpec): void {
  if (worker !== undefined) task.worker = worker;
  if (runAt !== undefined) task.runAt = runAt;
  if (expiresAt !== undefined) task.expiresAt = expiresAt;
  if (delay !== undefined && needs === undefined) task.delayMs = delay;
}

type RetryOptions = Partial<Exclude<Retries, { limit: number; rules?: never }>>;

function asksNothing({ retries, onLost }: TaskSpec): boolean {
  return retries === undefined && onLost !== "fail";
}

/** The wait that begins when its needs are met. Equal policies are one object, and a delay is often like no other. */
function startDelay({ delay = 0, needs }: TaskSpec): number {
  return needs === undefined ? 0 : delay;
}

/** The task's policy, or undefined when it is the plain one. */
export function policyOf(spec: TaskSpec, defaults: Omit<TaskDefaults, "workBytesMax">): Policy | undefined {
  const { retries } = spec;
  const timeoutMs = spec.timeout ?? defaults.timeoutMs;
  const retryLimit = retries?.limit ?? defaults.retries;
  const startDelayMs = startDelay(spec);
  if (timeoutMs === 0 && retryLimit === 0 && startDelayMs === 0 && asksNothing(spec)) return undefined;
  const onLost = spec.onLost ?? DEFAULT_POLICY.onLost;
  const last = retries === undefined ? undefined : LAST.get(retries);
  const isSame = last?.timeoutMs === timeoutMs && last.onLost === onLost && last.startDelayMs === startDelayMs;
  if (isSame) return last;
  const policy: Policy = { timeoutMs, retryLimit, ...retryPolicy(retries), onLost, startDelayMs };
  if (retries !== undefined) LAST.set(retries, policy);
  return policy;
}

/** The policy that was last made of these retries: the tasks of a program often share them, as one object. */
const LAST = new WeakMap<Retries, Policy>();

function retryPolicy(retries: RetryOptions = {}): Omit<Policy, "timeoutMs" | "retryLimit" | "onLost" | "startDelayMs"> {
  const { backoff, delay, maxDelay, jitter, exitCodes, rules = [] } = retries;
  return {
    backoff: backoff ?? DEFAULT_POLICY.backoff,
    delayMs: delay ?? DEFAULT_POLICY.delayMs,
    maxDelayMs: maxDelay ?? DEFAULT_POLICY.maxDelayMs,
    jitter: jitter ?? DEFAULT_POLICY.jitter,
    ...(exitCodes !== undefined && { exitCodes }),
    ...(rules.length > 0 && { rules: rules.map(ruleOf) }),
  };
}

type RuleOptions = NonNullable<RetryOptions["rules"]>[number];

/** The rule without what it does not say, so that equal rules are equal text. */
function ruleOf({ exitCodes, errors, statuses, limit, backoff, delay, maxDelay }: RuleOptions): RetryRule {
  const rule = { exitCodes, errors, statuses, limit, backoff, delayMs: delay, maxDelayMs: maxDelay };
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}

function resolveNeeds(
  task: NewTask,
  refs: readonly string[],
  indexes: ReadonlyMap<string, number>,
  own: number,
  world: World | undefined,
): void {
  for (const [position, ref] of refs.entries()) {
    const index = indexes.get(ref);
    if (index !== undefined) {
      (task.needsEarlier ??= []).push(index);
      continue;
    }
    const seq = world && resolveTask(world.state, world.library, ref);
    if (seq === undefined) {
      throw unknownNeed(own, position, ref);
    }
    (task.needs ??= []).push({ task: seq, ...endOf(world!, seq) });
  }
}

function endOf({ state, library }: World, seq: number): { ended?: TaskState; leave?: true } {
  const stored = state.tasks.get(seq) === undefined ? library.stateOf(seq) : undefined;
  if (stored === undefined || !isEnded(stored)) return {};
  return hasLeft(library, seq, stored) ? { ended: stored, leave: true } : { ended: stored };
}

/** It has not succeeded, and whoever needs it goes on all the same. */
export function hasLeft(library: Library, seq: number, state: TaskState): boolean {
  if (state !== "failed" && state !== "skipped") return false;
  const node = library.retryNode(seq);
  return state === "failed" ? node?.allowed === true : node?.rule?.allowSkip === true;
}
