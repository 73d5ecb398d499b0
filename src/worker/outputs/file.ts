/**
 * The file behind `$OCTOPUS_OUTPUT`. It is there and empty when a command begins, so that a script may append to it or look
 * at it; one that nobody wrote to costs a look at its size and serves the next attempt.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { formatSize } from "../../base/duration.ts";
import { type Lines, parseOutputLines } from "./lines.ts";

export const OUTPUT_FILE_BYTES_MAX = 1024 ** 2;

export function makeOutputFile(path: string): void {
  writeFileSync(path, "", { mode: 0o600, flag: "wx" });
}

/** Undefined: it lies there as it was made. */
export function readOutputFile(path: string): Lines | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { values: new Map() };
  if (stat.isFile() && stat.size === 0) return undefined;
  if (!stat.isFile()) return { fault: "it is no regular file any more" };
  if (stat.size > OUTPUT_FILE_BYTES_MAX) return tooLarge(stat.size);
  try {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
    const fd = openSync(path, O_RDONLY! | O_NOFOLLOW | O_NONBLOCK);
    try {
      // What has changed since is what counts: a process that was left behind may still write.
      const { size } = fstatSync(fd);
      if (size > OUTPUT_FILE_BYTES_MAX) return tooLarge(size);
      const bytes = Buffer.alloc(size);
      let at = 0;
      for (let read = -1; at < size && read !== 0; at += read) read = readSync(fd, bytes, at, size - at, at);
      return parseOutputLines(bytes.subarray(0, at));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return { fault: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Makes it empty again for the next attempt; false when it cannot be. */
export function renewOutputFile(path: string): boolean {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() === true && stat.size === 0) return true;
    // A new file: whoever still holds the old one open writes where nobody reads.
    rmSync(path, { recursive: true, force: true });
    makeOutputFile(path);
    return true;
  } catch {
    return false;
  }
}

function tooLarge(size: number): Lines {
  const what = `it has ${formatSize(size)}, and may have ${formatSize(OUTPUT_FILE_BYTES_MAX)}`;
  return { fault: `${what}: leave large data as a file in $OCTOPUS_ARTIFACTS, or read it from the standard output` };
}
