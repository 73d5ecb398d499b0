/** Workers in words and sums: what they have and what of that is taken, how they are, how one is started. */
import { formatSize } from "../base/duration.ts";
import type { WorkerState } from "../base/words.ts";
import type { PoolView, UsageView, WorkerView } from "../protocol/worker-views.ts";
import { shellQuote } from "./commands.ts";

export interface Capacity {
  /** `slots`, `cpu`, `memory`, `gpu`, and what else workers offer. */
  name: string;
  total: number;
  used: number;
}

/** Of all workers that take work, or would once they are resumed: what they have, and what of it is taken. */
export function capacityOf(workers: readonly WorkerView[]): Capacity[] {
  const sums = new Map<string, Capacity>();
  const add = (name: string, total: number, used: number): void => {
    const sum = sums.get(name) ?? { name, total: 0, used: 0 };
    sums.set(name, { name, total: sum.total + total, used: sum.used + used });
  };
  for (const worker of workers) {
    const { slots, active, resources = {} } = worker;
    const state = workerState(worker);
    if (state === "offline" || state === "lost") continue;
    add("slots", slots, active);
    for (const [name, { total, used }] of Object.entries(resources)) add(name, total, used);
  }
  return [...sums.values()];
}

/** `1 lost, 3 online`: what needs a look first. */
export function fleetWords(workers: readonly WorkerView[]): string {
  const states = ["lost", "offline", "draining", "idle", "online"] as const;
  const parts = states.flatMap((state) => {
    const count = workers.filter((worker) => workerState(worker) === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return parts.length === 0 ? "no workers" : parts.join(", ");
}

/** An idle worker is silent, and may be busy; one without a connection is lost, and its tasks start again elsewhere. */
export function workerState({ state, connectedAt }: WorkerView): WorkerState | "lost" {
  return state === "idle" && connectedAt === undefined ? "lost" : state;
}

/** Its state as people say it: one that a person has drained is told from one that is about to stop. */
export function workerWords(worker: WorkerView): string {
  const state = workerState(worker);
  const words = state === "lost" ? "connection lost" : state;
  if (worker.held !== true) return words;
  return state === "draining" ? "drained" : `${words}, drained`;
}

/** Why it is not there, if it is not. */
export function absenceWords(worker: WorkerView): string | undefined {
  const { leftReason } = worker;
  switch (workerState(worker)) {
    case "lost":
      return leftReason === undefined
        ? "Its connection is lost. What it ran starts again elsewhere once its lease has run out."
        : `Its connection is lost: ${leftReason}.`;
    case "offline":
      return leftReason === undefined ? "It has not been heard of." : `It is gone: ${leftReason}.`;
    default:
      return undefined;
  }
}

export interface UsageShare {
  name: "CPU" | "Memory" | "Disk" | "GPU";
  /** From 0 to 1. */
  share: number;
  /** `41% of 8 cores`, `3.1 GiB of 16 GiB`. */
  words: string;
}

/** What the machine under a worker uses of itself, as far as it says. */
export function usageShares(usage: UsageView | undefined): UsageShare[] {
  const shares: UsageShare[] = [];
  const { cpu, cores, memoryBytes, memoryUsedBytes, diskBytes, diskUsedBytes, gpus = [] } = usage ?? {};
  if (cpu !== undefined) {
    const words = cores === undefined ? percent(cpu) : `${percent(cpu)} of ${cores} ${cores === 1 ? "core" : "cores"}`;
    shares.push({ name: "CPU", share: cpu, words });
  }
  const sized = (name: "Memory" | "Disk", used: number | undefined, all: number | undefined): void => {
    if (used === undefined || all === undefined || all === 0) return;
    shares.push({ name, share: used / all, words: `${formatSize(used)} of ${formatSize(all)}` });
  };
  sized("Memory", memoryUsedBytes, memoryBytes);
  sized("Disk", diskUsedBytes, diskBytes);
  const loads = gpus.flatMap(({ load }) => (load === undefined ? [] : [load]));
  if (loads.length > 0) {
    const share = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    shares.push({
      name: "GPU",
      share,
      words: `${percent(share)} of ${loads.length} ${loads.length === 1 ? "GPU" : "GPUs"}`,
    });
  }
  return shares;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Worth a look: nearly full machines are where tasks fail for reasons of their own. */
export function shareTone(share: number): "good" | "warn" | "bad" {
  return share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "good";
}

/** A pool in one line: `2 of 4 workers, 1 starting`. */
export function poolWords({ workers, desired, starting, draining }: PoolView): string {
  const parts = [`${workers} of ${desired} wanted`];
  if (starting > 0) parts.push(`${starting} starting`);
  if (draining > 0) parts.push(`${draining} leaving`);
  return parts.join(", ");
}

export interface JoinLine {
  title: string;
  hint: string;
  line: string;
}

export interface JoinWishes {
  name: string;
  slots: string;
  labels: string;
}

/** Commands that start a worker: with a join token where there is one, else by address. */
export function joinLines(
  server: { url: string; fingerprint?: string | undefined; isOpen: boolean },
  join: string | undefined,
  wishes: JoinWishes,
): JoinLine[] {
  const options = [
    ...option("--slots", wishes.slots),
    ...option("--name", wishes.name),
    ...option("--labels", wishes.labels),
  ];
  const found: JoinLine[] = [];
  if (join !== undefined) {
    found.push({
      title: "With the join token",
      hint: "It holds the addresses of this server, its fingerprint and the right to be a worker.",
      line: ["octopus worker", `--join ${shellQuote(join)}`, ...options].join(" "),
    });
    const file = ["octopus worker --join @join-token", ...options].join(" ");
    found.push({
      title: "With the token in a file",
      hint: "So that it stands in no list of processes.",
      line: `umask 077 && printf %s ${shellQuote(join)} > join-token && ${file}`,
    });
  }
  const trust = server.fingerprint === undefined ? [] : [`--trust ${server.fingerprint}`];
  found.push({
    title: server.isOpen ? "On this machine or network" : "Without a token",
    hint: server.isOpen
      ? "This server asks for no token."
      : "It shows its fingerprint and waits above until somebody lets it in.",
    line: ["octopus worker", `--server ${shellQuote(server.url)}`, ...trust, ...options].join(" "),
  });
  return found;
}

function option(name: string, value: string): string[] {
  return value.trim() === "" ? [] : [`${name} ${shellQuote(value.trim())}`];
}
