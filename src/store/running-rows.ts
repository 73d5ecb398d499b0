/**
 * The table of attempts that run now. Where a batch is many turns (a replica that catches up), a task that starts and ends in
 * it leaves no row behind, and none is written for it.
 *
 * RW1  Before any event whose rows may look at the table, what was put off is written: `before` is called with each event.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Event } from "../core/event.ts";
import type { AttemptStarted } from "../core/task-events.ts";
import { json } from "./statements.ts";

/** Events whose rows say nothing of what runs, and do not look at it. */
const KNOWN: Partial<Record<Event["type"], true>> = {
  TaskSubmitted: true,
  TaskReady: true,
  AttemptStarted: true,
  AttemptEnded: true,
};

export class RunningRows {
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  /** Those that began in this batch of many turns, by their tasks. */
  #begun: Map<number, { event: AttemptStarted; at: number }> | undefined;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      "INSERT INTO running (task, attempt, worker, started_at, units, admitted_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#delete = db.prepare("DELETE FROM running WHERE task = ?");
  }

  /** From here on rows may wait, until `flush`. */
  putOff(): void {
    this.#begun = new Map();
  }

  flush(): void {
    this.#write();
    this.#begun = undefined;
  }

  forget(): void {
    this.#begun = undefined;
  }

  before(event: Event): void {
    if (this.#begun !== undefined && KNOWN[event.type] !== true) this.#write();
  }

  started(event: AttemptStarted, at: number): void {
    if (this.#begun === undefined) this.#add(event, at);
    else this.#begun.set(event.task, { event, at });
  }

  ended(task: number): void {
    if (this.#begun?.delete(task) !== true) this.#delete.run(task);
  }

  #write(): void {
    if (this.#begun === undefined || this.#begun.size === 0) return;
    for (const { event, at } of this.#begun.values()) this.#add(event, at);
    this.#begun.clear();
  }

  #add({ task, attempt, worker, units, admittedAt }: AttemptStarted, at: number): void {
    this.#insert.run(task, attempt, worker, at, json(units), admittedAt ?? null);
  }
}
