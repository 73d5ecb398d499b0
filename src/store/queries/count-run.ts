/** What is counted of the tasks of a run, in one look at them. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import { FIRST_END_CODE, stateCode, stateOfCode } from "../codes.ts";

/** Number of a run's tasks in each state. */
const COUNT_RUN = `SELECT CASE WHEN running.task IS NULL THEN state ELSE 3 END AS state, count(*) AS count
  FROM task LEFT JOIN running ON running.task = task.seq WHERE run = ? GROUP BY 1`;

const IS_ASIDE = `inside IS NOT NULL OR rule ->> '$.role' IS NOT NULL`;

/** The same with what core keeps beside it. */
const TALLY_RUN = `SELECT CASE WHEN running.task IS NULL THEN state ELSE 3 END AS state, count(*) AS count,
    sum(${IS_ASIDE} OR (allowed = 1 AND state = ${stateCode.failed})) AS aside,
    sum(allowed = 1 AND NOT (${IS_ASIDE})) AS allowed, min(seq) AS first
  FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN node ON node.task = task.seq WHERE run = ? GROUP BY 1`;

type Counts = Partial<Record<TaskState, number>>;

export interface RunTally {
  counts: Counts;
  /** See `StoredState.runs`. */
  aside: Counts | undefined;
  allowed: number;
  firstTask: number | undefined;
}

export class RunCounts {
  readonly #counts: StatementSync;
  readonly #tally: StatementSync;

  constructor(db: DatabaseSync) {
    this.#counts = db.prepare(COUNT_RUN);
    this.#tally = db.prepare(TALLY_RUN);
  }

  counts(run: number): Counts {
    const rows = this.#counts.all(run) as { state: number; count: number }[];
    return Object.fromEntries(rows.map(({ state, count }) => [stateOfCode(state), count]));
  }

  tally(run: number): RunTally {
    type Row = { state: number; count: number; aside: number | null; allowed: number | null; first: number };
    const rows = this.#tally.all(run) as unknown as Row[];
    const tally: RunTally = { counts: {}, aside: undefined, allowed: 0, firstTask: undefined };
    for (const { state, count, aside, allowed, first } of rows) {
      tally.counts[stateOfCode(state)] = count;
      tally.allowed += allowed ?? 0;
      tally.firstTask = Math.min(tally.firstTask ?? first, first);
      if (state >= FIRST_END_CODE && aside !== null && aside > 0) (tally.aside ??= {})[stateOfCode(state)] = aside;
    }
    return tally;
  }
}
