/** Small values that all servers share: one row each. */
import type { SharedValues } from "../ports.ts";
import type { Database } from "./database.ts";

export class PostgresValues implements SharedValues {
  readonly #database: Database;
  readonly #table: string;

  constructor(database: Database, schema: string) {
    this.#database = database;
    this.#table = `${schema}.value`;
  }

  async get(name: string): Promise<string | undefined> {
    const text = `SELECT value FROM ${this.#table} WHERE name = $1`;
    const [row] = await this.#ask<{ value: string }>(text, [name], `read ${name}`);
    return row?.value;
  }

  async createOnce(name: string, value: string): Promise<string> {
    for (;;) {
      const text = `INSERT INTO ${this.#table} VALUES ($1, $2) ON CONFLICT DO NOTHING`;
      await this.#ask(text, [name, value], `keep ${name}`);
      const kept = await this.get(name);
      // Removed in between, it is made again.
      if (kept !== undefined) return kept;
    }
  }

  async set(name: string, value: string): Promise<void> {
    const text = `INSERT INTO ${this.#table} VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    await this.#ask(text, [name, value], `keep ${name}`);
  }

  async remove(name: string): Promise<void> {
    await this.#ask(`DELETE FROM ${this.#table} WHERE name = $1`, [name], `remove ${name}`);
  }

  list(prefix: string): Promise<{ name: string; value: string }[]> {
    const text = `SELECT name, value FROM ${this.#table} WHERE starts_with(name, $1) ORDER BY name COLLATE "C"`;
    return this.#ask(text, [prefix], `list ${prefix}`);
  }

  #ask<T extends Record<string, unknown>>(text: string, values: unknown[], doing: string): Promise<T[]> {
    return this.#database.query<T>({ text, values }, doing);
  }
}
