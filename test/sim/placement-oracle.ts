/**
 * Who may run where and who is the best for it, written down a second time: slowly, from the running tasks alone, without any
 * of the tables of `core/fleet`. Follows the events of a turn one by one and judges each start by the state before it.
 */
import assert from "node:assert/strict";
import { apply } from "../../src/core/apply.ts";
import type { Event } from "../../src/core/event.ts";
import type { AttemptStarted } from "../../src/core/task-events.ts";
import type { Worker } from "../../src/core/fleet/worker.ts";
import { goesBefore, type Lane } from "../../src/core/lane.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import type { Task } from "../../src/core/task.ts";
import type { Turn } from "../../src/core/turn.ts";
import { compare, mayTake, oddUnits, type Scene } from "./placement-judge.ts";

export class PlacementOracle {
  readonly #state: State = createState();
  /** Workers that were not chosen though they could, by what decided it. */
  readonly choices = { weight: 0, near: 0, spread: 0, policy: 0, name: 0 };
  /** The state that really places: it alone knows who is connected. */
  #real: State = this.#state;
  #now = 0;
  #policy = "spread";

  /** Follows a turn of which `real` is the outcome. All of the tasks are without gates. */
  follow(real: State, turn: Turn): void {
    this.#real = real;
    this.#now = turn.now;
    this.#policy = turn.placement;
    for (const event of JSON.parse(JSON.stringify(turn.events)) as Event[]) {
      if (event.type === "AttemptStarted") this.#judge(event);
      apply(this.#state, event, turn.now);
    }
    for (const lane of this.#state.lanes.values()) {
      const task = this.#head(lane);
      if (task === undefined) continue;
      const idle = this.#able(task);
      assert.equal(idle[0]?.name, undefined, `t${task.seq} waits, and could run on ${idle[0]?.name}`);
    }
    forgetEnded(this.#state);
  }

  #head(lane: Lane): Task | undefined {
    return lane.queued === 0 ? undefined : (lane.head(this.#state.timers, this.#now) as Task | undefined);
  }

  #judge({ task: seq, worker: name, units }: AttemptStarted): void {
    const task = this.#state.tasks.get(seq)!;
    for (const lane of task.lane.arm.lanes) {
      const head = this.#head(lane);
      if (head === undefined || head === task || !goesBefore(head, task, this.#now)) continue;
      const idle = this.#able(head);
      assert.equal(idle[0]?.name, undefined, `t${head.seq} is before t${seq}, and could run on ${idle[0]?.name}`);
    }
    const able = this.#able(task);
    const chosen = able.find((worker) => worker.name === name);
    assert.ok(chosen !== undefined, `t${seq} may run on ${name}`);
    this.#compare(task, chosen, able);
    assert.equal(oddUnits(task.lane.requires, chosen, attemptsOf(chosen), units), undefined, `t${seq}`);
  }

  /** The workers that may take the task now. */
  #able(task: Task): Worker[] {
    return [...this.#state.workers.values()].filter((worker) => {
      const { session, lastSeenAt, local } = this.#real.workers.get(worker.name) ?? { session: 0, lastSeenAt: 0 };
      if (session === 0 || worker.draining || worker.attempts.size >= worker.slots) return false;
      if (local !== true && this.#now - lastSeenAt > 60_000) return false;
      return mayTake(worker, task.lane, attemptsOf(worker));
    });
  }

  /** None of the others is before the chosen one. */
  #compare(task: Task, chosen: Worker, able: readonly Worker[]): void {
    const near = this.#state.fleet.near.get(task) ?? [];
    const scene: Scene = { workers: [...this.#state.workers.values()], on: attemptsOf, policy: this.#policy, near };
    for (const other of able) {
      if (other === chosen) continue;
      const { first, by, words } = compare(scene, task, chosen, other);
      assert.equal(first, chosen, words);
      this.choices[by]++;
    }
  }
}

function attemptsOf(worker: Worker): readonly Task[] {
  return [...worker.attempts];
}
