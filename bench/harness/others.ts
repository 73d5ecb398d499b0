/**
 * How much of the machine others used while a case ran. On a shared machine this says whether a figure is worth quoting:
 * the load average does not, for it counts the benchmark itself.
 */
import { readFileSync } from "node:fs";

interface Ticks {
  /** Time of all cores, and the part of it that somebody used. */
  total: number;
  busy: number;
  /** The part used by this process and by those of its descendants that have ended. */
  own: number;
}

function read(): Ticks {
  const cpu = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = cpu;
  const total = cpu.reduce((sum, ticks) => sum + ticks, 0);
  // The second field is the program's name in brackets and may hold spaces; utime is the 14th.
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return { total, busy: total - idle - waiting, own };
}

/** Begins to watch; the answer tells what share of the machine others have used since, 0 to 1. */
export function watchOthers(): () => number {
  const before = read();
  return () => {
    const { total, busy, own } = read();
    const others = busy - before.busy - (own - before.own);
    return Math.max(0, others / Math.max(1, total - before.total));
  };
}
