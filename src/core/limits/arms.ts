/**
 * The arms that every data directory has from the start, with the types of tasks that come to each. What is configured
 * wins over this table; `default` takes everything that no arm claims.
 */
import { type ArmSettings, DEFAULT_ARM } from "../asks.ts";

export const BUILT_IN_ARMS: Readonly<Record<string, ArmSettings>> = {
  deploy: arm("deploy-app", 2),
  batch: arm("run-batch-job", 4),
  streams: arm("ingest-stream", 2),
  secrets: arm("rotate-secret", 1),
  builds: arm("run-build", 2),
  watchers: arm("watch-config", 2),
  cleanup: arm("cleanup-artifacts", 2),
  analytics: arm("emit-analytics", undefined),
  default: DEFAULT_ARM,
};

function arm(type: string, maxParallel: number | undefined): ArmSettings {
  return Object.freeze({ ...DEFAULT_ARM, types: [type], ...(maxParallel !== undefined && { maxParallel }) });
}

export const DEFAULT_ARM_NAME = "default";

/** What an arm of this name is set to before anybody sets it. */
export function bornSettings(name: string): ArmSettings {
  return Object.hasOwn(BUILT_IN_ARMS, name) ? BUILT_IN_ARMS[name]! : DEFAULT_ARM;
}

export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(BUILT_IN_ARMS, name);
}
