/**
 * Every setting there is: its kind of value, its default and what it is for. The loader, the list of environment
 * variables and docs/reference/config.md are all read off this schema; its parts stand in `sections/`, one file for each
 * subject. Durations are held as milliseconds, sizes as bytes, paths as absolute paths.
 */
import { z } from "zod";
import { ARM_DEFAULTS, ArmConfigSchema } from "./sections/arms.ts";
import { dataSection, logSection, logsSection } from "./sections/keep.ts";
import { poolDefaults, PoolConfigSchema } from "./sections/pools.ts";
import { accessSection, serverSection, tlsSection } from "./sections/server.ts";
import { callbacksSection, limitsSection, schedulesSection, tasksSection } from "./sections/work.ts";
import { linkSection, placementSection, workerSection } from "./sections/worker.ts";
import { NAME } from "./setting.ts";

export const ConfigSchema = z.strictObject({
  server: serverSection,
  tls: tlsSection,
  access: accessSection,
  data: dataSection,
  logs: logsSection,
  log: logSection,
  worker: workerSection,
  placement: placementSection,
  tasks: tasksSection,
  schedules: schedulesSection,
  callbacks: callbacksSection,
  limits: limitsSection,
  link: linkSection,
  arms: z.record(z.string().regex(NAME), ArmConfigSchema),
  pools: z.record(z.string().regex(NAME), PoolConfigSchema),
});

/** Sections whose keys stand below a name that people choose: `arms.builds.rate`. */
export const NAMED = {
  arms: { schema: ArmConfigSchema, defaults: () => ARM_DEFAULTS },
  pools: { schema: PoolConfigSchema, defaults: poolDefaults },
} as const;
export type NamedSection = keyof typeof NAMED;

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
/** All settings, complete and frozen. */
export type Config = Frozen<z.output<typeof ConfigSchema>>;
/** Settings of one pool. */
export type PoolConfig = Config["pools"][string];
