/**
 * How events change what is limited: settings of arms, quotas, and what an attempt occupies while it runs. Everything that
 * is taken by `occupy` is given back by `vacate`, whatever ends the attempt.
 */
import { assert } from "../../base/assert.ts";
import type { ArmConfigured, ArmRemoved, QuotaSet } from "./events.ts";
import { leaveGates, passGates } from "./gate.ts";
import { wakeAll } from "./group.ts";
import { type Arm, type Lane, tenthsOf } from "../lane.ts";
import { takeToken } from "./meter.ts";
import { armNamed, type State } from "../state.ts";
import type { Task } from "../task.ts";
import { charge } from "../fleet/charge.ts";
import { open } from "../fleet/fleet.ts";
import type { Worker } from "../fleet/worker.ts";

/** A task has come to life in its lane. */
export function enrol(lane: Lane): void {
  lane.tasks++;
  lane.arm.live++;
}

/** A task lives there no longer. */
export function leaveLane(lane: Lane): void {
  lane.tasks--;
  lane.arm.live--;
}

/** A task has ended. */
export function retire(state: State, task: Task): void {
  leaveLane(task.lane);
  if (task.gates !== undefined) state.limits.gates.leave(task.gates);
}

/** A task that waits or runs belongs to another lane from now on. */
export function changeLane(task: Task, lane: Lane): void {
  leaveLane(task.lane);
  task.lane = lane;
  enrol(lane);
}

/** An attempt of the task has started. */
export function occupy(state: State, task: Task, worker: Worker, now: number): void {
  const { lane, gates } = task;
  const { arm } = lane;
  arm.active++;
  arm.tally.started++;
  arm.tally.waitedTenths += tenthsOf(now) - task.since;
  arm.lastRunAt = now;
  arm.keysNext = gates?.key === undefined;
  if (arm.rate !== undefined) {
    takeToken(arm.meter, arm.rate, now);
    state.limits.meters.touch(arm.meter, now);
  }
  if (gates !== undefined) passGates(gates, state.limits.meters, now);
  if (lane.charges) charge(state, task, worker, 1);
}

/** It runs already: from the store. Its start was counted when it happened. */
export function reoccupy(state: State, task: Task, worker: Worker): void {
  const { lane, gates } = task;
  lane.arm.active++;
  for (const { gate } of gates?.needs ?? []) gate.active++;
  if (lane.charges) charge(state, task, worker, 1);
}

/** Something that counted among the active ones of the arm does so no longer. */
export function leaveArm(arm: Arm, now: number): void {
  if (arm.active === arm.maxParallel) arm.openedAt = now;
  arm.active--;
}

/** The attempt has ended; the task still knows where it ran. */
export function vacate(state: State, task: Task, worker: Worker, cpuMs: number, now: number): void {
  const { lane, gates } = task;
  leaveArm(lane.arm, now);
  if (gates !== undefined) leaveGates(gates, state.limits.meters, cpuMs, now);
  if (lane.charges) charge(state, task, worker, -1);
  worker.reserved?.left(task);
  open(state.fleet, worker);
}

export function applyArmConfigured(state: State, event: ArmConfigured): void {
  const { type: _, arm: name, ...settings } = event;
  const arm = armNamed(state, name);
  const { meters } = state.limits;
  // What was used at another rate says nothing at this one: a bucket of 100 an hour may be empty for days.
  if (JSON.stringify(arm.rate) !== JSON.stringify(settings.rate)) meters.reset(arm.meter);
  arm.configure(settings, state.now);
  readArms(state);
}

export function applyArmRemoved(state: State, { arm: name }: ArmRemoved): void {
  const arm = state.arms.get(name);
  assert(arm !== undefined && arm.live === 0, `arm ${name} is there and holds no tasks`);
  for (const lane of arm.lanes) state.lanes.delete(lane.key);
  state.arms.delete(name);
  state.armOrder.splice(state.armOrder.indexOf(arm), 1);
  readArms(state);
}

/** What follows from the settings of all arms. */
export function readArms(state: State): void {
  const { limits } = state;
  limits.routes.clear();
  limits.guarded = 0;
  for (const { name, settings } of state.arms.values()) {
    for (const type of settings.types) limits.routes.set(type, name);
    if (settings.draining || settings.maxQueued !== undefined) limits.guarded++;
  }
}

export function applyQuotaSet(state: State, { owner, quota }: QuotaSet): void {
  const { gates } = state.limits;
  if (quota === undefined) gates.quotas.delete(owner);
  else gates.quotas.set(owner, quota);
  for (const gate of gates.owners()) {
    if (owner !== "*" && gate.name !== owner) continue;
    gate.quota = gates.quotaOf(gate.name);
    wakeAll(gate);
  }
}
