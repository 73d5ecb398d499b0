/**
 * What one seed is like. Every kind of fault is drawn at random, and left out altogether in a good share of the seeds: a
 * fault that is always there hides what happens without it.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { Placement } from "../../src/base/words.ts";
import { drawWishes, type Wishes } from "./wishes.ts";

export interface SimOptions {
  /** Where rows are kept: in memory, or in a real file that is closed and opened again at each crash. */
  store: "memory" | "file";
  /** True: appends answer later, as those of a journal on the network do. */
  asyncAppend: boolean;
  leaseMs: number;
  heartbeatMs: number;
  workers: number;
  slotsMax: number;
  /** Actions of people, and the mean time between them. */
  actions: number;
  actionEveryMs: number;
  /** Most tasks of one bulk. */
  bulkMax: number;
  soonMsMax: number;
  /** Longest time that a frame is on its way. */
  delayMsMax: number;
  /** Mean time between faults of each kind; Infinity = never. */
  everyMs: Record<FaultKind, number>;
  /** Chance that one append crashes the server before, or after, the batch is durable. */
  crashBeforeAppend: number;
  crashAfterAppend: number;
  appendError: number;
  /** Tasks of a run, and members of a list, that are decided in one command. */
  stretch: number;
  /** A worker in the server's own process. */
  local: boolean;
  /** Readers of the feed. */
  screens: number;
  /** Chance that a worker says an old result again with what it sends. */
  stutter: number;
  /** Workers that lie. */
  liars: number;
  /** Ended tasks kept by retention. */
  keepCount: number;
  /** Share of tasks that behave in each way; see `work.ts`. */
  trouble: number;
  /** How a worker is chosen where the task does not say. */
  placement: Placement;
  /** How long a task waits until a worker is kept free for it. */
  reserveAfterMs: number;
  /** What tasks and people ask for. */
  wishes: Wishes;
}

export const FAULT_KINDS = [
  "serverCrash",
  "serverStop",
  "workerCrash",
  "workerStop",
  "workerFreeze",
  "serverFreeze",
  "cut",
  "halfOpen",
  "diskFull",
  "clockJump",
  "clockBack",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** `dice` are for what is about workers. */
export function drawOptions(prng: Prng, dice: Prng): SimOptions {
  const between = (min: number, max: number): number => min + prng.int(max - min + 1);
  const leaseMs = prng.pick([1500, 6000, 30_000]);
  const actionEveryMs = prng.pick([5, 50, 500, 3000]);
  const actions = between(10, 60);
  const phaseMs = actions * actionEveryMs;
  const every = (): number => (prng.chance(0.6) ? Infinity : Math.max(phaseMs / between(1, 8), 50));
  return {
    store: prng.chance(0.04) ? "file" : "memory",
    asyncAppend: prng.chance(0.15),
    leaseMs,
    heartbeatMs: leaseMs / 3,
    workers: between(1, 4),
    slotsMax: prng.pick([1, 2, 4, 10]),
    actions,
    actionEveryMs,
    bulkMax: prng.chance(0.02) ? 700 : prng.pick([2, 8, 25]),
    soonMsMax: prng.pick([0, 0.5, 3]),
    delayMsMax: prng.pick([0, 2, 20, 400]),
    everyMs: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, every()])) as Record<FaultKind, number>,
    crashBeforeAppend: prng.chance(0.25) ? prng.pick([0.003, 0.03]) : 0,
    crashAfterAppend: prng.chance(0.25) ? prng.pick([0.003, 0.03]) : 0,
    appendError: prng.chance(0.2) ? prng.pick([0.003, 0.03]) : 0,
    stretch: prng.pick([1, 3, 512]),
    local: prng.chance(0.2),
    screens: prng.chance(0.3) ? 1 : 0,
    stutter: prng.chance(0.15) ? 0.3 : 0,
    liars: prng.chance(0.25) ? 1 : 0,
    keepCount: prng.chance(0.2) ? between(0, 20) : 1_000_000,
    trouble: prng.pick([0, 0.2, 0.6]),
    placement: dice.chance(0.25) ? "pack" : "spread",
    wishes: drawWishes(prng, dice),
    reserveAfterMs: dice.pick([0, 200, 2000, 30_000, Infinity]),
  };
}
