/** Medians and percentiles. */

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which `share` of the values lie, by nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** Events per second, from their count and the milliseconds that they took. */
export function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1000);
}

/** Begins to count this process's CPU time; the answer tells the microseconds for each of `count` tasks since. */
export function watchCpu(): (count: number) => number {
  const before = process.cpuUsage();
  return (count) => {
    const { user, system } = process.cpuUsage(before);
    return Number(((user + system) / count).toFixed(1));
  };
}
