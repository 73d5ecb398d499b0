/**
 * Workflow files as people of the simulation write them: random graphs in which every word of the language that changes what
 * becomes of a task is to be met. They are compiled and evaluated by the production language.
 */
import type { Prng } from "../../src/base/prng.ts";
import { type Json, RUN_OVERLAPS, TRIGGERS, UNIQUE_SCOPES } from "../../src/base/words.ts";
import type { World } from "./world.ts";

type Mapping = { [key: string]: Json };

/** A limit of a group belongs to its name, so that it can be judged. */
const GROUPS = [
  { group: "one", limit: 1 },
  { group: "two", limit: 2 },
  // With the first one: runs that hold one and wait for the other, inside one another.
  { group: "three", limit: 1 },
] as const;
const DEPTH_MAX = 2;
/** Values of the param `go`, which `when` looks at. */
export const GO = [0, 1] as const;

/** A whole file. */
export function drawFlow(world: World): Mapping {
  const { prng, options } = world;
  const file: Mapping = { name: prng.pick(["flow", "other"]) };
  if (prng.chance(0.25)) file["concurrency"] = { ...prng.pick(GROUPS), overlap: prng.pick(RUN_OVERLAPS) };
  if (prng.chance(0.25)) file["maxParallel"] = 1 + prng.int(3);
  if (prng.chance(0.15)) file["runTimeout"] = prng.pick(["50ms", "1s", "20s"]);
  const many = prng.chance(0.1) ? 20 : 7;
  return { ...file, ...drawBody(prng, options.trouble, { depth: 0, count: 1 + prng.int(many) }) };
}

/** The tasks, their handlers, and what the run leaves. */
function drawBody(prng: Prng, trouble: number, { depth, count }: { depth: number; count: number }): Mapping {
  const tasks: Mapping = {};
  for (let n = 0; n < count; n++) {
    const others = Object.keys(tasks);
    const before = Object.fromEntries(others.map((name) => [name, isList(tasks[name])]));
    tasks[`t${n}`] = drawTask(prng, trouble, { depth, before });
  }
  const body: Mapping = { params: { go: { type: "integer", default: 1 } }, tasks };
  if (prng.chance(0.35)) body["on"] = drawHandlers(prng, trouble);
  if (prng.chance(0.25)) body["outputs"] = { last: `\${{ tasks.t${prng.int(count)}.state }}` };
  return body;
}

function isList(task: Json | undefined): boolean {
  return (task as Mapping)["call"] === "list";
}

interface Place {
  depth: number;
  /** Names of the tasks before it, and whether their results are lists. */
  before: Readonly<Record<string, boolean>>;
}

function drawTask(prng: Prng, trouble: number, { depth, before }: Place): Mapping {
  const names = Object.keys(before);
  const needs = names.length === 0 || prng.chance(0.25) ? [] : some(prng, names);
  const task: Mapping = { ...drawKind(prng, trouble, { depth, before }, needs) };
  if (needs.length > 0) task["needs"] = needs;
  if (needs.length > 0 && prng.chance(0.35)) task["trigger"] = prng.pick(TRIGGERS);
  if (prng.chance(0.15)) task["when"] = drawWhen(prng, needs);
  const leave = prng.int(20);
  if (leave < 3) task["allowFailure"] = true;
  else if (leave < 6) task["continueOn"] = { exitCodes: [1], ...(prng.chance(0.5) && { skipped: true }) };
  const isContainer = task["each"] !== undefined || task["workflow"] !== undefined;
  if (task["approval"] === undefined && prng.chance(0.1)) task["approval"] = drawApproval(prng);
  if (prng.chance(0.2)) task["compensate"] = drawWork(prng, trouble / 2);
  if (isContainer) {
    if (prng.chance(0.1)) task["runTimeout"] = prng.pick(["60ms", "2s"]);
  } else if (task["approval"] === undefined || task["call"] !== undefined || task["shell"] !== undefined) {
    Object.assign(task, drawTries(prng));
    // What is cached is a call, whatever it was before.
    if (task["cache"] !== undefined) delete task["shell"];
  }
  return task;
}

/** How it is tried, and when. */
function drawTries(prng: Prng): Mapping {
  const task: Mapping = {};
  if (prng.chance(0.15)) task["timeout"] = prng.pick(["50ms", "1s"]);
  if (prng.chance(0.25)) task["retries"] = { limit: prng.int(3), delay: prng.pick(["0ms", "10ms", "1s"]) };
  if (prng.chance(0.1)) task["onLost"] = "fail";
  if (prng.chance(0.1)) task["delay"] = prng.pick(["10ms", "2s"]);
  if (prng.chance(0.1)) task["repeat"] = drawRepeat(prng);
  if (prng.chance(0.2)) task["priority"] = prng.int(11);
  if (prng.chance(0.15)) Object.assign(task, drawAsks(prng));
  return task;
}

