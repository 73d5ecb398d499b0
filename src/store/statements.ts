/** Statements by their text, prepared on first use and kept. For what is not done often enough to have a name of its own. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Value = string | number | null;

export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  run(sql: string, ...values: Value[]): void {
    this.#statement(sql).run(...values);
  }

  get(sql: string, ...values: Value[]): unknown {
    return this.#statement(sql).get(...values);
  }

  /** Who changed what: every command of a person. */
  audit(at: number, action: string, subject: string, detail?: string): void {
    this.run(
      "INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)",
      at,
      action,
      subject,
      detail ?? null,
    );
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

export function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
