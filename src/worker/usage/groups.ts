/** What process groups use, from Linux' /proc. Elsewhere nothing is known of them. */
import { readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";

export interface GroupUsage {
  cpuMs: number;
  rssBytes: number;
}

/** Of /proc/PID/stat, after the name, which is in brackets and may hold anything. */
const FIELD = { group: 2, utime: 11, stime: 12, cutime: 13, cstime: 14, rss: 21 } as const;
/** Linux tells times in hundredths of a second, whatever its clock. */
const TICK_MS = 10;
/** So many are read in one go; then other work has its turn. */
const BATCH = 100;

/** By group, the sums over its members that are there. */
export async function groupUsage(groups: ReadonlySet<number>): Promise<Map<number, GroupUsage>> {
  const found = new Map<number, GroupUsage>();
  if (process.platform !== "linux") return found;
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const pageBytes = pageSize();
  for (const [index, name] of names.entries()) {
    if (index % BATCH === BATCH - 1) await new Promise(setImmediate);
    const fields = statOf(name);
    if (fields === undefined || !groups.has(Number(fields[FIELD.group]))) continue;
    const usage = found.get(Number(fields[FIELD.group])) ?? { cpuMs: 0, rssBytes: 0 };
    // With that of its children that were waited for: short commands of a script are gone when we look.
    for (const field of ["utime", "stime", "cutime", "cstime"] as const)
      usage.cpuMs += Number(fields[FIELD[field]]) * TICK_MS;
    usage.rssBytes += Number(fields[FIELD.rss]) * pageBytes;
    found.set(Number(fields[FIELD.group]), usage);
  }
  return found;
}

function statOf(name: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // It ended between the two calls.
  }
}

let knownPageSize: number | undefined;

/** Nothing asks the system for it from here; our own size in bytes and in pages says it. */
function pageSize(): number {
  if (knownPageSize !== undefined) return knownPageSize;
  const pages = Number(statOf("self")?.[FIELD.rss] ?? 0);
  const ratio = pages > 0 ? process.memoryUsage.rss() / pages : 4096;
  knownPageSize = [4096, 16_384, 65_536].find((size) => ratio < size * 1.5) ?? 4096;
  return knownPageSize;
}
