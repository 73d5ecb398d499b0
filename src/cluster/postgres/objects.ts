/**
 * Files in parts of 512 KB.
 *
 * PO1  A name points to an upload only when all its parts are there (whole or not at all). Who reads one that is replaced
 *      meanwhile is told that it went, and never gets a mixture.
 */
import { randomUUID } from "node:crypto";
import { OctopusError } from "../../base/errors.ts";
import type { Objects } from "../ports.ts";
import type { Database } from "./database.ts";

const PART_BYTES = 512 * 1024;
/** An upload that nothing points to was given up by then. */
const FORGOTTEN = "1 hour";

export class PostgresObjects implements Objects {
  readonly #database: Database;
  readonly #schema: string;

  constructor(database: Database, schema: string) {
    this.#database = database;
    this.#schema = schema;
  }

  async put(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const id = randomUUID();
    const doing = `keep the file ${name}`;
    await this.#ask(`INSERT INTO ${this.#schema}.upload (id) VALUES ($1)`, [id], doing);
    try {
      let bytes = 0;
      let n = 0;
      for await (const part of parts(chunks)) {
        await this.#ask(`INSERT INTO ${this.#schema}.part VALUES ($1, $2, $3)`, [id, n, part], doing);
        bytes += part.length;
        n++;
      }
      await this.#database.transaction(doing, async (ask) => {
        const where = `WHERE id = (SELECT id FROM ${this.#schema}.object WHERE name = $1 FOR UPDATE)`;
        const [old] = await ask({ text: `SELECT id FROM ${this.#schema}.upload ${where}`, values: [name] });
        await ask({
          text: `UPDATE ${this.#schema}.upload SET bytes = $2, at = now() WHERE id = $1`,
          values: [id, bytes],
        });
        const text = `INSERT INTO ${this.#schema}.object VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET id = excluded.id`;
        await ask({ text, values: [name, id] });
        if (old !== undefined)
          await ask({ text: `DELETE FROM ${this.#schema}.upload WHERE id = $1`, values: [old["id"]] });
      });
    } catch (error) {
      await this.#ask(`DELETE FROM ${this.#schema}.upload WHERE id = $1`, [id], doing).catch(() => {});
      throw error;
    }
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const text = `SELECT upload.id, bytes FROM ${this.#schema}.object JOIN ${this.#schema}.upload USING (id) WHERE name = $1`;
    const [row] = await this.#ask<{ id: string; bytes: number }>(text, [name], `read the file ${name}`);
    return row && this.#read(name, row.id, row.bytes);
  }

  async has(name: string): Promise<boolean> {
    const text = `SELECT 1 AS there FROM ${this.#schema}.object WHERE name = $1`;
    return (await this.#ask(text, [name], `look for the file ${name}`)).length > 0;
  }

  list(prefix: string): Promise<{ name: string; bytes: number; at: number }[]> {
    const text = `SELECT name, bytes, (extract(epoch FROM at) * 1000)::bigint AS at
      FROM ${this.#schema}.object JOIN ${this.#schema}.upload USING (id)
      WHERE starts_with(name, $1) ORDER BY name COLLATE "C"`;
    return this.#ask(text, [prefix], `list the files ${prefix}`);
  }

  async remove(name: string): Promise<void> {
    const doing = `remove the file ${name}`;
    const text = `WITH gone AS (DELETE FROM ${this.#schema}.object WHERE name = $1 RETURNING id) SELECT id FROM gone`;
    const [gone] = await this.#ask<{ id: string }>(text, [name], doing);
    if (gone !== undefined) await this.#ask(`DELETE FROM ${this.#schema}.upload WHERE id = $1`, [gone.id], doing);
  }

  /** Removes uploads that nothing points to. */
  async sweep(): Promise<void> {
    const text = `DELETE FROM ${this.#schema}.upload WHERE at < now() - interval '${FORGOTTEN}'
      AND NOT EXISTS (SELECT 1 FROM ${this.#schema}.object WHERE object.id = upload.id)`;
    await this.#ask(text, [], "remove what is left of files");
  }

  async *#read(name: string, id: string, bytes: number): AsyncIterable<Uint8Array> {
    let got = 0;
    for (let n = 0; got < bytes; n++) {
      const [row] = await this.#database.query<{ bytes: Buffer }>(
        { text: `SELECT bytes FROM ${this.#schema}.part WHERE id = $1 AND n = $2`, values: [id, n] },
        `read the file ${name}`,
      );
      if (row === undefined) {
        const message = `the file ${name} was removed or replaced while it was read`;
        throw new OctopusError("storage_failed", message, { retryable: true });
      }
      got += row.bytes.length;
      yield row.bytes;
    }
  }

  #ask<T extends Record<string, unknown>>(text: string, values: unknown[], doing: string): Promise<T[]> {
    return this.#database.query<T>({ text, values }, doing);
  }
}

/** The same bytes in pieces of one size. */
async function* parts(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < PART_BYTES) continue;
    const whole = Buffer.concat(waiting);
    let at = 0;
    for (; whole.length - at >= PART_BYTES; at += PART_BYTES) yield whole.subarray(at, at + PART_BYTES);
    waiting = [whole.subarray(at)];
    length = whole.length - at;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
