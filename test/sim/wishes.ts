/**
 * What tasks of the simulation ask for beyond an arm and a policy: keys, mutexes, rates, unique keys, caches, resources,
 * callbacks. Each seed knows some of these wishes, and a good share of the seeds none at all.
 */
import type { Prng } from "../../src/base/prng.ts";
import { CALLBACK_ON, UNIQUE_POLICIES, UNIQUE_SCOPES } from "../../src/base/words.ts";
import type { Quota, RateLimit, Resources } from "../../src/core/asks.ts";
import type { CallbackSpec } from "../../src/protocol/callbacks.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";

export const WISHES = [
  "owner",
  "key",
  "mutex",
  "rate",
  "unique",
  "cache",
  "rules",
  "resources",
  "callbacks",
  /** Tasks of the arm in which fairness is judged. */
  "fair",
  // What people do beside submitting tasks.
  "arms",
  "quotas",
  "moves",
  "bulks",
  "schedules",
  "plans",
  "deadlines",
  "flows",
  /** Where tasks want to run: see `targets.ts`. */
  "targets",
] as const;

/** These have dice of their own: a seed that knows none of them means what it meant before they were there. */
export const FLEET_WISHES = [
  /** People drain, resume and forget workers. */
  "drains",
  /** Workers take tasks of some arms only. */
  "served",
  /** Tasks for all workers. */
  "all",
  /** Many of one class at once, to be spread, packed, or near what they need. */
  "alike",
] as const;
export type Wish = (typeof WISHES)[number] | (typeof FLEET_WISHES)[number];

/** How likely each wish is, for one task or one action that could have it; 0 = this seed does not know it. */
export type Wishes = Record<Wish, number>;

/** `dice` are for those about workers. */
export function drawWishes(prng: Prng, dice: Prng): Wishes {
  const none = prng.chance(0.25);
  const all = !none && prng.chance(0.1);
  const likely = (): number => (none || (!all && prng.chance(0.6)) ? 0 : prng.pick([0.1, 0.3, 0.7]));
  const wishes = Object.fromEntries(WISHES.map((wish) => [wish, likely()])) as Wishes;
  if (!none && prng.chance(0.4)) wishes.flows = Math.max(wishes.flows, 0.3);
  if (dice.chance(0.3)) wishes.targets = Math.max(wishes.targets, 0.6);
  for (const wish of FLEET_WISHES) wishes[wish] = dice.chance(0.5) ? dice.pick([0.1, 0.3, 0.7]) : 0;
  // A quota is felt by those who have an owner.
  if (wishes.quotas > 0) wishes.owner = Math.max(wishes.owner, 0.3);
  return wishes;
}

export const OWNERS = ["ann", "bob", "cy"] as const;

/** What workers of the simulation offer; only the ghost has an `fpga`. */
export const OFFERED: Resources = { cpu: 2000, gpu: 1000 };
export const OFFERED_BY_GHOST: Resources = { ...OFFERED, fpga: 1000 };

/** One limit per key, so that a start can be judged by the task that starts. */
const RATES: readonly RateLimit[] = [
  { limit: 1, perMs: 1000, burst: 1 },
  { limit: 10, perMs: 1000, burst: 3 },
  { limit: 5, perMs: 60_000, burst: 2 },
];

/** Files that cached tasks name. What they hold never changes; one cannot be read. */
export const FILES: ReadonlyMap<string, string> = new Map([
  ["a.txt", "one"],
  ["b.txt", "two"],
]);
const UNREADABLE = "gone.txt";

/** Adds what this task asks for. */
export function wish(spec: TaskSpec, prng: Prng, wishes: Wishes): void {
  const has = (name: Wish): boolean => wishes[name] > 0 && prng.chance(wishes[name]);
  if (has("owner")) spec.owner = prng.pick(OWNERS);
  if (has("key")) spec.concurrencyKey = { key: `k${prng.int(3)}`, limit: 1 + prng.int(3) };
  if (has("mutex")) spec.mutex = prng.pick([["m0"], ["m1"], ["m0", "m1"]]);
  if (has("rate")) {
    const which = prng.int(RATES.length);
    spec.rate = { key: `rate${which}`, ...RATES[which]! };
  }
  if (has("unique")) spec.uniqueKey = drawUnique(prng);
  if (has("resources")) {
    spec.resources = drawResources(prng);
    // Nobody else could ever run it.
    if (spec.resources["fpga"] !== undefined) spec.worker = undefined;
  }
  if (has("rules")) spec.retries = drawRules(prng);
  if (has("cache")) cached(spec, prng);
  if (has("callbacks")) {
    spec.on = Array.from({ length: 1 + prng.int(2) }, () => drawCallback(prng, prng.chance(0.15) ? 2 : 1));
  }
}

