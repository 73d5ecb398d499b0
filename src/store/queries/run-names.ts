/**
 * The tasks of a run by their names. Expressions look names up again and again, in a run of 100,000 tasks for each of them,
 * and an index by name would cost the insert of each half as much again. So the names of the runs asked for are kept here.
 *
 * RN1  An answer is true of the tables now: what is remembered is only where to look.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Names that are kept at most, of all runs together; the newest run asked for is kept whatever its size. */
const KEPT_MAX = 300_000;

interface Names {
  readonly tasks: Map<string, number>;
  /** The last task that was looked at. */
  last: number;
}

export class RunNames {
  readonly #runs = new Map<number, Names>();
  #kept = 0;
  readonly #more: StatementSync;
  readonly #check: StatementSync;
  readonly #member: StatementSync;

  constructor(db: DatabaseSync) {
    this.#more = db.prepare("SELECT seq, name FROM task WHERE run = ? AND inside IS NULL AND seq > ? ORDER BY seq");
    this.#more.setReturnArrays(true);
    this.#check = db.prepare("SELECT 1 FROM task WHERE seq = ? AND run = ? AND name = ? AND inside IS NULL");
    this.#member = db.prepare("SELECT seq FROM task WHERE inside = ? AND name = ? ORDER BY seq LIMIT 1");
  }

  /** The task of that name; `NAME[i]` is the member of the task NAME. */
  find(run: number, name: string): number | undefined {
    const found = this.#top(run, name);
    if (found !== undefined) return found;
    const bracket = name.lastIndexOf("[");
    if (bracket <= 0 || !name.endsWith("]")) return undefined;
    const container = this.find(run, name.slice(0, bracket));
    if (container === undefined) return undefined;
    return (this.#member.get(container, name) as { seq: number } | undefined)?.seq;
  }

  #top(run: number, name: string): number | undefined {
    let names = this.#runs.get(run);
    const known = names?.tasks.get(name);
    if (known !== undefined) {
      if (this.#check.get(known, run, name) !== undefined) return known;
      // Its task went, or never became durable.
      this.#forget(run);
      names = undefined;
    }
    names ??= this.#begin(run);
    // No further than to the name: the rest is looked at when somebody asks for it.
    for (const row of this.#more.iterate(run, names.last) as IterableIterator<unknown>) {
      const [seq, other] = row as [number, string | null];
      names.last = seq;
      if (other === null || names.tasks.has(other)) continue;
      names.tasks.set(other, seq);
      this.#kept++;
      if (other === name) return seq;
    }
    return undefined;
  }

  #begin(run: number): Names {
    for (const old of this.#runs.keys()) {
      if (this.#kept <= KEPT_MAX) break;
      this.#forget(old);
    }
    const names: Names = { tasks: new Map(), last: 0 };
    this.#runs.set(run, names);
    return names;
  }

  #forget(run: number): void {
    this.#kept -= this.#runs.get(run)?.tasks.size ?? 0;
    this.#runs.delete(run);
  }
}
