/** Reads what the kernel says of an ended process: `wait4`'s status and `struct rusage`, as on 64-bit Linux. */

export const RUSAGE_BYTES = 144;
const MAX_RSS_AT = 32;

export interface Usage {
  cpuMs: number;
  /** -1 = less than can be known. */
  maxRssBytes: number;
}

/** Exit code and signal in a wait status. */
export function decodeStatus(status: number): { code: number; signal: number } {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff, signal: 0 } : { code: -1, signal };
}

/**
 * Reads usage. A process begins its life in the memory of the one that starts it, and the kernel counts that towards its
 * peak: a peak no larger than our own says nothing about the command, and is left out.
 */
export class UsageReader {
  #ownPeakKiB = 0;

  read(rusage: Buffer): Usage {
    const user = Number(rusage.readBigInt64LE(0)) * 1000 + Number(rusage.readBigInt64LE(8)) / 1000;
    const system = Number(rusage.readBigInt64LE(16)) * 1000 + Number(rusage.readBigInt64LE(24)) / 1000;
    const peakKiB = Number(rusage.readBigInt64LE(MAX_RSS_AT));
    if (peakKiB > this.#ownPeakKiB) this.#ownPeakKiB = process.resourceUsage().maxRSS;
    const known = peakKiB > this.#ownPeakKiB;
    return { cpuMs: Math.round(user + system), maxRssBytes: known ? peakKiB * 1024 : -1 };
  }
}
