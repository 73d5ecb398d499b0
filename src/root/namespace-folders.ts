/** The folders of the namespaces beside `default`, in a data directory: which there are, and where deleted ones go. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { namespaceNameFault } from "../protocol/namespace-name.ts";

/** Folder of those that were deleted. Its name can be none of a namespace's. */
const DELETED = ".deleted";
/** What the names of those begin with that are being removed. */
export const GOING = ".going-";
/** Reads `asideName`. */
const ASIDE = /^(?<name>.+)-(?<day>\d{4}-\d\d-\d\dT\d\d)(?<minute>\d\d)(?<second>\d\d\.\d{3}Z)$/;

/** Where they are in a data directory; undefined where all is in memory. */
export function namespacesFolder(dataDir: string): string | undefined {
  return dataDir === ":memory:" ? undefined : join(dataDir, "namespaces");
}

/** The data directory of one of them. */
export function namespaceDir(dataDir: string, name: string): string {
  const folder = namespacesFolder(dataDir);
  return folder === undefined ? dataDir : join(folder, name);
}

/** Names of the folders that are namespaces. */
export function namesIn(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return foldersIn(folder).filter((name) => namespaceNameFault(name) === undefined);
}

function foldersIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const found = readdirSync(folder, { withFileTypes: true });
  return found.flatMap((one) => (one.isDirectory() ? [one.name] : [])).toSorted();
}

/** Tells one that was deleted from others that had its name. */
export function asideName(name: string, at: number): string {
  return `${name}-${new Date(at).toISOString().replaceAll(":", "")}`;
}

/** Where those are that were deleted. */
export function asideFolder(folder: string): string {
  return join(folder, DELETED);
}

/** Moves one to those that were deleted; answers where it is. */
export function setAside(folder: string, name: string): string {
  const deleted = asideFolder(folder);
  mkdirSync(deleted, { recursive: true, mode: 0o700 });
  const aside = join(deleted, asideName(name, Date.now()));
  renameSync(join(folder, name), aside);
  sync(folder);
  return aside;
}

export interface Aside {
  /** Name of its folder. */
  id: string;
  name: string;
  /** When it was set aside, epoch milliseconds. */
  at: number;
}

/** Those that were set aside, the newest first. */
export function asideIn(folder: string): Aside[] {
  return foldersIn(asideFolder(folder))
    .flatMap((id): Aside[] => {
      const { name, day, minute, second } = ASIDE.exec(id)?.groups ?? {};
      if (name === undefined || namespaceNameFault(name) !== undefined) return [];
      return [{ id, name, at: Date.parse(`${day}:${minute}:${second}`) }];
    })
    .toSorted((a, b) => b.at - a.at);
}

/** Folders whose removal was begun. */
export function goingIn(folder: string): string[] {
  return foldersIn(asideFolder(folder)).filter((id) => id.startsWith(GOING));
}

/** Its folder is one of a namespace again. */
export function bringBack(folder: string, id: string, name: string): void {
  renameSync(join(asideFolder(folder), id), join(folder, name));
  sync(folder);
}

/** It did not open: it lies where it was. */
export function putBack(folder: string, name: string, id: string): void {
  renameSync(join(folder, name), join(asideFolder(folder), id));
  sync(folder);
}

/** From now on it is being removed. */
export function letGo(folder: string, id: string): void {
  renameSync(join(asideFolder(folder), id), join(asideFolder(folder), GOING + id));
}

/** Makes its folder, when it is not there; it is there after a crash. */
export function makeFolder(folder: string, name: string): void {
  if (mkdirSync(join(folder, name), { recursive: true, mode: 0o700 }) === undefined) return;
  sync(folder);
  sync(join(folder, ".."));
}

/** When it was made, as far as the file system knows. */
export function bornAt(folder: string, name: string): string | undefined {
  const born = statSync(join(folder, name), { throwIfNoEntry: false })?.birthtimeMs;
  return born === undefined || born === 0 ? undefined : new Date(born).toISOString();
}

/** A folder's entries are on the disk. */
function sync(folder: string): void {
  // Where folders cannot be opened, the system keeps them in order itself.
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