/** What it asks for beside a worker. */
function drawAsks(prng: Prng): Mapping {
  switch (prng.int(4)) {
    case 0:
      return { mutex: prng.pick(["m0", "m1"]) };
    case 1:
      return { concurrencyKey: { key: `k${prng.int(3)}`, limit: 1 + prng.int(2) } };
    case 2: {
      const scope = prng.pick(UNIQUE_SCOPES);
      const key = `${scope}${prng.int(2)}`;
      return { uniqueKey: { key, scope, policy: "replace", ...(scope === "period" && { period: "5s" }) } };
    }
    default: {
      const n = prng.int(3);
      const files = prng.chance(0.3) ? { files: [prng.chance(0.1) ? "gone.txt" : "a.txt"] } : {};
      const input = { n, ms: prng.pick([0, 20, 300]), fails: prng.chance(0.2) };
      return { call: "echo", input, cache: { key: `echo${n}`, ...files } };
    }
  }
}

function some(prng: Prng, names: readonly string[]): string[] {
  return [...new Set(Array.from({ length: 1 + prng.int(3) }, () => prng.pick(names)))];
}

function drawKind(prng: Prng, trouble: number, { depth, before }: Place, needs: readonly string[]): Mapping {
  const what = prng.int(20);
  if (what < 4) {
    const lists = needs.filter((name) => before[name]);
    const each = drawItems(prng, lists, needs);
    const body = depth < DEPTH_MAX && prng.chance(0.2) ? drawInner(prng, trouble, depth) : drawWork(prng, trouble);
    const more: Mapping = {};
    if (prng.chance(0.4)) more["failFast"] = true;
    if (prng.chance(0.4)) more["maxParallel"] = 1 + prng.int(2);
    if (prng.chance(0.2) && body["workflow"] === undefined) more["retries"] = 1;
    return { ...body, each, ...more };
  }
  if (what < 6 && depth < DEPTH_MAX) return drawInner(prng, trouble, depth);
  if (what < 7) return { approval: drawApproval(prng) };
  if (what < 10) return { call: "list", input: { n: prng.int(5), ms: prng.pick([0, 5, 100]) } };
  return drawWork(prng, trouble);
}

function drawInner(prng: Prng, trouble: number, depth: number): Mapping {
  const inner = drawBody(prng, trouble, { depth: depth + 1, count: 1 + prng.int(3) });
  if (prng.chance(0.2)) inner["maxParallel"] = 1 + prng.int(2);
  if (prng.chance(0.2)) inner["concurrency"] = { ...prng.pick(GROUPS), overlap: "queue" };
  return { workflow: inner };
}

function drawItems(prng: Prng, lists: readonly string[], needs: readonly string[]): Json {
  if (lists.length > 0 && prng.chance(0.8)) return `\${{ tasks.${prng.pick(lists)}.result }}`;
  // No list, as is found out when its turn comes.
  if (needs.length > 0 && prng.chance(0.05)) return `\${{ tasks.${needs[0]}.state }}`;
  return Array.from({ length: prng.int(prng.chance(0.4) ? 9 : 4) }, (_, n) => n);
}

function drawWork(prng: Prng, trouble: number): Mapping {
  const ms = prng.pick([0, 1, 20, 300, 4000]);
  const isCall = prng.chance(0.5);
  const how = prng.chance(trouble)
    ? prng.pick(isCall ? ["fail", "flaky", "hang", "deaf", "large"] : ["fail", "flaky", "hang", "later", "skip"])
    : "succeed";
  return isCall ? { call: how, input: ms } : { shell: `${how} ${ms}` };
}

function drawWhen(prng: Prng, needs: readonly string[]): string {
  if (needs.length > 0 && prng.chance(0.6)) return `tasks.${prng.pick(needs)}.state == "succeeded"`;
  return prng.pick(["false", "true", "params.go == 1", "params.go == 0"]);
}

function drawApproval(prng: Prng): Json {
  if (prng.chance(0.3)) return true;
  return {
    message: "may it?",
    ...(prng.chance(0.6) && { timeout: prng.pick(["50ms", "3s", "1m"]) }),
    ...(prng.chance(0.5) && { onTimeout: prng.pick(["reject", "approve"]) }),
  };
}

function drawRepeat(prng: Prng): Json {
  const limit = 1 + prng.int(4);
  const until = prng.chance(0.5) ? { until: `attempt >= ${1 + prng.int(5)}` } : {};
  return { limit, interval: prng.pick(["1ms", "20ms", "1s"]), ...until };
}

function drawHandlers(prng: Prng, trouble: number): Mapping {
  const on: Mapping = {};
  for (const role of ["success", "failure", "cancel", "exit"]) {
    if (prng.chance(0.4)) continue;
    const first = { ...drawWork(prng, trouble / 2), ...(prng.chance(0.2) && { allowFailure: true }) };
    on[role] = prng.chance(0.6) ? first : { first, second: drawWork(prng, trouble / 2) };
  }
  return on;
}
