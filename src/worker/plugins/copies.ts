/**
 * The plugins that a worker has: a folder for each version, by its hash. What the server has is fetched ahead, so that it is
 * there when an attempt asks for it.
 *
 * PC1  A folder that was taken stays until it is released; its files were compared with their hashes when it was taken.
 * PC2  Of those that nobody has taken at most `COPIES_MAX` stay: the ones that were used last.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { FetchFile } from "../inputs/fetch-file.ts";
import { checkCopy, faultOf, listCopies, removeFolder, writeCopy } from "./copy-folder.ts";

export const COPIES_MAX = 200;

export interface HeldCopy {
  /** Holds the files of the plugin, to read. */
  readonly folder: string;
  release(): void;
}

export interface TakeOptions {
  signal: AbortSignal;
  /** The server cannot give it now, and will be asked again. */
  onWait?: ((why: string) => void) | undefined;
}

export interface CopiesOptions {
  /** For these alone; absent = one for temporary files. */
  dir?: string | undefined;
  fetch: FetchFile;
  tell(ready: readonly string[], failed: Readonly<Record<string, string>>): void;
}

interface Kept {
  readonly hash: string;
  usedAt: number;
  holders: number;
  /** While it is fetched. */
  coming: Promise<void> | undefined;
  isThere: boolean;
}

export class PluginCopies {
  readonly #options: CopiesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #failed = new Map<string, string>();
  readonly #closing = new AbortController();
  #dir: string | undefined;
  #offered: readonly PluginCopy[] = [];
  #isFetching = false;
  #said = "";

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** Resolves when the plugin lies here, whole; rejects with words when it will not. */
  async take(copy: PluginCopy, options: TakeOptions): Promise<HeldCopy> {
    checkCopy(copy);
    const dir = this.#open();
    const folder = join(dir, copy.hash);
    const kept = this.#keptOf(copy.hash);
    kept.holders++;
    try {
      await this.#bring(copy, kept, folder, options);
    } catch (error) {
      kept.holders--;
      throw error;
    }
    kept.usedAt = Date.now();
    touch(folder);
    this.#prune();
    let isHeld = true;
    const release = (): void => {
      if (isHeld) kept.holders--;
      isHeld = false;
    };
    return { folder, release };
  }

  /** All that the server has: what is not here yet is fetched, one after the other. */
  offer(plugins: readonly PluginCopy[]): void {
    this.#offered = plugins;
    this.#failed.clear();
    void this.#fetchAhead();
  }

  close(): void {
    this.#closing.abort();
    if (this.#options.dir === undefined && this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
  }

  async #fetchAhead(): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    const { signal } = this.#closing;
    for (let next = this.#missing(); next !== undefined && !signal.aborted; next = this.#missing()) {
      try {
        (await this.take(next, { signal })).release();
      } catch (error) {
        if (signal.aborted) break;
        this.#failed.set(next.hash, error instanceof Error ? error.message : String(error));
      }
      this.#tell();
    }
    this.#isFetching = false;
    if (!signal.aborted) this.#tell();
  }

  /** The next that is neither here nor known not to come. */
  #missing(): PluginCopy | undefined {
    return this.#offered.find(({ hash }) => this.#kept.get(hash)?.isThere !== true && !this.#failed.has(hash));
  }

  #tell(): void {
    const ready = this.#offered.map(({ hash }) => hash).filter((hash) => this.#kept.get(hash)?.isThere === true);
    const failed = Object.fromEntries(this.#failed);
    const said = JSON.stringify([ready, failed]);
    if (said === this.#said) return;
    this.#said = said;
    this.#options.tell(ready, failed);
  }

  /** One at a time brings it; the others wait for that one, and bring it themselves when it gave up. */
  async #bring(copy: PluginCopy, kept: Kept, folder: string, { signal, onWait }: TakeOptions): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (kept.coming === undefined) break;
      await aborting(
        kept.coming.catch(() => undefined),
        signal,
      );
    }
    if (kept.isThere && faultOf(copy, folder) === undefined) return;
    kept.isThere = false;
    if (faultOf(copy, folder) !== undefined) {
      const options = { signal, ...(onWait !== undefined && { onWait }) };
      kept.coming = writeCopy(copy, folder, this.#options.fetch, options);
      try {
        await kept.coming;
      } catch (error) {
        throw described(error, copy, folder);
      } finally {
        kept.coming = undefined;
      }
    }
    kept.isThere = true;
    this.#failed.delete(copy.hash);
  }

  #keptOf(hash: string): Kept {
    let kept = this.#kept.get(hash);
    if (kept === undefined) {
      kept = { hash, usedAt: Date.now(), holders: 0, coming: undefined, isThere: false };
      this.#kept.set(hash, kept);
    }
    return kept;
  }

  #open(): string {
    if (this.#dir !== undefined) return this.#dir;
    const { dir } = this.#options;
    try {
      if (dir === undefined) {
        this.#dir = mkdtempSync(join(tmpdir(), "octopus-plugins-"));
        // Another user may have to read what is in it (`sandbox.user`).
        chmodSync(this.#dir, 0o755);
        return this.#dir;
      }
      mkdirSync(dir, { recursive: true, mode: 0o755 });
      for (const { hash, usedAt } of listCopies(dir)) this.#keptOf(hash).usedAt = usedAt;
      return (this.#dir = dir);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `the folder for plugins of this worker cannot be used: ${why}; name another one with --dir`;
      throw new OctopusError("failed", message, { cause, retryable: true });
    }
  }

  #prune(): void {
    if (this.#kept.size <= COPIES_MAX) return;
    const free = [...this.#kept.values()].filter(({ holders, coming }) => holders === 0 && coming === undefined);
    free.sort((a, b) => a.usedAt - b.usedAt);
    for (const { hash } of free.slice(0, this.#kept.size - COPIES_MAX)) {
      this.#kept.delete(hash);
      try {
        removeFolder(join(this.#dir!, hash));
      } catch {
        // It stays until the next start.
      }
    }
  }
}

/** The order of use outlives the process; where it cannot be written, it does not. */
function touch(folder: string): void {
  try {
    const now = new Date();
    utimesSync(folder, now, now);
  } catch {
    // Only the order of what goes first is at stake.
  }
}

function aborting(waited: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    void waited.then((value) => {
      signal.removeEventListener("abort", abort);
      resolve(value);
    });
  });
}

const FULL = new Set(["ENOSPC", "EDQUOT"]);

function described(error: unknown, { name }: PluginCopy, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined || error instanceof OctopusError) return error;
  const { message: why } = error as Error;
  const hint = FULL.has(code) ? "make room there, or name another folder with --dir" : "name another folder with --dir";
  const message = `the plugin ${name} could not be written to ${folder}: ${why}; ${hint}`;
  return new OctopusError("failed", message, { cause: error, retryable: true });
}
