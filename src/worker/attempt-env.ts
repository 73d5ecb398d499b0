/**
 * The environment by which a command knows what it is and which units of its worker's resources are its own.
 *
 * AE1  On a worker with GPUs a task sees those that it has asked for, and none when it has asked for none: no task takes a
 *      GPU by accident that belongs to another one. A task that sets CUDA_VISIBLE_DEVICES itself and asked for none is let.
 * AE2  A command gets the environment of its worker but for the secrets of Octopus in it: what a command prints is shown to
 *      whoever may read the task.
 */
import type { Assignment } from "../protocol/link.ts";

/** Variables of the worker's own environment that no command gets. A task may set them for itself. */
export const WITHHELD =
  /^OCTOPUS_(?:ACCESS_TOKEN|WORKER_JOIN|CLUSTER_(?:PASSWORD|TOKEN|JOURNAL)|CALLBACKS_SECRETS?(?:_.*)?|TRIGGERS_.*|ADAPTERS_.*)$/i;

export interface EnvOptions {
  /** The worker offers GPUs. */
  hasGpus: boolean;
}

/** `own`: what the task says of its environment. */
export function attemptEnv(
  assignment: Assignment,
  own: Readonly<Record<string, string>> | undefined,
  { hasGpus }: EnvOptions,
): Record<string, string> {
  const { id, attempt, arm, run, name, schedule, units } = assignment;
  const env: Record<string, string> = { ...own };
  env["OCTOPUS_TASK_ID"] = id;
  env["OCTOPUS_ATTEMPT"] = String(attempt);
  env["OCTOPUS_ARM"] = arm;
  if (run !== undefined) env["OCTOPUS_RUN_ID"] = run;
  if (name !== undefined) env["OCTOPUS_TASK_NAME"] = name;
  if (schedule !== undefined) {
    env["OCTOPUS_SCHEDULE"] = schedule.name;
    env["OCTOPUS_TICK"] = new Date(schedule.tick).toISOString();
    env["OCTOPUS_TICK_MS"] = String(schedule.tick);
  }
  for (const resource in units) env[resourceVariable(resource)] = units[resource]!.join(",");
  const gpus = units?.["gpu"];
  if (gpus !== undefined) {
    env["CUDA_VISIBLE_DEVICES"] = gpus.join(",");
    // The numbers are those of nvidia-smi; CUDA by itself counts the quickest first.
    env["CUDA_DEVICE_ORDER"] ??= "PCI_BUS_ID";
  } else if (hasGpus) env["CUDA_VISIBLE_DEVICES"] ??= "";
  return env;
}

/** `OCTOPUS_RESOURCE_GPU` for `gpu`: other signs than letters and digits become underscores. */
export function resourceVariable(resource: string): string {
  return `OCTOPUS_RESOURCE_${resource.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}
