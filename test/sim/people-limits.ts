/** People register, set and remove arms, and set quotas. */
import type { ArmChange } from "../../src/core/command.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Crowd } from "./crowd.ts";
import { drawQuota, OWNERS } from "./wishes.ts";
import { ARMS, FAIR } from "./work.ts";

/** An arm that comes and goes. */
export const SIDE = "side";

export function configure(crowd: Crowd, engine: Engine): void {
  const { prng, options } = crowd.world;
  const arm = prng.pick(ARMS);
  const change: ArmChange = {
    ...(prng.chance(0.4) && { enabled: prng.chance(0.6) }),
    ...(prng.chance(0.7) && { maxParallel: prng.pick([null, 1, 2, 5]) }),
    ...(options.wishes.arms > 0 && prng.chance(options.wishes.arms) && drawSettings(crowd)),
  };
  crowd.ask(`sets ${arm} to ${JSON.stringify(change)}`, engine, () => engine.configureArm(arm, change));
}

function drawSettings({ world: { prng } }: Crowd): ArmChange {
  return {
    ...(prng.chance(0.3) && { weight: prng.pick([null, 1, 3, 10]) }),
    ...(prng.chance(0.2) && { maxQueued: prng.pick([null, 1, 10]) }),
    ...(prng.chance(0.3) && {
      rate: prng.pick([null, { limit: 1, perMs: 200, burst: 1 }, { limit: 20, perMs: 1000, burst: 5 }]),
    }),
    ...(prng.chance(0.2) && { draining: prng.chance(0.5) }),
    ...(prng.chance(0.3) && { agingMs: prng.pick([null, 0, 100, 5000]) }),
    ...(prng.chance(0.2) && { timeoutMs: prng.pick([null, 5000]) }),
    ...(prng.chance(0.2) && { retries: prng.pick([null, 1]) }),
    ...(prng.chance(0.2) && { types: prng.pick<string[] | null>([null, ["shell"], ["flaky"]]) }),
  };
}

export function sideArm(crowd: Crowd, engine: Engine): void {
  if (crowd.world.prng.chance(0.5)) crowd.ask(`registers ${SIDE}`, engine, () => engine.configureArm(SIDE, {}));
  else crowd.ask(`removes ${SIDE}`, engine, () => engine.removeArm(SIDE));
}

export function setQuota(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const owner = prng.pick(["*", ...OWNERS]);
  if (prng.chance(0.3)) {
    crowd.ask(`removes the quota of ${owner}`, engine, () => engine.removeQuota(owner));
    return;
  }
  const quota = drawQuota(prng);
  crowd.ask(`sets the quota of ${owner} to ${JSON.stringify(quota)}`, engine, () => engine.setQuota(owner, quota));
}

/** Everything that a person can open is open, and every arm is there. */
export async function openArms(engine: Engine): Promise<void> {
  const open: ArmChange = { enabled: true, draining: false, maxParallel: null, maxQueued: null };
  await Promise.all(ARMS.map((arm) => engine.configureArm(arm, open)));
  await engine.configureArm(FAIR, {});
}
