/** Cross-checks of arms, lanes, gates and groups, for `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import { type Gate, needObstacle } from "./gate.ts";
import type { TaskGroup } from "./group.ts";
import type { Arm, Lane } from "../lane.ts";
import { orderOf, placeOf } from "../rank.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";

/** `queued`: how many tasks stand in each lane. */
export function checkLimits(state: State, queued: ReadonlyMap<Lane, number>): void {
  checkArms(state, queued);
  checkGates(state);
  checkResources(state);
}

/** The tasks that wait in the lane: in the order of its rings, then group by group. */
export function tasksIn(state: State, lane: Lane): Task[] {
  const tasks = [...lane.singles()];
  const groups: TaskGroup[] = [];
  for (const set of state.limits.gates.sets()) {
    for (const group of set.groups) if (group.pool.lane === lane) groups.push(group);
  }
  // The stamp of a group without a key lags behind while nobody asks for it.
  const stampOf = (group: TaskGroup): number => (group.pool.keyed ? group.stamp : placeOf(group.head()));
  const orderIn = (group: TaskGroup): number => (group.pool.keyed ? group.order : orderOf(group.head()));
  groups.sort((a, b) => stampOf(a) - stampOf(b) || orderIn(a) - orderIn(b));
  for (const group of groups) tasks.push(...group);
  return tasks;
}

function* running(state: State): Generator<Task> {
  for (const worker of state.workers.values()) yield* worker.attempts;
}

function checkArms(state: State, queued: ReadonlyMap<Lane, number>): void {
  const live = new Map<Lane, number>();
  const active = new Map<Arm, number>();
  for (const task of state.tasks.values()) {
    if (!isEnded(task.state)) live.set(task.lane, (live.get(task.lane) ?? 0) + 1);
  }
  for (const { lane } of running(state)) active.set(lane.arm, (active.get(lane.arm) ?? 0) + 1);
  for (const arm of state.arms.values()) {
    let sum = 0;
    let tasks = 0;
    for (const lane of arm.lanes) {
      sum += lane.queued;
      tasks += lane.tasks;
      assert(state.lanes.get(lane.key) === lane, `a lane of ${arm.name} is known by its name`);
      assert(lane.queued === (queued.get(lane) ?? 0), `a lane of ${arm.name} knows its length`);
      assert(lane.tasks === (live.get(lane) ?? 0), `a lane of ${arm.name} knows how many tasks live in it`);
      const waiting = tasksIn(state, lane);
      assert(waiting.length === lane.queued, `a lane of ${arm.name} holds its queued tasks once each`);
    }
    assert(sum === arm.queued, `arm ${arm.name} knows its length`);
    assert(tasks === arm.live, `arm ${arm.name} knows how many tasks live in it`);
    assert(arm.active === (active.get(arm) ?? 0), `arm ${arm.name} knows how many of its tasks run`);
  }
}

function checkGates(state: State): void {
  const { gates } = state.limits;
  const active = new Map<Gate, number>();
  for (const task of running(state)) {
    for (const { gate } of task.gates?.needs ?? []) active.set(gate, (active.get(gate) ?? 0) + 1);
  }
  const users = new Map<unknown, number>();
  for (const task of state.tasks.values()) {
    if (task.gates === undefined || isEnded(task.state)) continue;
    users.set(task.gates, (users.get(task.gates) ?? 0) + 1);
  }
  const sets = new Map<Gate, number>();
  const known = [...gates.sets()];
  for (const set of known) {
    assert(
      set.tasks === users.get(set),
      `the needs ${set.text ?? set.needs[0]?.gate.name} know how many tasks have them`,
    );
    for (const { gate } of set.needs) sets.set(gate, (sets.get(gate) ?? 0) + 1);
    for (const group of set.groups) checkGroup(state, group);
  }
  assert(known.length === users.size, "needs that no live task has are forgotten");
  for (const gate of gates.all()) {
    assert(gate.active === (active.get(gate) ?? 0), `gate ${gate.name} knows how many run behind it`);
    assert(gate.sets === sets.get(gate), `gate ${gate.name} is forgotten when nobody needs it`);
    for (const bucket of gate.parked) assert(bucket.groups.size > 0, `gate ${gate.name} has no empty buckets`);
  }
  for (const gate of active.keys()) assert(gates.named(gate.kind, gate.name) === gate, `gate ${gate.name} is known`);
}

/** A group that is parked is waited for: see U2 in `group.ts`. */
function checkGroup(state: State, group: TaskGroup): void {
  const { pool, set, bucket } = group;
  assert(group.queued > 0 && [...group].length === group.queued, "a group knows how many tasks it holds");
  if (bucket === undefined) {
    assert([...pool.ready].includes(group), "a group that is not parked is ready");
    return;
  }
  const { gate } = bucket.need;
  assert(
    set.needs.some((need) => need.gate === gate),
    "a group is parked at a gate that it needs",
  );
  assert([...bucket.groups].includes(group) && gate.parked.includes(bucket), "a parked group stands in its bucket");
  const obstacle = needObstacle(bucket.need, state.now);
  const closed = obstacle !== undefined && (obstacle.until === undefined || gate.wakeAt > 0);
  const ready = [...pool.ready].some((other) => other.set.needs.some((need) => need.gate === gate));
  assert(
    closed || ready || gate.wakeAt > 0 || state.limits.gates.stirred.includes(gate),
    `somebody wakes the group that is parked at ${gate.name}`,
  );
}

function checkResources(state: State): void {
  for (const worker of state.workers.values()) {
    const used = new Map<string, number>();
    for (const { lane } of worker.attempts) {
      for (const [name, amount] of Object.entries(lane.requires.resources ?? {})) {
        used.set(name, (used.get(name) ?? 0) + amount);
      }
    }
    assert(used.size === worker.used.size, `worker ${worker.name} knows what of it is used`);
    for (const [name, amount] of used) assert(worker.used.get(name) === amount, `${worker.name} knows its ${name}`);
  }
}
