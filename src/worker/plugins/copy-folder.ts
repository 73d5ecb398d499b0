/**
 * The files of one version of a plugin in a folder: written whole or not at all, and looked at before they are trusted.
 *
 * CF1  No file lies outside the folder, whatever its path says.
 */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import type { PluginCopy, PluginFile } from "../../protocol/plugin.ts";
import type { FetchFile, FetchOptions } from "../inputs/fetch-file.ts";

const FILES_MAX = 1000;
const HASH = /^[0-9a-f]{64}$/;

/** Rejects what is no plugin that could lie here. */
export function checkCopy({ name, hash, files }: PluginCopy): void {
  const fault = (what: string): OctopusError =>
    new OctopusError("invalid", `the plugin ${name} cannot be kept here: ${what}`);
  if (!HASH.test(hash)) throw fault("its hash is none");
  if (files.length === 0 || files.length > FILES_MAX) throw fault(`it has ${files.length} files`);
  for (const { path } of files) {
    const isOdd = path
      .split(/[/\\]/)
      .some((part) => part === "" || part === "." || part === ".." || /[\0:]/.test(part));
    if (isOdd) throw fault(`${JSON.stringify(path)} is no relative path without . and ..`);
  }
}

/** Brings the files to `folder`. It stands there with all of them, or does not stand there. */
export async function writeCopy(
  copy: PluginCopy,
  folder: string,
  fetch: FetchFile,
  options: FetchOptions,
): Promise<void> {
  const draft = `${folder}.${process.pid}.part`;
  rmSync(draft, { recursive: true, force: true });
  try {
    mkdirSync(draft, { recursive: true, mode: 0o755 });
    for (const file of copy.files) {
      const target = join(draft, file.path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      await fetchOne(copy, file, target, fetch, options);
      chmodSync(target, 0o444);
    }
    removeFolder(folder);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function fetchOne(
  { name, version }: PluginCopy,
  { path, sha256, bytes }: PluginFile,
  target: string,
  fetch: FetchFile,
  options: FetchOptions,
): Promise<void> {
  try {
    await fetch({ path, sha256, bytes }, target, options);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "not_found") throw error;
    const message = `the server does not keep ${path} of the plugin ${name} (version ${version}) any more: it was removed`;
    throw new OctopusError("not_found", message, { cause: error });
  }
}

/** What is not as it was written; undefined when all of it is. */
export function faultOf({ files }: PluginCopy, folder: string): string | undefined {
  for (const { path, sha256 } of files) {
    const file = join(folder, path);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return `${path} is not there`;
    if (createHash("sha256").update(readFileSync(file)).digest("hex") !== sha256) return `${path} was changed`;
  }
  return undefined;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The hashes of which there are folders; what an interrupted process left is removed. */
export function listCopies(dir: string): { hash: string; usedAt: number }[] {
  const found: { hash: string; usedAt: number }[] = [];
  for (const name of readdirSync(dir)) {
    const path = dir + sep + name;
    if (HASH.test(name)) found.push({ hash: name, usedAt: lstatSync(path).mtimeMs });
    else if (name.endsWith(".part")) removeFolder(path);
  }
  return found;
}
