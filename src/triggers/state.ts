/**
 * What a trigger must know after a restart: where it was in a file, which files it has seen, whether it is paused. One small
 * JSON file for each trigger, beside the data.
 *
 * SF1  A file is written whole under another name and then renamed: it is never half there.
 * SF2  What cannot be read is said, and the trigger begins anew: the ids of tasks keep what was started from starting again.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../engine/ports.ts";

export class StateFile {
  readonly #path: string | undefined;
  readonly #log: Log;
  #saving: Promise<void> = Promise.resolve();
  /** Makes what is to be written, when its turn has come. */
  #next: (() => object) | undefined;
  #isFailing = false;

  /** `dir` undefined: nothing is kept. */
  constructor(dir: string | undefined, name: string, log: Log) {
    this.#log = log;
    this.#path = dir === undefined ? undefined : join(dir, `${name}.json`);
    if (dir !== undefined) mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  read(): Record<string, unknown> {
    if (this.#path === undefined) return {};
    try {
      const value = JSON.parse(readFileSync(this.#path, "utf8")) as unknown;
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
      this.#log.warn({ file: this.#path }, `${this.#path} holds no state of a trigger; it begins anew`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      this.#log.warn(
        { file: this.#path, cause: String(error) },
        `${this.#path} cannot be read; the trigger begins anew`,
      );
    }
    return {};
  }

  /** Resolves when this, or what was to be saved after it, is on the disk; or when that failed, which is logged. */
  save(make: () => object): Promise<void> {
    if (this.#path === undefined) return Promise.resolve();
    const isWaiting = this.#next !== undefined;
    this.#next = make;
    if (!isWaiting) this.#saving = this.#saving.then(() => this.#write(this.#path!));
    return this.#saving;
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#saving;
  }

  async #write(path: string): Promise<void> {
    const text = JSON.stringify(this.#next!());
    this.#next = undefined;
    const draft = `${path}.part`;
    try {
      const file = await open(draft, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      this.#isFailing = false;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      if (!this.#isFailing)
        this.#log.warn({ file: path, cause: String(error) }, "the state of a trigger cannot be written; it goes on");
      this.#isFailing = true;
    }
  }
}
