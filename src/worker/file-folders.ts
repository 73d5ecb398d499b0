/**
 * The folders behind `$OCTOPUS_ARTIFACTS`, each with a file for `$OCTOPUS_OUTPUT` beside it. Most commands leave nothing, and
 * making a folder for each would cost more than starting the command: so a folder that was not touched goes to the next
 * attempt, and one that was is emptied and removed.
 *
 * D1  No two attempts have the same folder at once, and none finds files of another one.
 * D2  Whether it was touched, the time of its newest change says. Clocks of file systems tick slowly, so for a folder
 *     that is younger than YOUNG_MS that is not asked: it is looked into.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, lstatSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectFiles } from "./collect-files.ts";
import type { AttemptContext } from "./executor.ts";
import { makeOutputFile, renewOutputFile } from "./outputs/file.ts";

const YOUNG_MS = 100;

export interface Folder {
  readonly path: string;
  /** The file for outputs: empty when an attempt begins. */
  readonly output: string;
  ino: number;
  changedAt: number;
  /** `performance.now()` when it was last known to be empty. */
  emptySince: number;
  /** It was new when its attempt began. */
  isYoung: boolean;
}

/** What is known of the attempt that had it. */
export interface AttemptEnd {
  /** Processes that it left behind may still write. */
  isHeld: boolean;
  /** Its outputs were not asked for, or there were some: the file may hold something. */
  hasOutput: boolean;
}

export interface FileFoldersOptions {
  /** Whoever knows the name of a folder gets to it: they are given to other users. */
  isOpen?: boolean;
  /** The file for outputs stands in a folder of its own, for work that is given folders and no files. */
  isApart?: boolean;
}

export class FileFolders {
  readonly #parent: string | undefined;
  readonly #options: FileFoldersOptions;
  #base: string | undefined;
  #free: Folder[] = [];
  #last = 0;

  /** `parent` is emptied when the first folder is made: nobody else may use it. Default: a new one for temporary files. */
  constructor(parent?: string, options: FileFoldersOptions = {}) {
    this.#parent = parent;
    this.#options = options;
  }

  /** A folder that is empty; undefined where none can be made. */
  take(): Folder | undefined {
    const folder = this.#free.pop() ?? this.#make();
    if (folder !== undefined) folder.isYoung = performance.now() - folder.emptySince < YOUNG_MS;
    return folder;
  }

  /** The attempt has ended: what it left is handed over. Undefined when that was nothing, which it is at once. */
  give(folder: Folder, context: AttemptContext, end: AttemptEnd): Promise<void> | undefined {
    const stat = lstatSync(folder.path, { throwIfNoEntry: false });
    if (stat !== undefined && this.#isEmpty(folder, stat)) {
      if (!end.isHeld && (!end.hasOutput || renewOutputFile(folder.output))) this.#free.push(folder);
      else remove(folder);
      return undefined;
    }
    if (stat === undefined) return remove(folder);
    return this.#collect(folder, stat.isDirectory() && context.keepFile !== undefined, context);
  }

  #isEmpty(folder: Folder, stat: Stats): boolean {
    const isSame = stat.ino === folder.ino && stat.ctimeMs === folder.changedAt;
    if (isSame && !folder.isYoung && process.platform !== "win32") return true;
    if (!stat.isDirectory() || readdirSync(folder.path).length > 0) return false;
    Object.assign(folder, { ino: stat.ino, changedAt: stat.ctimeMs, emptySince: performance.now() });
    return true;
  }

  close(): void {
    this.#free = [];
    if (this.#base !== undefined) rmSync(this.#base, { recursive: true, force: true });
    this.#base = undefined;
  }

  #make(): Folder | undefined {
    try {
      this.#base ??= this.#makeBase();
      const path = join(this.#base, String(++this.#last));
      mkdirSync(path, { mode: 0o700 });
      let output = `${path}.output`;
      if (this.#options.isApart === true) {
        mkdirSync(output, { mode: 0o700 });
        output = join(output, "values");
      }
      makeOutputFile(output);
      const { ino, ctimeMs } = lstatSync(path);
      return { path, output, ino, changedAt: ctimeMs, emptySince: performance.now(), isYoung: true };
    } catch {
      this.#base = undefined;
      return undefined;
    }
  }

  #makeBase(): string {
    if (this.#parent === undefined) {
      const base = mkdtempSync(join(tmpdir(), "octopus-files-"));
      if (this.#options.isOpen === true) chmodSync(base, 0o711);
      return base;
    }
    rmSync(this.#parent, { recursive: true, force: true });
    mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    return this.#parent;
  }

  async #collect(folder: Folder, shallKeep: boolean, context: AttemptContext): Promise<void> {
    try {
      if (shallKeep) await collectFiles(folder.path, context);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      context.log("log", `the files in OCTOPUS_ARTIFACTS could not be read: ${why}\n`);
    }
    remove(folder);
  }
}

function remove({ path }: Folder): undefined {
  for (const each of [path, `${path}.output`]) {
    try {
      rmSync(each, { recursive: true, force: true });
    } catch {
      // A file without rights stays until the worker ends or its folder is emptied at the next start.
    }
  }
}
