/** What the data directory takes of its disk. Asked by a person now and then: the folder of artifacts is not walked. */
import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";

export interface DataSizes {
  /** The database with what was not merged into it yet. */
  databaseBytes: number;
  /** Output of tasks. */
  logsBytes: number;
  /** Of the disk that it is on. */
  diskBytes: number;
  diskFreeBytes: number;
}

export function sizesOf(dir: string): DataSizes {
  const { bsize, blocks, bavail } = statfsSync(dir);
  return {
    databaseBytes: bytesOf(dir, "octopus.db"),
    logsBytes: bytesOf(dir, "logs.db"),
    diskBytes: bsize * blocks,
    diskFreeBytes: bsize * bavail,
  };
}

function bytesOf(dir: string, name: string): number {
  const sizes = [name, `${name}-wal`].map((file) => statSync(join(dir, file), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
