/** Whose a container is: a number that a worker draws once and keeps in its state folder. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A container of ours says by these whose it is. */
export const LABEL = {
  owner: "octopus.owner",
  worker: "octopus.worker",
  task: "octopus.task",
  attempt: "octopus.attempt",
} as const;

const FILE = "containers";
const FORM = /^[0-9a-f-]{36}$/;

/** Without a folder, or with one that cannot be written, it is another one with each process. */
export function ownerId(dir: string | undefined): string {
  if (dir === undefined) return randomUUID();
  const path = join(dir, FILE);
  const kept = read(path);
  if (kept !== undefined) return kept;
  const drawn = randomUUID();
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${drawn}\n`, { mode: 0o600 });
  } catch {
    // What it leaves behind when it is killed stays then, until a person removes it.
  }
  return drawn;
}

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return FORM.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
