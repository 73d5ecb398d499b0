/** A copy of a database file, whatever else is done with it meanwhile. */
import { existsSync, rmSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import { storageError } from "./database.ts";

export async function copyDatabase(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw new OctopusError("not_found", `there is no file ${from}`);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(from, { readOnly: true });
    await backup(db, to);
  } catch (error) {
    rmSync(to, { force: true });
    throw storageError(error, `copy ${from}`);
  } finally {
    db?.close();
  }
}