function drawUnique(prng: Prng): NonNullable<TaskSpec["uniqueKey"]> {
  const scope = prng.pick(UNIQUE_SCOPES);
  return {
    // A key has one scope, so that what holds it can be told.
    key: `${scope}${prng.int(2)}`,
    scope,
    policy: prng.pick(UNIQUE_POLICIES),
    ...(scope === "period" && { periodMs: prng.pick([100, 5000, 60_000]) }),
  };
}

function drawResources(prng: Prng): Resources {
  if (prng.chance(0.05)) return { fpga: 1000 };
  return prng.pick<Resources>([{ cpu: 500 }, { cpu: 1500 }, { cpu: 2000 }, { gpu: 1000 }, { cpu: 1000, gpu: 400 }]);
}

type Retries = Extract<TaskSpec["retries"], { rules?: unknown }>;
type Rule = NonNullable<Retries["rules"]>[number];

function drawRules(prng: Prng): NonNullable<TaskSpec["retries"]> {
  const limit = prng.int(3);
  const rule = () =>
    prng.pick<Rule>([
      { exitCodes: [1], limit: 2, backoff: "fixed", delay: 10 },
      { exitCodes: [2, 75], limit: prng.int(3) },
      { errors: ["Error"], limit: 1, delay: 100 },
      { errors: ["timeout"], limit: 0 },
      { statuses: [5], limit: 2, delay: 50, maxDelay: 1000 },
      { statuses: [429], limit: 0 },
    ]);
  return { limit, delay: 20, rules: Array.from({ length: 1 + prng.int(3) }, rule) };
}

/** Its work becomes one whose result tells what it was asked. */
function cached(spec: TaskSpec, prng: Prng): void {
  const n = prng.int(3);
  spec.kind = "call";
  spec.type = "echo";
  spec.work = { kind: "call", call: "echo", input: { n, ms: prng.pick([0, 20, 300]), fails: prng.chance(0.3) } };
  spec.cache = {
    ...(prng.chance(0.3) && { key: `echo${n}` }),
    ...(prng.chance(0.2) && { files: [prng.chance(0.05) ? UNREADABLE : prng.pick([...FILES.keys()])] }),
    ...(prng.chance(0.4) && { ttl: prng.pick([200, 10_000]) }),
    ...(prng.chance(0.15) && { refresh: true }),
  };
}

function drawCallback(prng: Prng, depth: number): CallbackSpec {
  const on = prng.pick(CALLBACK_ON);
  const how = prng.chance(0.2) ? "flaky" : "succeed";
  const kind = prng.pick(["call", "shell", "http"] as const);
  const task: TaskSpec =
    kind === "call"
      ? { type: "note", kind, work: { kind, call: "note" } }
      : kind === "shell"
        ? { type: "tell", kind, work: { kind, shell: { command: `${how} 1` } } }
        : {
            ...{ type: "webhook", kind, retries: { limit: 3, delay: 100 } },
            work: { kind, http: { method: "POST", url: `http://sim/${how}/1`, sign: "default" } },
          };
  if (depth > 1) task.on = [drawCallback(prng, depth - 1)];
  return { on, task, news: ({ call: "input", shell: "env", http: "body" } as const)[kind] };
}

/** A quota that lets everything through in the end. */
export function drawQuota(prng: Prng): Quota {
  return {
    ...(prng.chance(0.5) && { concurrent: 1 + prng.int(3) }),
    ...(prng.chance(0.5) && { tasks: { limit: 1 + prng.int(5), perMs: prng.pick([500, 3000]) } }),
    ...(prng.chance(0.3) && { cpu: { limitMs: prng.pick([1, 50]), perMs: prng.pick([500, 3000]) } }),
  };
}
