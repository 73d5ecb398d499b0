/** Arms, quotas and meters as they were stored. To be loaded before the tasks, whose gates find them here. */
import { bornSettings } from "./arms.ts";
import { readArms } from "./apply-limits.ts";
import type { StoredState } from "../load.ts";
import { armNamed, type State } from "../state.ts";

export function loadLimits(state: State, { arms, quotas, meters }: StoredState): void {
  const { limits } = state;
  for (const { owner, quota } of quotas) limits.gates.quotas.set(owner, quota);
  for (const meter of meters) limits.meters.load(meter, meter.at + windowMs(state, meter.name));
  for (const { name, settings, processed, failed, lastRunAt } of arms) {
    const arm = armNamed(state, name);
    arm.configure(settings ?? bornSettings(name), 0);
    Object.assign(arm, { processed, failed, lastRunAt });
  }
  for (const arm of state.arms.values()) arm.meter = limits.meters.named(`arm:${arm.name}`);
  readArms(state);
}

/** How long the window of this meter is; 0 for a bucket. */
function windowMs({ limits }: State, name: string): number {
  const match = /^owner:(tasks|cpu):(.*)$/s.exec(name);
  if (match === null) return 0;
  return limits.gates.quotaOf(match[2]!)?.[match[1] as "tasks" | "cpu"]?.perMs ?? 0;
}
