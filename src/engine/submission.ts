/** From what a person submitted to what core decides on: defaults filled in, ids and needs looked up. */
import { OctopusError } from "../base/errors.ts";
import { hashText } from "../base/hash.ts";
import { canonicalJson } from "../base/json.ts";
import { isEnded, type TaskState } from "../base/words.ts";
import type { NewTask } from "../core/command.ts";
import { DEFAULT_POLICY, type Policy } from "../core/policy.ts";
import type { State } from "../core/state.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { Library } from "./ports.ts";

/** What a task gets when it does not say. */
export interface TaskDefaults {
  timeoutMs: number;
  retries: number;
  /** Largest work accepted, in bytes of JSON. */
  workBytesMax: number;
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
 * Makes the command's tasks. With `inRun` the specs are those of a run: their ids are names inside the run, and needs name
 * each other.
 */
export function newTasks(
  specs: readonly TaskSpec[],
  defaults: TaskDefaults,
  state: State,
  library: Library,
  inRun: boolean,
): NewTask[] {
  const indexes = new Map<string, number>();
  return specs.map((spec, index) => {
    const task = newTask(spec, defaults, inRun);
    if (spec.needs !== undefined)
      resolveNeeds(task, spec.needs, indexes, index, inRun ? undefined : { state, library });
    if (spec.id !== undefined) {
      indexes.set(spec.id, index);
      if (!inRun && !state.keys.has(spec.id)) task.prior = library.findKey(spec.id);
    }
    return task;
  });
}

function newTask(spec: TaskSpec, defaults: TaskDefaults, inRun: boolean): NewTask {
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
  if (spec.id !== undefined && !inRun) {
    task.key = spec.id;
    task.hash = hashText(canonicalJson(spec));
  }
  if (inRun) task.name = spec.id ?? spec.name;
  else if (spec.name !== undefined) task.name = spec.name;
  if (spec.worker !== undefined) task.worker = spec.worker;
  if (spec.runAt !== undefined) task.runAt = spec.runAt;
  if (spec.expiresAt !== undefined) task.expiresAt = spec.expiresAt;
  if (spec.tags !== undefined && spec.tags.length > 0) task.tags = spec.tags;
  const policy = policyOf(spec, defaults);
  if (policy !== undefined) task.policy = policy;
  return task;
}

interface RetryOptions {
  limit: number;
  backoff?: "fixed" | "exponential" | undefined;
  delay?: number | undefined;
  maxDelay?: number | undefined;
  jitter?: number | undefined;
  exitCodes?: number[] | undefined;
}

/** The task's policy, or undefined when it is the plain one. */
function policyOf(spec: TaskSpec, defaults: TaskDefaults): Policy | undefined {
  const { retries } = spec;
  const timeoutMs = spec.timeout ?? defaults.timeoutMs;
  const retryLimit = retries?.limit ?? defaults.retries;
  if (
    timeoutMs === 0 &&
    retryLimit === 0 &&
    retries === undefined &&
    spec.onLost !== "fail" &&
    spec.delay === undefined
  ) {
    return undefined;
  }
  const rest = retries as RetryOptions | undefined;
  const policy: { -readonly [K in keyof Policy]: Policy[K] } = {
    timeoutMs,
    retryLimit,
    backoff: rest?.backoff ?? DEFAULT_POLICY.backoff,
    delayMs: rest?.delay ?? DEFAULT_POLICY.delayMs,
    maxDelayMs: rest?.maxDelay ?? DEFAULT_POLICY.maxDelayMs,
    jitter: rest?.jitter ?? DEFAULT_POLICY.jitter,
    onLost: spec.onLost ?? DEFAULT_POLICY.onLost,
    startDelayMs: spec.delay ?? 0,
  };
  if (rest?.exitCodes !== undefined) policy.exitCodes = rest.exitCodes;
  return policy;
}

function resolveNeeds(
  task: NewTask,
  refs: readonly string[],
  indexes: ReadonlyMap<string, number>,
  own: number,
  world: { state: State; library: Library } | undefined,
): void {
  for (const [position, ref] of refs.entries()) {
    const index = indexes.get(ref);
    if (index !== undefined) {
      (task.needsEarlier ??= []).push(index);
      continue;
    }
    const seq = world && resolveTask(world.state, world.library, ref);
    if (seq === undefined) {
      const path = `tasks[${own}].needs[${position}]`;
      const message = `names no task that exists or comes earlier in this request: ${JSON.stringify(ref)}`;
      throw new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
    }
    (task.needs ??= []).push({ task: seq, ended: endedState(world!.state, world!.library, seq) });
  }
}

function endedState(state: State, library: Library, seq: number): TaskState | undefined {
  if (state.tasks.get(seq) !== undefined) return undefined;
  const stored = library.stateOf(seq);
  return stored !== undefined && isEnded(stored) ? stored : undefined;
}
