/**
 * Every setting there is: its kind of value, its default and what it is for. The loader, the list of environment
 * variables and docs/reference/config.md are all read off this schema; its parts stand in `sections/`, one file for each
 * subject. Durations are held as milliseconds, sizes as bytes, paths as absolute paths.
 */
import { adapterSettings } from "./sections/adapters.ts";
import { ARM_DEFAULTS, armSettings } from "./sections/arms.ts";
import { clusterSection } from "./sections/cluster.ts";
import { dataSection, logSection, logsSection } from "./sections/keep.ts";
import { pluginsSection } from "./sections/plugins.ts";
import { policySection } from "./sections/policy.ts";
import { poolDefaults, poolSettings } from "./sections/pools.ts";
import { accessSection, namespaceSetting, serverSection, tlsSection } from "./sections/server.ts";
import { callbacksSection, limitsSection, schedulesSection, tasksSection } from "./sections/work.ts";
import { linkSection, placementSection, workerSection } from "./sections/worker.ts";
import { TRIGGER_DEFAULTS, triggerSettings } from "./sections/triggers.ts";
import type { Values } from "./setting.ts";

export const SETTINGS = {
  server: serverSection,
  namespace: namespaceSetting,
  tls: tlsSection,
  access: accessSection,
  data: dataSection,
  cluster: clusterSection,
  logs: logsSection,
  log: logSection,
  worker: workerSection,
  plugins: pluginsSection,
  placement: placementSection,
  tasks: tasksSection,
  schedules: schedulesSection,
  callbacks: callbacksSection,
  limits: limitsSection,
  policy: policySection,
  link: linkSection,
} as const;

/** Sections whose keys stand below a name that people choose: `arms.builds.rate`. */
export const NAMED = {
  arms: { settings: armSettings, defaults: () => ARM_DEFAULTS },
  pools: { settings: poolSettings, defaults: poolDefaults },
  adapters: { settings: adapterSettings, defaults: () => ({ plugin: null, with: {} }) },
  triggers: { settings: triggerSettings, defaults: () => TRIGGER_DEFAULTS },
} as const;
export type NamedSection = keyof typeof NAMED;

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
/** All settings of one namespace, and those of the server that has it. */
export type Settings = Frozen<
  Values<typeof SETTINGS> & { [S in NamedSection]: Record<string, Values<(typeof NAMED)[S]["settings"]>> }
>;
/** All settings, complete and frozen: what is not below `namespaces` is of `default`, or of the server. */
export type Config = Settings & { readonly namespaces: Readonly<Record<string, Settings>> };
/** Settings of one pool. */
export type PoolConfig = Config["pools"][string];
