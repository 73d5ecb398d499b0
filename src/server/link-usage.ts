/** Checks what a heartbeat says of the machine and of attempts. What is not known here is dropped. */
import type { AttemptUsage, GpuUsage, WorkerUsage } from "../protocol/link.ts";
import { isNumber, isObject, isRef, isWhole } from "./link-words.ts";

const GPUS_MAX = 64;
const ATTEMPTS_MAX = 100_000;
const NAME_CHARS_MAX = 100;

/** What is wrong with it, if anything; what is right stays in the message in the form that the engine keeps. */
export function checkUsage(message: Record<string, unknown>): string | undefined {
  const { usage, attempts } = message;
  if (usage !== undefined) {
    if (!isObject(usage)) return "the usage of a heartbeat must be an object";
    message["usage"] = machineOf(usage);
  }
  if (attempts === undefined) return undefined;
  if (!Array.isArray(attempts) || attempts.length > ATTEMPTS_MAX)
    return `the attempts of a heartbeat must be a list of at most ${ATTEMPTS_MAX}`;
  if (!attempts.every((one) => isObject(one) && isRef(one))) return "what attempts use needs task and attempt";
  message["attempts"] = (attempts as Record<string, unknown>[]).map((one): AttemptUsage => {
    const { task, attempt } = one as unknown as AttemptUsage;
    return { task, attempt, ...amounts(one, ["cpuMs", "rssBytes"]) };
  });
  return undefined;
}

function machineOf(usage: Record<string, unknown>): WorkerUsage {
  const { cpu, cores, gpus } = usage;
  return {
    ...(isNumber(cpu) && { cpu: shareOf(cpu) }),
    ...(isWhole(cores, 1) && { cores: cores as number }),
    ...amounts(usage, ["memoryBytes", "memoryUsedBytes", "diskBytes", "diskUsedBytes"]),
    ...(Array.isArray(gpus) && { gpus: gpus.slice(0, GPUS_MAX).filter(isObject).map(gpuOf) }),
  };
}

function gpuOf(gpu: Record<string, unknown>, place: number): GpuUsage {
  const { index, name, load } = gpu;
  return {
    index: isWhole(index, 0) ? (index as number) : place,
    name: typeof name === "string" ? name.replace(/[\u0000-\u001f\u007f]/g, "").slice(0, NAME_CHARS_MAX) : "gpu",
    ...(isNumber(load) && { load: shareOf(load) }),
    ...amounts(gpu, ["memoryBytes", "memoryUsedBytes"]),
  };
}

function amounts<K extends string>(fields: Record<string, unknown>, keys: readonly K[]): { [P in K]?: number } {
  const found: { [P in K]?: number } = {};
  for (const key of keys) {
    const value = fields[key];
    if (isNumber(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER) found[key] = value;
  }
  return found;
}

function shareOf(value: number): number {
  return Math.min(1, Math.max(0, value));
}
