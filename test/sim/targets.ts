/**
 * Where tasks of the simulation want to run, and what its workers say of themselves for that. Whatever a task asks for, some
 * worker that comes back can give it: everything has to end.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { LabelTerm, Resources, Target } from "../../src/core/asks.ts";
import { onAllWorkers } from "../../src/protocol/all-workers.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { World } from "./world.ts";

/** Every worker has this, whoever it is. */
const CARDS = ["0", "1", "5"];

export interface Traits {
  labels: Record<string, string>;
  resources: Resources;
  units: Record<string, string[]>;
}

/** What the worker of this name is. */
export function traitsOf(name: string): Traits {
  const zone = name.charCodeAt(name.length - 1) % 2 === 0 ? "attic" : "cellar";
  return { labels: { os: "sim", zone }, resources: { card: CARDS.length * 1000 }, units: { card: CARDS } };
}

/** Makes all of them the same but for their names, with one wish where to be. */
export function drawAlike(specs: readonly TaskSpec[], { prng, options }: World): void {
  const { alike } = options.wishes;
  const [first] = specs;
  if (alike === 0 || first === undefined || !prng.chance(alike)) return;
  if (!isPlain(first)) return;
  const target = prng.pick<Target>([{ spread: "zone" }, { spread: "worker" }, { policy: "pack" }, { near: true }]);
  const { type, kind, arm, resources, units } = first;
  const work = { ...first.work };
  for (const spec of specs) {
    if (isPlain(spec)) Object.assign(spec, { type, kind, arm, resources, units, work, worker: undefined, target });
  }
}

function isPlain({ kind, cache, arm }: TaskSpec): boolean {
  return kind !== "each" && cache === undefined && arm !== "fair";
}

/** Arms of which a worker that starts takes tasks; undefined = all. Once everything is healed, each takes all. */
export function drawArms({ prng, options, healed }: World): readonly string[] | undefined {
  const { served } = options.wishes;
  if (healed || served === 0 || !prng.chance(served)) return undefined;
  return prng.pick([["default"], ["gpu", "mail"], ["mail", "fair"], ["nobody's"]]);
}

/** The task as one for all workers, where it can be. What lies about itself has no labels, and is not meant. */
export function onAll(spec: TaskSpec, { prng, options }: World): TaskSpec {
  const { all } = options.wishes;
  if (all === 0 || !prng.chance(all) || spec.worker !== undefined || spec.cache !== undefined) return spec;
  if (options.liars > 0 || prng.chance(0.3)) {
    spec.target = { ...spec.target, labels: [{ label: "os", op: "==", values: ["sim"] }] };
  }
  return onAllWorkers(spec);
}

/** Adds where this task wants to run. */
export function aim(spec: TaskSpec, prng: Prng, workerNames: readonly string[]): void {
  if (prng.chance(0.6)) cards(spec, prng);
  if (prng.chance(0.7)) spec.target = drawTarget(prng, spec.worker === undefined ? workerNames : []);
}

function cards(spec: TaskSpec, prng: Prng): void {
  const [card, units] = prng.pick<[number, number[]?]>([
    [1000],
    [500],
    [300],
    [1500],
    [3000],
    [1000, [1]],
    [2000, [0, 2]],
    [400, [0]],
  ]);
  spec.resources = { ...spec.resources, card };
  if (units !== undefined) spec.units = { card: units };
}

function drawTarget(prng: Prng, workerNames: readonly string[]): Target {
  const target: { -readonly [K in keyof Target]: Target[K] } = {};
  if (prng.chance(0.4)) {
    const anywhere: LabelTerm[] = [
      { label: "os", op: "==", values: ["sim"] },
      { label: "zone", op: "exists", values: [] },
      { label: "zone", op: "not in", values: ["roof"] },
      { label: "spot", op: "not exists", values: [] },
    ];
    target.labels = [
      workerNames.length > 0 && prng.chance(0.6)
        ? { label: "name", op: "==", values: [prng.pick(workerNames)] }
        : prng.pick(anywhere),
    ];
  }
  if (prng.chance(0.3)) {
    const labels: LabelTerm[] = [{ label: "zone", op: "==", values: [prng.pick(["attic", "cellar"])] }];
    target.prefer = [{ labels, weight: prng.pick([-3, 1, 5]) }];
  }
  if (prng.chance(0.4)) target.apart = prng.pick(["x", "y"]);
  if (prng.chance(0.3)) target.spread = prng.pick(["zone", "worker"]);
  if (prng.chance(0.3)) target.policy = prng.pick(["pack", "spread"]);
  if (prng.chance(0.3)) target.near = true;
  return target;
}
