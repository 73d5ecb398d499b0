/**
 * What stands in a folder that may be a plugin: files and folders by the names of plugins, with a mark that changes when
 * anything in them does. Contents are read apart from that, as that costs more.
 *
 * A look calls the file system without waiting: asking for the state of a file takes 5 µs so, and 100 when somebody else
 * does it; and after so many files others get their turn.
 *
 * CA1  Nothing outside of the folder is read: a link that leads out of it is a problem, not a plugin.
 */
import { type BigIntStats, type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { isLeftOver, isPluginName, languageOf, pluginNameOf } from "./names.ts";
import { PLUGIN_BYTES_MAX, PLUGIN_FILES_MAX, type PluginContent } from "./read-plugin.ts";

export interface Candidate {
  /** Of the plugin. */
  name: string;
  /** The file or folder that it is, as people see it. */
  file: string;
  /** Where its files lie, by their paths in the plugin. */
  files: ReadonlyMap<string, string>;
  /** Changes with any of its files. */
  mark: string;
}

export interface Unusable {
  plugin?: string;
  file: string;
  problem: string;
}

/** Entries of the folder that are looked at in one go. */
const STRETCH = 100;

/** What stands there. Rejects when the folder cannot be read. */
export async function candidatesIn(dir: string): Promise<{ candidates: Candidate[]; unusable: Unusable[] }> {
  const root = realpathSync.native(dir);
  const entries = entriesOf(dir);
  const candidates: Candidate[] = [];
  const unusable: Unusable[] = [];
  for (const [place, entry] of entries.entries()) {
    if (place % STRETCH === STRETCH - 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    if (isLeftOver(entry.name)) continue;
    try {
      const candidate = candidateOf(root, dir, entry);
      if (candidate !== undefined) candidates.push(candidate);
    } catch (error) {
      if (isGone(error)) continue;
      const name = pluginNameOf(entry.name);
      const problem = (error as Error).message;
      unusable.push({ file: entry.name, problem, ...(isPluginName(name) && { plugin: name }) });
    }
  }
  return { candidates, unusable };
}

/** One file or folder of its own, wherever it lies; undefined when it is none or is not there. */
export function candidateAt(path: string): Candidate | undefined {
  const [dir, base] = [join(path, ".."), path.slice(path.lastIndexOf(sep) + 1)];
  const entry = entriesOf(dir).find(({ name }) => name === base);
  return entry && candidateOf(realpathSync.native(dir), dir, entry);
}

function entriesOf(dir: string): Dirent[] {
  return readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function candidateOf(root: string, dir: string, entry: Dirent): Candidate | undefined {
  const path = join(dir, entry.name);
  // What it is not by its name need not be looked at.
  if (!entry.isDirectory() && !entry.isSymbolicLink() && languageOf(entry.name) === undefined) return undefined;
  const found = statIn(root, path, entry);
  const isFolder = found.isDirectory();
  if (!isFolder && languageOf(entry.name) === undefined) return undefined;
  const name = isFolder ? entry.name : pluginNameOf(entry.name);
  if (!isPluginName(name))
    throw new OctopusError(
      "invalid",
      `${JSON.stringify(name)} is no name of a plugin: it must begin with a letter or _ and hold at most 64 letters, digits, _ and -; rename it`,
    );
  const files = new Map<string, string>();
  const marks: string[] = [];
  if (isFolder) walk(root, path, path, files, marks);
  else {
    if (!found.isFile()) throw new OctopusError("invalid", "it is neither a file nor a folder");
    note(files, marks, entry.name, path, found);
  }
  const bytes = marks.reduce((sum, mark) => sum + Number(mark.split(" ", 1)[0]), 0);
  if (bytes > PLUGIN_BYTES_MAX)
    throw new OctopusError("invalid", `it holds ${bytes} bytes; at most ${PLUGIN_BYTES_MAX} (16MiB) are taken`);
  return { name, file: isFolder ? `${entry.name}/` : entry.name, files, mark: marks.join("\n") };
}

function walk(root: string, top: string, dir: string, files: Map<string, string>, marks: string[]): void {
  for (const entry of entriesOf(dir)) {
    if (isLeftOver(entry.name)) continue;
    const path = join(dir, entry.name);
    const found = statIn(root, path, entry);
    // A link to a folder could lead round in a circle.
    if (found.isDirectory() && entry.isSymbolicLink())
      throw new OctopusError("invalid", `${relative(top, path)} is a link to a folder; put the folder itself there`);
    if (found.isDirectory()) walk(root, top, path, files, marks);
    else if (found.isFile()) note(files, marks, relative(top, path).split(sep).join("/"), path, found);
    if (files.size > PLUGIN_FILES_MAX)
      throw new OctopusError("invalid", `it holds more than ${PLUGIN_FILES_MAX} files; put fewer there`);
  }
}

function note(
  files: Map<string, string>,
  marks: string[],
  path: string,
  at: string,
  { size, mtimeNs, ino }: BigIntStats,
): void {
  files.set(path, at);
  marks.push(`${size} ${mtimeNs} ${ino} ${path}`);
}

/** What it is, links followed; throws for one that leads out of the folder. */
function statIn(root: string, path: string, entry: Dirent): BigIntStats {
  if (!entry.isSymbolicLink()) return statSync(path, { bigint: true });
  const real = realpathSync.native(path);
  const way = relative(root, real);
  if (way === ".." || way.startsWith(`..${sep}`) || way.startsWith(sep))
    throw new OctopusError("invalid", `it is a link to ${real}, outside of the folder of plugins; copy it here`);
  return statSync(real, { bigint: true });
}

/** Reads all of its files. */
export async function contentsOf({ files }: Candidate): Promise<PluginContent[]> {
  const contents: PluginContent[] = [];
  for (const [path, at] of files) contents.push({ path, content: await readFile(at) });
  return contents;
}

/** It went while it was looked at: the next look says so. */
export function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
