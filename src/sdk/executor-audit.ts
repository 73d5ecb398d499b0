/** The audit of Octopus Executor: the newest entries in memory, all of them in a file beside the database, if there is one. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { OctopusAuditEntry } from "./executor-types.ts";

const KEPT = 1000;

export class ExecutorAudit {
  readonly #file: string | undefined;
  readonly #onFailure: (words: string) => void;
  readonly #entries: OctopusAuditEntry[] = [];

  /** `dataDir` undefined: nothing is written. `onFailure` hears why an entry could not be; it stays in memory. */
  constructor(dataDir: string | undefined, onFailure: (words: string) => void) {
    this.#onFailure = onFailure;
    this.#file = dataDir === undefined ? undefined : join(dataDir, "executor-audit.jsonl");
  }

  add(action: OctopusAuditEntry["action"], subject: string, detail?: string): void {
    const entry: OctopusAuditEntry = { at: new Date().toISOString(), action, subject };
    if (detail !== undefined) entry.detail = detail.slice(0, 1000);
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    if (this.#file === undefined) return;
    try {
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      // A full disk is told by the engine as well; the work itself must not fail for its record.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      this.#onFailure(`the audit could not be written: ${(error as Error).message}`);
    }
  }

  /** The newest entries, oldest first. */
  list(): OctopusAuditEntry[] {
    return [...this.#entries];
  }
}
