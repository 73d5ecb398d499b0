/**
 * A filter of tasks as SQL: the tables to read, with the one whose index fits first, what an index answers, and what has
 * to be looked at row by row.
 */
import type { DatabaseSync } from "node:sqlite";
import { searchWords } from "../../base/search-words.ts";
import type { TaskState } from "../../base/words.ts";
import type { BulkFilter } from "../../engine/filters.ts";
import { kindCode, stateCode } from "../codes.ts";
import { TASK_TABLES } from "../rows.ts";

const RUNNING = "LEFT JOIN running ON running.task = task.seq";
/** What stands beside `task` when this table leads to it. */
const LED_BY = {
  ask: `${RUNNING} LEFT JOIN node ON node.task = task.seq`,
  node: `${RUNNING} LEFT JOIN ask ON ask.task = task.seq`,
};

export type Filter = BulkFilter & { runSeq?: number | undefined };
type Value = string | number;

export interface Selection {
  /** What stands behind FROM. */
  tables: string;
  /** The column with the task's number that the leading index is ordered by. */
  seq: string;
  where: string[];
  values: Value[];
  /** The first number that may fit, and the one behind the last; absent = no time was given. */
  low?: number | undefined;
  high?: number | undefined;
}

/** `resolve` gives the number of the task with an id that people see. */
export function selectTasks(db: DatabaseSync, filter: Filter, resolve: (id: string) => number | undefined): Selection {
  const where: string[] = [];
  const values: Value[] = [];
  const narrow = (sql: string, ...bound: Value[]): void => {
    where.push(sql);
    values.push(...bound);
  };
  const lead = leadingTable(filter, resolve, narrow);
  const seq = lead === undefined ? "task.seq" : `${lead}.task`;
  if (filter.ids !== undefined) {
    const list = JSON.stringify(filter.ids.map((id) => resolve(id) ?? -1));
    narrow(`${seq} IN (SELECT value FROM json_each(?))`, list);
  }
  const run = filter.runSeq ?? (filter.run === undefined ? undefined : Number(filter.run.replace(/^r/, "")));
  if (run !== undefined) narrow("run = ?", run);
  if (filter.inside !== undefined) narrow("inside = ?", resolve(filter.inside) ?? -1);
  if (filter.dead === true) narrow(`state = ${stateCode.failed} AND state <> 4 AND dead = 1`);
  if (filter.state !== undefined && filter.state.length > 0) narrow(inStates(filter.state));
  // Numbers and times grow together, so that a stretch of time is one of numbers.
  const low = filter.from === undefined ? undefined : firstSince(db, filter.from);
  const high = filter.to === undefined ? undefined : firstSince(db, filter.to);
  if (low !== undefined) narrow(`${seq} >= ? AND created_at >= ?`, low, filter.from!);
  if (high !== undefined) narrow(`${seq} < ? AND created_at < ?`, high, filter.to!);
  lookAt(filter, narrow);
  const tables =
    lead === undefined ? TASK_TABLES : `${lead} CROSS JOIN task ON task.seq = ${lead}.task ${LED_BY[lead]}`;
  return { tables, seq, where, values, low, high };
}

/** The conditions that a table beside `task` answers, and which table that is. */
function leadingTable(
  filter: Filter,
  resolve: (id: string) => number | undefined,
  narrow: (sql: string, ...bound: Value[]) => void,
): keyof typeof LED_BY | undefined {
  const { callbackOf, schedule, key, owner, awaiting } = filter;
  if (callbackOf !== undefined) narrow("ask.callback_of = ?", resolve(callbackOf) ?? -1);
  if (schedule !== undefined) narrow("ask.schedule = ?", schedule);
  if (key !== undefined) narrow("ask.concurrency_key = ?", key);
  if (owner !== undefined) narrow("ask.owner = ?", owner);
  if (awaiting === "approval") narrow(`asked = 1 AND state = ${stateCode.queued}`);
  if ([callbackOf, schedule, key, owner].some((value) => value !== undefined)) return "ask";
  return awaiting === undefined ? undefined : "node";
}

/** What no index answers: it is asked of each row. */
function lookAt(filter: Filter, narrow: (sql: string, ...bound: Value[]) => void): void {
  const { type, arm, tag, q, text, worker, kind } = filter;
  if (type !== undefined) narrow("type = ?", type);
  if (kind !== undefined) narrow(`kind IN (${kind.map((each) => kindCode[each]).join(", ")})`);
  if (arm !== undefined) narrow("coalesce(arm, 'default') = ?", arm);
  if (tag !== undefined) narrow("instr(tags, ?) > 0", JSON.stringify(tag));
  if (worker !== undefined) {
    const ended = "outcome IS NOT NULL AND task.worker = (SELECT id FROM worker_name WHERE name = ?)";
    narrow(`iif(running.task IS NULL, ${ended}, running.worker = ?)`, worker, worker);
  }
  if (q !== undefined) findWords(searchWords(q), narrow);
  if (text !== undefined) {
    // As it stands in JSON: quotes and line ends are escaped there. Large results lie elsewhere and are not looked at.
    const pattern = `%${JSON.stringify(text).slice(1, -1).replace(/[%_!]/g, "!$&")}%`;
    const columns = ["work", "result", "error"].map((column) => `${column} LIKE ? ESCAPE '!'`);
    narrow(`(${columns.join(" OR ")})`, pattern, pattern, pattern);
  }
}

/** Each of the words stands somewhere in what names the task. */
function findWords(words: readonly string[], narrow: (sql: string, ...bound: Value[]) => void): void {
  // Whoever asks for nothing by a word must not get all there is: it may be about to be deleted.
  if (words.length === 0) narrow("0");
  for (const word of words) {
    narrow(
      "instr(lower(coalesce(key, 't' || seq) || ' ' || coalesce(task.name, '') || ' ' || type), ?) > 0",
      // As SQLite does it: other letters than these stay as they are.
      word.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    );
  }
}

/** A running task keeps the state that it had in its row; `running` says that it runs. */
function inStates(states: readonly TaskState[]): string {
  const codes = states.filter((state) => state !== "running").map((state) => stateCode[state]);
  const open = states.includes("succeeded") ? "" : " AND state <> 4";
  const waiting = `(state IN (${codes.join(", ")})${open} AND running.task IS NULL)`;
  if (!states.includes("running")) return waiting;
  const running = `(seq IN (SELECT task FROM running) OR (state = ${stateCode.running} AND state <> 4))`;
  return codes.length === 0 ? running : `(${running} OR ${waiting})`;
}

/** Number of the first task that was created at or after this time; one more than the last when there is none. */
function firstSince(db: DatabaseSync, at: number): number {
  const { low: first, high: last } = db.prepare("SELECT min(seq) AS low, max(seq) AS high FROM task").get() as {
    low: number | null;
    high: number | null;
  };
  if (first === null || last === null) return 1;
  const from = db.prepare("SELECT seq, created_at FROM task WHERE seq >= ? ORDER BY seq LIMIT 1");
  let low = first;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = from.get(middle) as { seq: number; created_at: number };
    if (row.created_at >= at) high = middle;
    else low = row.seq + 1;
  }
  return low;
}
