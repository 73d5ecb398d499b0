/** What the figures were measured on. */
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { ownVersion } from "../../src/root/version.ts";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  octopus: string;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    octopus: ownVersion(),
  };
}
