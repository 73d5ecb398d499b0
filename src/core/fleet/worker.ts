/** A worker as core knows it. It stays here while it is connected, and after that until its lease has run out. */
import type { TaskKind } from "../../base/words.ts";
import type { Resources } from "../asks.ts";
import type { Task } from "../task.ts";

export class Worker {
  readonly name: string;
  /** Tells one process from the next under the same name; `""` for one known only from before a restart. */
  instance = "";
  slots = 0;
  kinds: ReadonlySet<TaskKind> = new Set();
  functions: ReadonlySet<string> = new Set();
  /** What it offers to tasks that ask for resources, in thousandths; undefined = nothing. */
  resources: Resources | undefined = undefined;
  /** By resource the names of its units, where these are told apart. */
  units: Readonly<Record<string, readonly string[]>> | undefined = undefined;
  labels: Readonly<Record<string, string>> = {};
  /** It takes tasks of these arms only; undefined = of all. */
  arms: ReadonlySet<string> | undefined = undefined;
  /** What its attempts have taken of that. */
  readonly used = new Map<string, number>();
  /** Takes no new work. */
  draining = false;
  /** Attempts on it. */
  readonly attempts = new Set<Task>();
  /**
   * The connection, or 0 when there is none. Not in the journal, like all that follows: after a restart nobody is connected.
   */
  session = 0;
  lastSeenAt = 0;
  /** It lives in this very process: it cannot vanish alone, so no lease runs for it. */
  local = false;
  /** When its silence was first noticed; before `lastSeenAt` = it has been heard since. */
  suspectAt = -1;
  /** A lease timer is set for it. */
  watched = false;

  constructor(name: string) {
    this.name = name;
  }

  get free(): number {
    return this.session === 0 || this.draining ? 0 : this.slots - this.attempts.size;
  }

  /** An attempt that asks for resources came (1) or went (-1). */
  charge(resources: Resources, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(resources)) {
      const used = (this.used.get(name) ?? 0) + sign * amount;
      if (used === 0) this.used.delete(name);
      else this.used.set(name, used);
    }
  }
}
