/** What a worker says of itself by itself: labels that each one has, and the GPUs of its machine. */
import { arch, hostname, platform } from "node:os";
import type { GpuUsage } from "../protocol/link.ts";

/** A value of a label has at most so many letters. */
const LABEL_LENGTH_MAX = 128;
const OS_NAMES: Readonly<Record<string, string>> = { win32: "windows" };

/** What it offers and what it is. */
export interface Description {
  labels: Record<string, string>;
  resources: Record<string, number>;
  units: Record<string, string[]>;
}

export interface Said {
  name: string;
  labels?: Readonly<Record<string, string>> | undefined;
  resources: Readonly<Record<string, number>>;
  units?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Offer the GPUs that were found. */
  findsGpus?: boolean | undefined;
}

/** `visible`: the worker's own CUDA_VISIBLE_DEVICES, which tasks cannot look beyond. */
export function describeWorker(said: Said, gpus: readonly GpuUsage[], visible: string | undefined): Description {
  const own: Record<string, string> = {
    os: OS_NAMES[platform()] ?? platform(),
    arch: arch(),
    host: labelValue(hostname()),
  };
  const model = gpus[0]?.name;
  if (model !== undefined) own["gpu"] = labelValue(model.toLowerCase());
  const units: Record<string, string[]> = {};
  for (const [resource, names] of Object.entries(said.units ?? {})) units[resource] = [...names];
  const resources = { ...said.resources };
  const found = visibleGpus(gpus, visible);
  if (said.findsGpus === true && found.length > 0 && resources["gpu"] === undefined) {
    units["gpu"] = found;
    resources["gpu"] = found.length * 1000;
  }
  // By its name a worker is asked for; nobody else may be called so.
  return { labels: { ...own, ...said.labels, name: said.name }, resources, units };
}

function visibleGpus(gpus: readonly GpuUsage[], visible: string | undefined): string[] {
  const all = gpus.map(({ index }) => String(index));
  if (visible === undefined) return all;
  const named = visible.split(",").map((part) => part.trim());
  return all.filter((index) => named.includes(index));
}

/** Letters that a label's value may not hold become dashes. */
export function labelValue(text: string): string {
  return text.replace(/[^A-Za-z0-9_.:/+-]+/g, "-").slice(0, LABEL_LENGTH_MAX);
}
