/**
 * Tasks as people of the simulation submit them, and what their work means to the simulated executors: a few words, such
 * as `succeed 120`, that stand where a command, a URL or a function's input would.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { TaskSpec, Work } from "../../src/protocol/task.ts";
import { aim } from "./targets.ts";
import { wish } from "./wishes.ts";
import type { World } from "./world.ts";

/** Arms that people use, and set as they like. */
export const ARMS = ["default", "gpu", "mail"] as const;
/** An arm that nobody sets, and whose tasks differ by their key alone: fairness is judged there. */
export const FAIR = "fair";
/** A worker that some tasks ask for, and that is not there before everything is healed. */
export const GHOST = "ghost";

/** `how` it goes, after `ms`. */
export interface Behaviour {
  how:
    | "succeed"
    | "fail"
    | "flaky"
    | "hang"
    | "deaf"
    | "later"
    | "skip"
    | "large"
    | "chatty"
    | "echo"
    | "note"
    | "list";
  ms: number;
}

/** Calls go through the real executor to functions of these names. */
export const FUNCTIONS: readonly Behaviour["how"][] = [
  ...(["succeed", "fail", "flaky", "hang", "deaf", "large", "chatty"] as const),
  // With an input that is more than a time.
  ...(["echo", "note", "list"] as const),
];
/** Those whose input is a time. */
const TIMED = FUNCTIONS.slice(0, 7);

/** What a task says whose result tells what it was asked. */
export interface Echo {
  n: number;
  ms: number;
  fails: boolean;
}

/** What a task says whose result is a list, for others to be spread over. */
export interface List {
  n: number;
  ms: number;
}

/** JSON text of the result that this work must have; undefined = its result says nothing. */
export function echoOf(workText: string): string | undefined {
  const work = JSON.parse(workText) as Work;
  return work.kind === "call" && work.call === "echo"
    ? JSON.stringify({ n: (work.input as unknown as Echo).n })
    : undefined;
}

export function behaviourOf(work: Work): Behaviour {
  if (work.kind === "call") return { how: work.call as Behaviour["how"], ms: Number(work.input) };
  if (work.kind !== "shell" && work.kind !== "http") throw new Error(`no worker does work of the kind ${work.kind}`);
  const text = work.kind === "shell" ? work.shell.command : work.http.url.replace("http://sim/", "");
  const [how, ms] = text.split(/[ /]/);
  return { how: how as Behaviour["how"], ms: Number(ms) };
}

function drawWork(prng: Prng, trouble: number): Work {
  const kind = prng.pick(["shell", "http", "call", "call"] as const);
  const ms = prng.pick([0, 1, 20, 300, 4000]);
  if (kind === "call") {
    const call = prng.chance(trouble) ? prng.pick(TIMED.slice(1)) : "succeed";
    return { kind, call, input: ms };
  }
  const how = prng.chance(trouble)
    ? prng.pick(["fail", "flaky", "hang", "later", "skip", "large"] as const)
    : "succeed";
  return kind === "shell"
    ? { kind, shell: { command: `${how} ${ms}` } }
    : { kind, http: { method: "GET", url: `${how} ${ms}` } };
}

/** One task. `refs` are ids that it may need; absent = none of its own making. */
export function drawSpec(world: World, workerNames: readonly string[], now: number): TaskSpec {
  const { prng, options } = world;
  const work = drawWork(prng, options.trouble);
  const spec: TaskSpec = { type: work.kind === "call" ? work.call : work.kind, kind: work.kind, work };
  if (options.wishes.fair > 0 && prng.chance(options.wishes.fair)) return fairTask(prng);
  if (prng.chance(0.5)) spec.arm = prng.pick(ARMS);
  if (prng.chance(0.4)) spec.priority = prng.int(11);
  if (prng.chance(0.15)) spec.delay = prng.pick([0, 100, 5000]);
  else if (prng.chance(0.1)) spec.runAt = now + prng.pick([-1000, 100, 20_000]);
  if (prng.chance(0.1)) spec.expiresAt = now + prng.pick([-1, 100, 4000, 30_000]);
  if (prng.chance(0.2)) spec.timeout = prng.pick([50, 1000, 10_000]);
  if (prng.chance(0.4)) spec.retries = drawRetries(prng);
  if (prng.chance(0.2)) spec.onLost = "fail";
  if (prng.chance(0.1)) spec.worker = prng.chance(0.2) ? GHOST : prng.pick(workerNames);
  wish(spec, prng, options.wishes);
  const { targets } = options.wishes;
  // Only the ghost has one, whatever else is asked for.
  if (targets > 0 && prng.chance(targets) && spec.resources?.["fpga"] === undefined) aim(spec, prng, workerNames);
  return spec;
}

function fairTask(prng: Prng): TaskSpec {
  const work: Work = { kind: "call", call: "succeed", input: prng.pick([1, 20, 300]) };
  const concurrencyKey = { key: `fair${prng.int(4)}`, limit: 1000 };
  return { type: "succeed", kind: "call", work, arm: FAIR, concurrencyKey };
}

function drawRetries(prng: Prng): NonNullable<TaskSpec["retries"]> {
  const limit = prng.int(4);
  if (prng.chance(0.3)) return { limit };
  return {
    limit,
    backoff: prng.pick(["fixed", "exponential"]),
    delay: prng.pick([0, 10, 1000, 8000]),
    maxDelay: 20_000,
    jitter: prng.pick([0, 0.2, 1]),
    ...(prng.chance(0.2) && { exitCodes: [1, 75] }),
  };
}

/** Adds needs by name to tasks that stand in one request: each may need those before it, and `others`. */
export function drawNeeds(prng: Prng, specs: TaskSpec[], others: readonly string[]): void {
  for (const [index, spec] of specs.entries()) {
    const known = [...specs.slice(0, index).flatMap(({ id }) => (id === undefined ? [] : [id])), ...others];
    if (known.length === 0 || !prng.chance(0.5)) continue;
    spec.needs = [...new Set(Array.from({ length: 1 + prng.int(3) }, () => prng.pick(known)))];
  }
}
