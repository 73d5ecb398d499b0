/** A worker as core knows it. It stays here while it is connected, and after that until its lease has run out. */
import type { TaskKind } from "../../base/words.ts";
import type { Resources } from "../asks.ts";
import type { Task } from "../task.ts";
import type { Reservation } from "./reservation.ts";

export class Worker {
  readonly name: string;
  /** Its place in tables of workers; another one may have it when this one is gone. */
  readonly place: number;
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
  /** By resource how much of each unit they have, where some are told apart. */
  readonly unitUse = new Map<string, number[]>();
  /** How many of its attempts have each key that keeps tasks apart. */
  readonly apart = new Map<string, number>();
  /** Takes no new work: a person drained it, or it is leaving. */
  draining = false;
  /** Its own word, or that of who ends it, that it takes no new work; a person who lets it work again does not undo that. */
  leaving = false;
  /** Attempts on it. */
  readonly attempts = new Set<Task>();
  /** It has left; another one may have its name by now. */
  gone = false;
  /** It is kept free for a lane. Not in the journal, like `listed` and `rank`. */
  reserved: Reservation | undefined = undefined;
  /** It stands among those that may have room. */
  listed = false;
  /** Its place by name among all workers, as far as these are ranked. */
  rank = 0;
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

  constructor(name: string, place = 0) {
    this.name = name;
    this.place = place;
  }

  get free(): number {
    return this.session === 0 || this.draining ? 0 : this.slots - this.attempts.size;
  }

  /** An attempt that asks for resources came (1) or went (-1). */
  charge(resources: Resources, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(resources)) change(this.used, name, sign * amount);
  }

  /** An attempt with this key came (1) or went (-1). */
  part(key: string, sign: 1 | -1): void {
    change(this.apart, key, sign);
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
