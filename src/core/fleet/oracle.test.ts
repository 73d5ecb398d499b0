/** Placement against a slow judge that knows none of its tables: random workers, tasks, ends, partings and drains. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";
import { PlacementOracle } from "../../../test/sim/placement-oracle.ts";
import { createPrng, type Prng } from "../../base/prng.ts";
import type { Asks, LabelTerm, Target } from "../asks.ts";
import type { NewTask } from "../command.ts";
import { explain } from "../explain.ts";

const NAMES = Array.from({ length: 9 }, (_, n) => `w${n}`);
const ZONES = ["attic", "cellar", "roof"];

function maybe<T>(prng: Prng, chance: number, make: () => T): T | undefined {
  return prng.chance(chance) ? make() : undefined;
}

function drawTerm(prng: Prng): LabelTerm {
  return prng.pick<LabelTerm>([
    { label: "zone", op: "==", values: [prng.pick(ZONES)] },
    { label: "zone", op: "!=", values: [prng.pick(ZONES)] },
    { label: "zone", op: "in", values: ["attic", "roof"] },
    { label: "zone", op: "not in", values: ["attic", "roof"] },
    { label: "fast", op: "exists", values: [] },
    { label: "fast", op: "not exists", values: [] },
    { label: "name", op: "in", values: [prng.pick(NAMES), prng.pick(NAMES)] },
    { label: "constructor", op: "not exists", values: [] },
  ]);
}

function drawTarget(prng: Prng): Target {
  if (prng.chance(0.25)) return { spread: "zone" };
  return {
    labels: maybe(prng, 0.4, () => Array.from({ length: 1 + prng.int(2) }, () => drawTerm(prng))),
    prefer: maybe(prng, 0.4, () =>
      Array.from({ length: 1 + prng.int(2) }, () => ({ labels: [drawTerm(prng)], weight: prng.pick([-2, 1, 1, 3]) })),
    ),
    apart: maybe(prng, 0.15, () => prng.pick(["a", "b"])),
    spread: maybe(prng, 0.3, () => prng.pick(["zone", "worker", "name"])),
    policy: maybe(prng, 0.3, () => prng.pick(["pack", "spread"] as const)),
    near: maybe(prng, 0.3, () => true as const),
  };
}

function drawAsks(prng: Prng): Asks | undefined {
  const target = maybe(prng, 0.6, () => drawTarget(prng));
  const asks: Asks = prng.pick<Asks>([
    {},
    {},
    {},
    { resources: { gpu: 1000 } },
    { resources: { gpu: 400 } },
    { resources: { gpu: 1500 } },
    { resources: { gpu: 2000, cpu: 500 } },
    { resources: { cpu: 1000 } },
    { resources: { gpu: 1000 }, units: { gpu: [1] } },
    { resources: { gpu: 500 }, units: { gpu: [0] } },
    { resources: { gpu: 2000 }, units: { gpu: [0, 2] } },
  ]);
  return target === undefined && asks.resources === undefined ? undefined : { ...asks, target };
}

function drawTask(prng: Prng, wishes: readonly (Asks | undefined)[], parents: readonly number[]): Partial<NewTask> {
  if (prng.chance(0.15) && parents.length > 0) {
    return { kind: "shell", needs: [{ task: prng.pick(parents) }], asks: { target: { near: true } } };
  }
  return {
    kind: prng.pick(["shell", "shell", "http"]),
    arm: prng.pick(["default", "default", "side"]),
    priority: prng.pick([3, 5, 5, 5, 8]),
    worker: maybe(prng, 0.1, () => prng.pick(NAMES)),
    asks: prng.pick(wishes),
  };
}

function drawWorker(prng: Prng, instance: string) {
  const zone = maybe(prng, 0.8, () => prng.pick(ZONES));
  const gpus = prng.int(4);
  return {
    instance,
    kinds: prng.chance(0.85) ? (["shell", "http", "call"] as const).slice() : (["shell"] as const).slice(),
    labels: { ...(zone !== undefined && { zone }), ...(prng.chance(0.4) && { fast: "yes" }) },
    resources: { cpu: prng.pick([500, 2000]), ...(gpus > 0 && { gpu: gpus * 1000 }) },
    units: gpus > 0 ? { gpu: Array.from({ length: gpus }, (_, n) => `${n}`) } : undefined,
    arms: maybe(prng, 0.15, () => ["side"]),
  };
}

interface Scene {
  core: Harness;
  prng: Prng;
  oracle: PlacementOracle;
  /** Instance by name of the workers that are connected. */
  sessions: Map<string, { instance: string; session: number }>;
  /** What tasks ask for: few of a kind, so that classes come again. */
  wishes: (Asks | undefined)[];
  count: number;
}

