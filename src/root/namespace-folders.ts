/** The folders of the namespaces beside `default`, in a data directory: which there are, and where deleted ones go. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { namespaceNameFault } from "../protocol/namespace-name.ts";

/** Folder of those that were deleted. Its name can be none of a namespace's. */
const DELETED = ".deleted";

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
  if (folder === undefined || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const found = readdirSync(folder, { withFileTypes: true });
  const names = found.filter((one) => one.isDirectory() && namespaceNameFault(one.name) === undefined);
  return names.map(({ name }) => name).toSorted();
}

/** Moves one to those that were deleted; answers where it is. */
export function setAside(folder: string, name: string): string {
  const deleted = join(folder, DELETED);
  mkdirSync(deleted, { recursive: true, mode: 0o700 });
  const aside = join(deleted, `${name}-${new Date().toISOString().replaceAll(":", "")}`);
  renameSync(join(folder, name), aside);
  sync(folder);
  return aside;
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
