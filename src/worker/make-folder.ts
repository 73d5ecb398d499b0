/** Makes a folder of the worker's own, and those above it. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Folder by folder: where a file system makes no folders (/proc, autofs), Node's own recursive way never comes back. */
export function makeFolder(dir: string): void {
  if (isFolder(dir)) return;
  makeFolder(dirname(dir));
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in between.
    if (!isFolder(dir)) throw error;
  }
}

function isFolder(dir: string): boolean {
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
}