function act({ core, prng, sessions, ...scene }: Scene, step: number): void {
  const running = [...core.state.tasks.values()].filter(({ live }) => live !== undefined);
  const name = prng.pick(NAMES);
  const what = prng.int(14);
  if (what < 2) {
    if (sessions.has(name)) return;
    core.connect(name, 1 + prng.int(4), drawWorker(prng, `i${step}`));
    sessions.set(name, { instance: `i${step}`, session: core.state.workers.get(name)!.session });
  } else if (what === 2) {
    const session = sessions.get(name);
    if (session === undefined) return;
    sessions.delete(name);
    core.turn({ type: "DisconnectWorker", worker: name, session: session.session, goodbye: prng.chance(0.7) });
  } else if (what === 3) {
    core.turn({ type: prng.chance(0.5) ? "DrainWorker" : "ResumeWorker", worker: name, held: true } as never);
  } else if (what === 4) {
    core.now += prng.pick([10, 1000, 20_000]);
    for (const [worker, { session }] of sessions) core.turn({ type: "WorkerAlive", worker, session });
    core.turn({ type: "Tick" });
    for (const worker of sessions.keys()) if (!core.state.workers.has(worker)) sessions.delete(worker);
  } else if (what < 8) {
    const live = [...core.state.tasks.values()].map(({ seq }) => seq);
    core.submit(...Array.from({ length: 1 + prng.int(scene.count) }, () => drawTask(prng, scene.wishes, live)));
  } else if (running.length > 0) {
    const ends = running.filter(() => prng.chance(0.5)).slice(0, 20);
    core.turn(
      ...ends.map(({ seq, attempt, live }) => ({
        type: "EndAttempt" as const,
        worker: live!.worker.name,
        session: live!.worker.session,
        task: seq,
        attempt,
        report: { outcome: prng.chance(0.9) ? ("succeeded" as const) : ("failed" as const) },
      })),
    );
  }
}

function play(seed: number, steps: number): PlacementOracle {
  const prng = createPrng(seed);
  const core = new Harness();
  const oracle = new PlacementOracle();
  core.placement = prng.pick(["spread", "pack"]);
  // The judge knows of no worker that is kept free: `reservation.test.ts` does.
  core.reserveAfterMs = Infinity;
  core.onTurn = (state, turn) => {
    oracle.follow(state, turn);
    for (const task of state.tasks.values()) {
      if (task.state === "queued")
        assert.notDeepEqual(explain(state, task, turn.now), [], `t${task.seq} says why it waits`);
    }
  };
  const wishes = Array.from({ length: 1 + prng.int(8) }, () => drawAsks(prng));
  const scene: Scene = { core, prng, oracle, sessions: new Map(), wishes, count: prng.pick([1, 3, 8]) };
  for (const name of NAMES.slice(0, 1 + prng.int(NAMES.length))) {
    core.connect(name, 1 + prng.int(4), drawWorker(prng, "i"));
    scene.sessions.set(name, { instance: "i", session: core.state.workers.get(name)!.session });
  }
  for (let step = 0; step < steps; step++) {
    try {
      act(scene, step);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }
  return oracle;
}

test("every start is of the first task that can, on the best worker that may, with the right units", () => {
  const seen = { weight: 0, near: 0, spread: 0, policy: 0, name: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const { choices } = play(seed, 50);
    for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += choices[key];
  }
  // The judge had something to judge, of every kind.
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what} decided ${count} times`);
});
