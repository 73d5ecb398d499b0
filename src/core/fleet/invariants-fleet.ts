/** Cross-checks of what is known of workers, for `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import type { State } from "../state.ts";
import { unfit } from "./eligible.ts";
import { UNFIT } from "./fit.ts";
import { weightOf } from "./labels.ts";
import { signature } from "./signature.ts";
import { shares, UNIT } from "./units.ts";
import type { Worker } from "./worker.ts";

export function checkFleet(state: State): void {
  const crowds = new Map<string, number>();
  const arms = new Map<string, number>();
  for (const worker of state.workers.values()) {
    for (const task of worker.attempts) assert(task.live?.worker === worker, `${worker.name} holds running tasks only`);
    checkUnits(worker);
    checkApart(worker);
    for (const { lane } of worker.attempts) {
      if (lane.requires.target?.spread === undefined) continue;
      const key = `${signature(lane.requires)} on ${worker.name}`;
      crowds.set(key, (crowds.get(key) ?? 0) + 1);
    }
    for (const arm of worker.arms ?? []) arms.set(arm, (arms.get(arm) ?? 0) + 1);
  }
  checkIndex(state);
  for (const [key, crowd] of state.fleet.crowds) {
    assert(crowd.on.size > 0, "classes of which nothing runs are forgotten");
    for (const [{ name }, count] of crowd.on) {
      assert(crowds.get(`${key} on ${name}`) === count, `it is known how many of a class run on ${name}`);
      crowds.delete(`${key} on ${name}`);
    }
  }
  checkReservations(state);
  assert(crowds.size === 0, "what is to be spread is counted");
  assert(sameCounts(arms, state.fleet.arms), "the arms that workers name are counted");
}

/** UN1, and that the counts are those of the attempts. */
function checkUnits(worker: Worker): void {
  const used = new Map<string, number[]>();
  for (const { lane, live } of worker.attempts) {
    for (const [resource, units] of Object.entries(live?.units ?? {})) {
      const amounts = used.get(resource) ?? [];
      const parts = shares(lane.requires.resources?.[resource] ?? 0, units);
      for (const [at, unit] of units.entries()) amounts[unit] = (amounts[unit] ?? 0) + parts[at]!;
      used.set(resource, amounts);
    }
  }
  for (const [resource, amounts] of used) {
    for (const [unit, amount = 0] of amounts.entries()) {
      assert(amount <= UNIT, `${resource} ${unit} of ${worker.name} is not over the whole of it`);
      const known = worker.unitUse.get(resource)?.[unit] ?? 0;
      assert(known === amount, `${worker.name} knows how much of ${resource} ${unit} is used`);
    }
  }
  for (const resource of worker.unitUse.keys()) assert(used.has(resource), `nobody has ${resource} of ${worker.name}`);
}

function checkApart(worker: Worker): void {
  const keys = new Map<string, number>();
  for (const { lane } of worker.attempts) {
    const key = lane.requires.target?.apart;
    if (key !== undefined) keys.set(key, (keys.get(key) ?? 0) + 1);
  }
  for (const [key, count] of keys) assert(count === 1, `tasks with the key ${key} are apart: ${worker.name} runs one`);
  assert(sameCounts(keys, worker.apart), `${worker.name} knows the keys of what it runs`);
}

/** RV1, and that what ran there before is what it counts. */
function checkReservations({ fleet, workers }: State): void {
  for (const worker of workers.values()) {
    const { reserved } = worker;
    assert(reserved === undefined || fleet.reservations.has(reserved), `the reservation of ${worker.name} is known`);
  }
  for (const reservation of fleet.reservations) {
    const { worker, lane, before } = reservation;
    assert(
      worker.reserved === reservation && lane.reservation === reservation,
      `${worker.name} is reserved for one lane`,
    );
    assert(workers.get(worker.name) === worker, `${worker.name} is reserved, and here`);
    const taken = new Map<string, number>();
    for (const task of before) {
      assert(worker.attempts.has(task), `t${task.seq} ran on ${worker.name} before that was reserved, and runs`);
      for (const [name, amount] of Object.entries(task.lane.requires.resources ?? {}))
        taken.set(name, (taken.get(name) ?? 0) + amount);
    }
    for (const name of worker.used.keys())
      assert(reservation.takenBefore(name) === (taken.get(name) ?? 0), `it is known what is left of ${worker.name}`);
  }
}

/** FL1, FL2, and the answers that are kept. */
function checkIndex(state: State): void {
  const { fleet } = state;
  const places = new Set<number>();
  let slots = 0;
  for (const worker of state.workers.values()) {
    assert(!worker.gone && !places.has(worker.place) && worker.place < fleet.places, `${worker.name} has a place`);
    places.add(worker.place);
    assert(worker.listed === fleet.open.includes(worker), `${worker.name} knows whether it is listed`);
    assert(worker.free <= 0 || worker.listed, `${worker.name} is listed while it has room`);
    const takesNothing = worker.leaving || state.drained.has(worker.name);
    assert(worker.session === 0 || worker.draining === takesNothing, `${worker.name} knows whether it takes work`);
    if (worker.session !== 0 && !worker.draining) slots += worker.slots;
  }
  assert(fleet.slots < 0 || fleet.slots === slots, "all slots are counted");
  for (const lane of state.lanes.values()) {
    if (lane.fit?.generation !== fleet.generation) continue;
    const weights = lane.fit.weights(fleet);
    // Tasks with and without a name share what they fit.
    const requires = { ...lane.requires, worker: undefined };
    for (const worker of state.workers.values()) {
      const fits = unfit(worker, requires, lane.arm.name) === undefined;
      const weight = fits ? weightOf(worker, requires.target) : UNFIT;
      assert(weights[worker.place] === weight, `what ${worker.name} can take is known`);
    }
  }
}

function sameCounts(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, count]) => b.get(key) === count);
}
