/**
 * A page of tasks, newest first, read in steps: however many tasks there are and however few of them a filter fits, a step
 * takes a few milliseconds. Keyset paging: the cursor is the number of the last task that was looked at.
 *
 * TS1  A page that ends early says how far it has come; going on from there leaves nothing out and shows nothing twice.
 */
import type { DatabaseSync } from "node:sqlite";
import type { TaskFilter } from "../../engine/filters.ts";
import type { TaskScan } from "../../engine/ports.ts";
import type { Page, TaskView } from "../../protocol/views.ts";
import { TASK_COLUMNS, TASK_TABLES, type TaskRow } from "../rows.ts";
import { type Candidates, candidatesOf } from "./candidates.ts";
import { Stride } from "./stride.ts";
import { selectTasks } from "./task-filter.ts";

export const PAGE_MAX = 1000;

type Resolve = (id: string) => number | undefined;

export class TaskPages implements TaskScan {
  readonly #db: DatabaseSync;
  readonly #candidates: Candidates;
  readonly #view: (row: TaskRow) => TaskView;
  readonly #limit: number;
  readonly #sql: string;
  readonly #values: (string | number)[];
  readonly #items: TaskView[] = [];
  #before: number;
  readonly #floor: number;
  readonly #stride: Stride;
  #looked = 0;
  #state: "open" | "full" | "end" = "open";

  constructor(
    db: DatabaseSync,
    filter: TaskFilter & { runSeq?: number | undefined },
    resolve: Resolve,
    view: (row: TaskRow) => TaskView,
  ) {
    this.#db = db;
    this.#view = view;
    this.#limit = Math.min(Math.max(filter.limit ?? 50, 1), PAGE_MAX);
    this.#before = filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(filter.cursor);
    this.#candidates = candidatesOf(db, filter, resolve);
    const { where, values, low, high } = selectTasks(db, filter, resolve);
    if (high !== undefined) this.#before = Math.min(this.#before, high);
    this.#floor = low ?? 0;
    const conditions = ["seq IN (SELECT value FROM json_each(?))", ...where].join(" AND ");
    this.#sql = `SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE ${conditions} ORDER BY seq DESC LIMIT ?`;
    this.#values = values;
    this.#stride = new Stride(this.#limit + 1);
  }

  get done(): boolean {
    return this.#state !== "open";
  }

  get looked(): number {
    return this.#looked;
  }

  step(): void {
    this.#stride.measure(() => this.#look(this.#stride.size));
  }

  #look(count: number): void {
    const found = this.#candidates(this.#before, count);
    const seqs = this.#floor === 0 ? found : found.filter((seq) => seq >= this.#floor);
    this.#looked += seqs.length;
    if (seqs.length > 0) this.#take(seqs);
    if (this.#state === "open" && seqs.length < count) this.#state = "end";
  }

  #take(seqs: readonly number[]): void {
    const room = this.#limit - this.#items.length;
    const rows = this.#db
      .prepare(this.#sql)
      .all(JSON.stringify(seqs), ...this.#values, room + 1) as unknown as TaskRow[];
    // The one beyond says that there is a next page.
    if (rows.length > room) {
      rows.pop();
      this.#state = "full";
    }
    for (const row of rows) this.#items.push(this.#view(row));
    this.#before = this.#state === "full" ? (rows.at(-1)?.seq ?? this.#before) : seqs.at(-1)!;
  }

  page(): Page<TaskView> {
    const items = this.#items;
    if (this.#state === "end") return { items };
    const next = String(this.#before);
    if (this.#state === "full") return { items, next };
    const readTo = this.#createdAt(this.#before);
    return readTo === undefined ? { items } : { items, next, readTo };
  }

  /** When the oldest task was created that was looked at. */
  #createdAt(seq: number): string | undefined {
    const sql = "SELECT created_at AS at FROM task WHERE seq >= ? ORDER BY seq LIMIT 1";
    const found = this.#db.prepare(sql).get(seq) as { at: number } | undefined;
    return found && new Date(found.at).toISOString();
  }
}
