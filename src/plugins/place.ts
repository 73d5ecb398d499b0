/** Where a plugin lies in the folder, and how it gets there and away whole: written beside, then renamed. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import type { PluginsApi } from "../engine/plugins/api.ts";
import { languageOf, pluginNameOf } from "./names.ts";
import type { PluginContent } from "./read-plugin.ts";

/** Begins with a dot: it is passed over by whoever looks for plugins. */
const DRAFT = ".incoming-";

/** One file lies there under the name of the plugin, more in a folder of that name. */
export function placeOf(name: string, contents: readonly PluginContent[]): { base: string; contents: PluginContent[] } {
  const [only] = contents;
  if (contents.length !== 1 || languageOf(only!.path) === undefined) return { base: name, contents: [...contents] };
  const extension = only!.path.slice(only!.path.lastIndexOf("."));
  return { base: name + extension, contents: [{ path: name + extension, content: only!.content }] };
}

/** Puts it in the place of all that has its name. */
export async function write(dir: string, name: string, given: readonly PluginContent[]): Promise<void> {
  const { base, contents } = placeOf(name, given);
  const draft = join(dir, `${DRAFT}${randomUUID()}`);
  const old = `${draft}.old`;
  try {
    await mkdir(draft, { recursive: true });
    for (const { path, content } of contents) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), content, { flag: "wx" });
    }
    await mkdir(old);
    const there = await placesOf(dir, name);
    // A file takes the place of a file at once; a folder must be moved away before.
    if (base === name && there.includes(base)) await rename(join(dir, base), join(old, base));
    await rename(base === name ? draft : join(draft, base), join(dir, base));
    for (const other of there) if (other !== base) await rename(join(dir, other), join(old, other));
  } catch (error) {
    throw storageTrouble(error, `write the plugin ${name} into ${dir}`);
  } finally {
    for (const left of [draft, old]) await rm(left, { recursive: true, force: true });
  }
}

/** Removes what uploads left that a crash has cut short. */
export async function clear(dir: string): Promise<void> {
  for (const entry of await readdir(dir))
    if (entry.startsWith(DRAFT)) await rm(join(dir, entry), { recursive: true, force: true });
}

/** Takes all that has its name out of the folder. */
export async function take(dir: string, name: string): Promise<void> {
  for (const place of await placesOf(dir, name)) await rm(join(dir, place), { recursive: true, force: true });
}

/** The files and folders that have its name. */
export async function placesOf(dir: string, name: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries
    .filter((entry) => (languageOf(entry.name) === undefined ? entry.name : pluginNameOf(entry.name)) === name)
    .map((entry) => entry.name);
}

/** Writes a plugin of the catalogue into the folder; answers why that cannot be, if it cannot. */
export async function restore(dir: string, plugins: PluginsApi, name: string): Promise<string | undefined> {
  const { version, versions } = plugins.show(name)!;
  const contents: PluginContent[] = [];
  for (const { path } of versions.find((one) => one.version === version)!.files) {
    const file = plugins.file(name, version, path);
    if (file === undefined) return `the content of ${path} is not kept`;
    contents.push({ path, content: Buffer.concat(await Array.fromAsync(file.chunks)) });
  }
  await write(dir, name, contents);
  return undefined;
}

/** Of paths and contents. */
export function digestOf(contents: readonly PluginContent[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of contents) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

/** What the file system said, as an error that a person can act on. */
export function storageTrouble(error: unknown, doing: string): unknown {
  if (error instanceof OctopusError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new OctopusError(isFull ? "storage_full" : "storage_failed", `could not ${doing}: ${message}`, {
    cause: error,
    retryable: true,
  });
}
