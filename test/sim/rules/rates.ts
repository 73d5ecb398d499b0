/**
 * V11  In no stretch of time T do more than `burst + T x limit / perMs` attempts start under a rate, of an arm or of a key;
 *      in no window of an owner's quota more than its limit. Restarts and steps of the clock change nothing about that: a
 *      clock that goes back gives no tokens.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Quota, RateLimit } from "../../../src/core/asks.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Book, Known, Rule } from "../book.ts";
import type { World } from "../world.ts";

/** Times are whole milliseconds, so a start may come a fraction early. */
const SLACK = 1e-6;

/** Full at first; no stretch of starts breaks the bound exactly as long as this never runs dry. */
class Bucket {
  readonly rate: RateLimit;
  #tokens: number;
  #at: number;

  constructor(rate: RateLimit, at: number) {
    this.rate = rate;
    this.#tokens = rate.burst;
    this.#at = at;
  }

  /** One start; false when there was no token for it. */
  take(at: number): boolean {
    const { limit, perMs, burst } = this.rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, at - this.#at) * limit) / perMs);
    this.#at = at;
    this.#tokens--;
    return this.#tokens >= -SLACK;
  }
}

/** Begins with the first use. */
interface Window {
  at: number;
  used: number;
}

export class RateRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #arms = new Map<string, Bucket>();
  readonly #keys = new Map<string, Bucket>();
  readonly #quotas = new Map<string, Quota>();
  readonly #tasks = new Map<string, Window>();
  readonly #cpu = new Map<string, Window>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "ArmConfigured": {
        const { arm, rate } = event;
        const same = JSON.stringify(this.#arms.get(arm)?.rate) === JSON.stringify(rate);
        if (rate === undefined) this.#arms.delete(arm);
        else if (!same) this.#arms.set(arm, new Bucket(rate, at));
        return;
      }
      case "ArmRemoved":
        this.#arms.delete(event.arm);
        return;
      case "QuotaSet":
        return this.#quotaSet(event.owner, event.quota);
      case "AttemptStarted":
        return this.#started(this.#book.tasks.get(event.task)!, at);
      case "AttemptEnded":
        return this.#charge(this.#book.tasks.get(event.task)!, event.cpuMs ?? 0, at);
      default:
    }
  }

  #quotaSet(owner: string, quota: Quota | undefined): void {
    if (quota === undefined) this.#quotas.delete(owner);
    else this.#quotas.set(owner, quota);
  }

  #started({ seq, arm, asks }: Known, at: number): void {
    const { demand } = this.#world;
    demand(this.#arms.get(arm)?.take(at) ?? true, () => `V11: t${seq} starts too soon for the rate of arm ${arm}`);
    const rate = asks?.rate;
    if (rate !== undefined) {
      let bucket = this.#keys.get(rate.key);
      if (bucket === undefined) this.#keys.set(rate.key, (bucket = new Bucket(rate, at)));
      demand(bucket.take(at), () => `V11: t${seq} starts too soon for the rate of key ${rate.key}`);
    }
    const owner = asks?.owner;
    const quota = owner === undefined ? undefined : (this.#quotas.get(owner) ?? this.#quotas.get("*"));
    if (owner === undefined || quota === undefined) return;
    const { tasks, cpu } = quota;
    if (tasks !== undefined) {
      const used = use(this.#tasks, owner, { amount: 1, perMs: tasks.perMs, at });
      demand(used <= tasks.limit, () => `V11: t${seq} is start ${used} of ${tasks.limit} for ${owner}`);
    }
    if (cpu !== undefined) {
      const window = this.#cpu.get(owner);
      const used = window !== undefined && at < window.at + cpu.perMs ? window.used : 0;
      demand(used < cpu.limitMs, () => `V11: t${seq} starts for ${owner}, who has used ${used} of ${cpu.limitMs} ms`);
    }
  }

  #charge({ asks }: Known, cpuMs: number, at: number): void {
    const owner = asks?.owner;
    const cpu = owner === undefined ? undefined : (this.#quotas.get(owner) ?? this.#quotas.get("*"))?.cpu;
    if (owner !== undefined && cpu !== undefined && cpuMs > 0) {
      use(this.#cpu, owner, { amount: cpuMs, perMs: cpu.perMs, at });
    }
  }
}

/** Adds to the window that runs, or begins one; answers what it has come to. */
function use(
  windows: Map<string, Window>,
  owner: string,
  { amount, perMs, at }: { amount: number; perMs: number; at: number },
): number {
  let window = windows.get(owner);
  if (window === undefined || at >= window.at + perMs) windows.set(owner, (window = { at, used: 0 }));
  window.used += amount;
  return window.used;
}
