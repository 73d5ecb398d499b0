/** A folder on a real disk: a benchmark of durable work on a memory file system would flatter everything. */
import { mkdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;
/** Where results and, if need be, data go; git ignores it. */
export const RESULTS = fileURLToPath(new URL("../results", import.meta.url));

/** The system's folder for temporary files when that is on a disk, else one beside the results. */
export function diskFolder(): string {
  const { type } = statfsSync(tmpdir());
  if (type !== TMPFS && type !== RAMFS) return tmpdir();
  mkdirSync(RESULTS, { recursive: true });
  return RESULTS;
}
