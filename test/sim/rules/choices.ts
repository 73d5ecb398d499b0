/**
 * V30  Each start is on the best of the workers that may take the task at that moment: by preferences, then where its needs
 *      ran, then by spreading, then by policy; and its units are the right ones. These are wishes: they decide between
 *      workers that may, and keep nobody waiting (`agreement.ts` judges who waits).
 *
 * Judged at the end of a turn: all its starts are its last events, so what ran before each of them is what runs then,
 * without it and those after it.
 */
import type { Event } from "../../../src/core/event.ts";
import type { AttemptStarted } from "../../../src/core/task-events.ts";
import type { Worker } from "../../../src/core/fleet/worker.ts";
import type { State } from "../../../src/core/state.ts";
import type { Task } from "../../../src/core/task.ts";
import type { Turn } from "../../../src/core/turn.ts";
import type { Rule } from "../book.ts";
import { compare, isAway, mayTake, oddUnits, type Scene, wasHeardSince } from "../placement-judge.ts";
import type { World } from "../world.ts";

/** Starts of one turn that are judged. */
const STARTS_MAX = 30;

export class ChoiceRule implements Rule {
  readonly #world: World;
  readonly #needs = new Map<number, readonly number[]>();
  /** The workers that attempts of each task were on. */
  readonly #ranOn = new Map<number, Set<string>>();
  /** Workers that were kept free for others when the turn before ended; `reservations.ts` judges those. */
  #kept = new Set<Worker>();

  constructor(world: World) {
    this.#world = world;
  }

  judge(event: Event): void {
    if (event.type === "TaskSubmitted" || event.type === "TaskReopened") this.#needs.set(event.task, event.needs ?? []);
    else if (event.type === "AttemptStarted") {
      const known = this.#ranOn.get(event.task);
      if (known === undefined) this.#ranOn.set(event.task, new Set([event.worker]));
      else known.add(event.worker);
    }
  }

  turned(state: State, turn: Turn): void {
    const starts = turn.events.filter((event) => event.type === "AttemptStarted");
    const kept = new Set([...state.fleet.reservations].map(({ worker }) => worker));
    for (const worker of this.#kept) kept.add(worker);
    this.#kept = new Set([...state.fleet.reservations].map(({ worker }) => worker));
    if (starts.length === 0) return;
    const order = new Map(starts.map(({ task }, index) => [task, index]));
    const workers = [...state.workers.values()];
    for (const [index, start] of starts.slice(0, STARTS_MAX).entries()) {
      const task = state.tasks.get(start.task)!;
      const near = state.fleet.near.get(task) ?? [];
      const ran = new Map<Worker, readonly Task[]>();
      for (const worker of workers) {
        ran.set(
          worker,
          [...worker.attempts].filter(({ seq }) => (order.get(seq) ?? -1) < index),
        );
      }
      const scene: Scene = { workers, near, policy: turn.placement, on: (worker) => ran.get(worker)! };
      this.#judgeNear(task, near);
      this.#judgeStart(start, task, scene, { now: turn.now, kept });
    }
  }

  /** What is known of where its needs ran is a hint, and true. */
  #judgeNear({ seq }: Task, near: readonly string[]): void {
    for (const name of near) {
      const isTrue = this.#needs.get(seq)!.some((need) => this.#ranOn.get(need)?.has(name));
      this.#world.demand(isTrue, () => `V30: no need of t${seq} ever ran on ${name}`);
    }
  }

  #judgeStart(
    { worker: name, units }: AttemptStarted,
    task: Task,
    scene: Scene,
    when: { now: number; kept: Set<Worker> },
  ): void {
    const { demand } = this.#world;
    const { now, kept } = when;
    const able = scene.workers.filter((worker) => {
      const on = scene.on(worker);
      return !isAway(worker, now) && on.length < worker.slots && mayTake(worker, task.lane, on);
    });
    const chosen = able.find((worker) => worker.name === name);
    demand(chosen !== undefined, () => `V30: t${task.seq} may not start on ${name}`);
    const odd = oddUnits(task.lane.requires, chosen!, scene.on(chosen!), units);
    demand(odd === undefined, () => `V30: t${task.seq} ${odd}`);
    for (const other of able) {
      if (other === chosen || kept.has(other) || wasHeardSince(this.#world, other, now)) continue;
      const { first, by, words } = compare(scene, task, chosen!, other);
      demand(first === chosen, () => `V30: ${words}`);
      this.#world.count(`choices by ${by}`);
    }
  }
}
