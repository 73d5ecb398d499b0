/** An engine on a store, with the settings that a server, a program that embeds Octopus and `octopus run` share. */
import { createClock } from "./clock.ts";
import { commandPolicy } from "./command-policy.ts";
import type { Config } from "../config/schema.ts";
import { Engine } from "../engine/engine.ts";
import type { Clock, Log } from "../engine/ports.ts";
import { adapterCopies } from "./plugin-door.ts";
import { type Pools } from "./pools.ts";
import { type Store } from "../store/store.ts";
import { createOutside } from "./outside.ts";
import { createSigner } from "./signing.ts";
import { ownVersion } from "./version.ts";

/** What an engine needs of a store. */
export type EngineStore = Pick<Store, "journal" | "library" | "logs" | "artifacts" | "dir">;

/** An engine on the store, with the settings that both ways of use share. */
export function createEngine(
  store: EngineStore,
  log: Log,
  settings: Omit<ConstructorParameters<typeof Engine>[0], keyof ReturnType<typeof partsOf> | "outside"> & {
    clock?: Clock;
    zone: string;
    callbacks?: Config["callbacks"];
  },
): Engine {
  const parts = partsOf(store, log);
  const sign = createSigner({ ...settings.callbacks, dir: store.dir });
  const clock = settings.clock ?? parts.clock;
  const outside = createOutside({ zone: settings.zone, now: () => clock.now(), sign });
  return new Engine({ ...parts, outside, ...settings });
}

function partsOf(store: EngineStore, log: Log) {
  const { journal, library, logs, artifacts, dir } = store;
  const boot = Date.now().toString(36) + process.pid.toString(36);
  return { clock: createClock(), journal, library, logs, artifacts, log, version: ownVersion(), dataDir: dir, boot };
}

/** `inCluster`: it follows before it leads, by the clock that the rest of the replica goes by. */
export function engineFor(
  store: EngineStore,
  log: Log,
  config: Config,
  pools?: Pools["forEngine"],
  inCluster?: { clock: Clock; follower: true },
): Engine {
  const engine = createEngine(store, log, {
    ...pools,
    ...inCluster,
    zone: config.schedules.zone,
    callbacks: config.callbacks,
    leaseMs: config.link.lease,
    heartbeatMs: config.link.heartbeat,
    placement: config.placement.policy,
    reserveAfterMs: config.placement.reserveAfter ?? Infinity,
    pluginsKept: config.plugins.keep,
    adapters: adapterCopies(config.adapters),
    resultBytesMax: config.limits.result,
    defaults: { timeoutMs: config.tasks.timeout ?? 0, retries: config.tasks.retries, workBytesMax: config.limits.task },
    policy: commandPolicy(config.policy),
    retention: {
      keepCount: config.data.keep.count,
      keepMs: config.data.keep.age,
      workersKeepMs: config.data.keep.workers,
      logKeepMs: config.logs.keep.age,
      logBytesMax: config.logs.keep.size,
    },
  });
  return engine;
}

/** Settings of arms in the configuration win over what was set by hand before. */
export async function configureArms(engine: Engine, config: Config): Promise<void> {
  for (const [name, { aging: agingMs, timeout: timeoutMs, types, ...rest }] of Object.entries(config.arms)) {
    await engine.configureArm(name, { ...rest, agingMs, timeoutMs, types: types && [...types] });
  }
}
