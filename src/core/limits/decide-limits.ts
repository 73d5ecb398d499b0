/** What people say about arms and quotas, and what arms say to submissions. */
import type { ArmSettings } from "../asks.ts";
import { bornSettings } from "./arms.ts";
import type { ArmChange, Command, NewTask } from "../command.ts";
import { DONE, type Rejection, type Reply, refuse } from "../reply.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Registers an arm or changes it. A type belongs to one arm: another that had it gives it away. */
export function configureArm(turn: Turn, command: Extract<Command, { type: "ConfigureArm" }>): Reply {
  const { type: _, arm: name, ...change } = command;
  const born = bornSettings(name);
  const settings = changed(turn.state.arms.get(name)?.settings ?? born, born, change);
  for (const other of turn.state.arms.values()) {
    if (other.name === name || !other.settings.types.some((type) => settings.types.includes(type))) continue;
    const types = other.settings.types.filter((type) => !settings.types.includes(type));
    turn.emit({ type: "ArmConfigured", arm: other.name, ...other.settings, types });
  }
  turn.emit({ type: "ArmConfigured", arm: name, ...settings });
  return DONE;
}

/** Absent = as it is. Null = no such limit, or for what every arm has, the value that this arm was born with. */
function changed(now: ArmSettings, born: ArmSettings, change: ArmChange): ArmSettings {
  const limit = <T>(value: T | null | undefined, kept: T | undefined): T | undefined =>
    value === undefined ? kept : (value ?? undefined);
  const always = <T>(value: T | null | undefined, kept: T, first: T): T =>
    value === undefined ? kept : (value ?? first);
  return {
    enabled: always(change.enabled, now.enabled, born.enabled),
    draining: always(change.draining, now.draining, born.draining),
    maxParallel: limit(change.maxParallel, now.maxParallel),
    weight: always(change.weight, now.weight, born.weight),
    maxQueued: limit(change.maxQueued, now.maxQueued),
    rate: limit(change.rate, now.rate),
    agingMs: always(change.agingMs, now.agingMs, born.agingMs),
    timeoutMs: limit(change.timeoutMs, now.timeoutMs),
    retries: limit(change.retries, now.retries),
    handler: limit(change.handler, now.handler),
    types: always(change.types, now.types, born.types),
  };
}

/** Removes an arm; that it is none of the built-in ones was checked before. */
export function removeArm(turn: Turn, name: string): Reply {
  const arm = turn.state.arms.get(name);
  if (arm === undefined) return refuse({ type: "ArmUnknown", arm: name });
  if (arm.live > 0) return refuse({ type: "ArmInUse", arm: name, tasks: arm.live });
  turn.emit({ type: "ArmRemoved", arm: name });
  return DONE;
}

export function setQuota(turn: Turn, command: Extract<Command, { type: "SetQuota" }>): Reply {
  turn.emit({ type: "QuotaSet", owner: command.owner, quota: command.quota });
  return DONE;
}

/**
 * Why an arm takes none of these new tasks, or undefined. `isNew` tells those apart that came before and are only
 * answered; `more`: what each arm got that is not accepted yet. All of them are taken or none.
 */
export function armRefusal(
  state: State,
  tasks: readonly NewTask[],
  isNew: (task: NewTask) => boolean = () => true,
  more = new Map<string, number>(),
): Extract<Rejection, { type: "ArmDraining" | "QueueFull" }> | undefined {
  if (state.limits.guarded === 0) return undefined;
  for (const [index, task] of tasks.entries()) {
    const arm = state.arms.get(task.arm);
    if (arm === undefined || !isNew(task)) continue;
    if (arm.settings.draining) return { type: "ArmDraining", index, arm: arm.name };
    const limit = arm.settings.maxQueued;
    if (limit === undefined) continue;
    const waiting = arm.live - arm.active;
    const earlier = more.get(arm.name) ?? 0;
    if (waiting + earlier >= limit) return { type: "QueueFull", index, arm: arm.name, waiting, earlier, limit };
    more.set(arm.name, earlier + 1);
  }
  return undefined;
}
