/**
 * What the machine and the attempts use, as heartbeats say it. Looking takes time and may take long (a GPU's driver), so it
 * is done beside the heartbeats: each takes what was seen since the one before, and none waits.
 */
import type { AttemptUsage, FromWorker } from "../../protocol/link.ts";
import { groupUsage, type GroupUsage } from "./groups.ts";
import type { GpuLook } from "./gpu.ts";
import { MachineLook } from "./machine.ts";

type Heartbeat = Extract<FromWorker, { type: "heartbeat" }>;
export type Seen = Pick<Heartbeat, "usage" | "attempts">;

/** An attempt as far as its use of the machine goes. */
export interface Watched {
  readonly assignment: { readonly task: number; readonly attempt: number };
  readonly group: (() => number | undefined) | undefined;
  /** Where it has no group: what it uses. */
  readonly used?: (() => GroupUsage | undefined) | undefined;
}

export interface UsageSource {
  /** What was seen since the last call; undefined when that is nothing new. */
  takeLatest(): Seen | undefined;
  /** Looks, in its own time. */
  sample(attempts: Iterable<Watched>): void;
}

export interface UsageOptions {
  /** Folder whose file system is looked at. */
  dir: string;
  gpus?: GpuLook | undefined;
}

export class Usage implements UsageSource {
  readonly #machine: MachineLook;
  readonly #gpus: GpuLook | undefined;
  #latest: Seen | undefined;
  #isLooking = false;

  constructor({ dir, gpus }: UsageOptions) {
    this.#machine = new MachineLook(dir);
    this.#gpus = gpus;
  }

  takeLatest(): Seen | undefined {
    const latest = this.#latest;
    this.#latest = undefined;
    return latest;
  }

  sample(attempts: Iterable<Watched>): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    // A look that fails says nothing; the next one may.
    const over = (): boolean => (this.#isLooking = false);
    this.#look([...attempts]).then(over, over);
  }

  async #look(attempts: readonly Watched[]): Promise<void> {
    const groups = new Map<number, AttemptUsage>();
    const told: AttemptUsage[] = [];
    for (const { assignment, group, used } of attempts) {
      const pid = group?.();
      const own = used?.();
      if (own !== undefined) told.push({ task: assignment.task, attempt: assignment.attempt, ...own });
      if (pid !== undefined) groups.set(pid, { task: assignment.task, attempt: assignment.attempt });
    }
    const [machine, gpus, used] = await Promise.all([
      this.#machine.look(),
      this.#gpus?.look(),
      groups.size === 0 ? new Map<number, GroupUsage>() : groupUsage(new Set(groups.keys())),
    ]);
    const counted = [...groups].flatMap(([pid, ref]) => (used.has(pid) ? [{ ...ref, ...used.get(pid) }] : []));
    const seen = [...told, ...counted];
    this.#latest = {
      usage: { ...machine, ...(gpus !== undefined && gpus.length > 0 && { gpus }) },
      ...(seen.length > 0 && { attempts: seen }),
    };
  }
}
