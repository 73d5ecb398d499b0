/**
 * Number of the members of an `each` in each state. To count 100,000 rows takes a twentieth of a second, and pictures of a run
 * ask for it again and again; so the counts of containers that have ended are remembered, as long as nobody removes members.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import { stateOfCode } from "../codes.ts";

type Counts = Partial<Record<TaskState, number>>;

/** Containers whose counts are remembered. */
const KEPT_MAX = 1000;

export class MemberCounts {
  readonly #select: StatementSync;
  readonly #total: StatementSync;
  readonly #kept = new Map<number, { endedAt: number; counts: Counts }>();

  constructor(db: DatabaseSync) {
    this.#select = db.prepare(
      `SELECT CASE WHEN running.task IS NULL THEN state ELSE 3 END AS state, count(*) AS count
       FROM task LEFT JOIN running ON running.task = task.seq WHERE inside = ? GROUP BY 1`,
    );
    this.#total = db.prepare("SELECT count(*) AS total FROM task WHERE inside = ?");
  }

  /** `endedAt`: when the container ended; one that was opened again since then has another end, or none. */
  of(container: number, endedAt?: number): Counts {
    const known = endedAt === undefined ? undefined : this.#kept.get(container);
    if (known !== undefined && known.endedAt === endedAt && this.#isWhole(container, known.counts)) {
      return { ...known.counts };
    }
    const rows = this.#select.all(container) as { state: number; count: number }[];
    const counts: Counts = Object.fromEntries(rows.map(({ state, count }) => [stateOfCode(state), count]));
    if (endedAt !== undefined) {
      if (this.#kept.size >= KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
      this.#kept.set(container, { endedAt, counts });
    }
    return { ...counts };
  }

  /** An index answers this in a thirtieth of the time. */
  #isWhole(container: number, counts: Counts): boolean {
    const { total } = this.#total.get(container) as { total: number };
    return Object.values(counts).reduce((sum, count) => sum + count, 0) === total;
  }
}
