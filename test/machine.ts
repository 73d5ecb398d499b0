/** How long something may take, for tests on a machine that has other work, too. */
import { availableParallelism, loadavg } from "node:os";

/**
 * For a suite or a test of which each part waits for what it asserts: only one that hangs takes so long. The file is ended a
 * minute later (`scripts/test-files.ts`), and then nobody hears which test it was.
 */
export const SUITE_MS_MAX = 540_000;

/** Milliseconds that processors spent on this process: for work in it, and whatever others do. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * What takes so long at most on a machine of its own may take this long here, now: the processes that want to run share
 * its cores. For what several processes do, where processor time of one says nothing.
 */
export function onThisMachine(ms: number): number {
  return ms * (1 + loadavg()[0]! / availableParallelism());
}
