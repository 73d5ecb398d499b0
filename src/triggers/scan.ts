/** A look at the files that a trigger watches: which there are, and what tells one content of them from another. */
import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { cutPattern, ignorer, matcher } from "./glob.ts";
import type { WatchSettings } from "./settings.ts";

/** Most files that one trigger watches. */
export const FILES_MAX = 50_000;
/** Larger files are told apart by size and time alone. */
const HASHED_MAX = 256 * 1024 * 1024;

/** What people never mean: hidden files, and what editors and downloads leave beside a file while they write it. */
const NEVER = [".*", "*~", "*.tmp", "*.part", "*.swp", "*.crdownload"];

export interface Found {
  path: string;
  bytes: number;
  /** Epoch milliseconds. */
  mtime: number;
  /** Different for every file that was written anew. */
  mark: string;
}

export interface Look {
  /** The folder that holds what is watched. */
  folder: string;
  files: Map<string, Found>;
  /** More than can be watched are there. */
  tooMany: boolean;
}

/** Undefined while what is watched is not there: nothing is known of it then. */
export class Scanner {
  readonly #settings: WatchSettings;
  readonly #folder: string;
  readonly #pattern: string | undefined;
  readonly #isIgnored: (path: string) => boolean;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
    const { folder, pattern } = cutPattern(settings.path);
    this.#folder = folder;
    this.#pattern = pattern;
    this.#isIgnored = ignorer([...NEVER, ...settings.ignore]);
  }

  /** The folder whose changes say that it is time to look, and whether those below it do, too. */
  async place(): Promise<{ folder: string; recursive: boolean } | undefined> {
    const found = await statOf(this.#folder);
    if (found?.isDirectory() === true) return { folder: this.#folder, recursive: this.#isDeep };
    const folder = dirname(this.#folder);
    return (await statOf(folder)) === undefined ? undefined : { folder, recursive: false };
  }

  get #isDeep(): boolean {
    return this.#settings.recursive || this.#pattern?.includes("/") === true || this.#pattern?.includes("**") === true;
  }

  async look(): Promise<Look | undefined> {
    const files = new Map<string, Found>();
    const top = await statOf(this.#folder);
    if (this.#pattern === undefined && top?.isDirectory() !== true) return this.#lookAtFile(top, files);
    if (top?.isDirectory() !== true) return undefined;
    const pattern = this.#pattern ?? (this.#settings.recursive ? "**/*" : "*");
    const fits = matcher(this.#settings.recursive && !pattern.includes("/") ? `**/${pattern}` : pattern);
    const isWhole = await this.#walk("", fits, files);
    return { folder: this.#folder, files, tooMany: !isWhole };
  }

  /** A path that is no folder: a file, or nothing in a folder that is there. */
  async #lookAtFile(top: Stats | undefined, files: Map<string, Found>): Promise<Look | undefined> {
    const folder = dirname(this.#folder);
    if (top?.isFile() === true) files.set(this.#folder, foundOf(this.#folder, top));
    else if ((await statOf(folder)) === undefined) return undefined;
    return { folder, files, tooMany: false };
  }

  async #walk(below: string, fits: (path: string) => boolean, files: Map<string, Found>): Promise<boolean> {
    const entries = await readdir(join(this.#folder, below), { withFileTypes: true }).catch(nothingThere);
    for (const entry of entries) {
      const relative = below === "" ? entry.name : `${below}/${entry.name}`;
      if (this.#isIgnored(relative)) continue;
      if (entry.isDirectory()) {
        if (this.#isDeep && !(await this.#walk(relative, fits, files))) return false;
        continue;
      }
      if (!fits(relative)) continue;
      // A link counts as what it leads to, where that is a file; links to folders could lead in circles.
      const path = join(this.#folder, relative.split("/").join(sep));
      const found = await statOf(path);
      if (found?.isFile() !== true) continue;
      if (files.size >= FILES_MAX) return false;
      files.set(path, foundOf(path, found));
    }
    return true;
  }
}

function nothingThere(error: NodeJS.ErrnoException): [] {
  // It went between two looks.
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}

function foundOf(path: string, { size, mtimeMs, ctimeMs, ino }: Stats): Found {
  return { path, bytes: size, mtime: Math.round(mtimeMs), mark: `${size}.${mtimeMs}.${ctimeMs}.${ino}` };
}

export function nameOf(path: string): string {
  return basename(path);
}

/** SHA-256 in hex; `""` for a file that is too large; undefined for one that was written to meanwhile, or went. */
export async function contentOf(found: Found): Promise<string | undefined> {
  if (found.bytes > HASHED_MAX) return "";
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(found.path)) hash.update(chunk as Buffer);
  } catch {
    return undefined;
  }
  const after = await statOf(found.path);
  return after !== undefined && foundOf(found.path, after).mark === found.mark ? hash.digest("hex") : undefined;
}
