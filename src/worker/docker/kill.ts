/** Ends a container without its engine: when that is dead, what it had started may go on. */
import { readdirSync, readFileSync } from "node:fs";

/** Kills every process whose control group is that of the container. Needs the right to; answers how many there were. */
export function killContainer(id: string): number {
  if (process.platform !== "linux" || !/^[0-9a-f]{64}$/.test(id)) return 0;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isIn(name, id));
  for (const pid of pids) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended meanwhile, or we may not: then the engine removes it when it is back.
    }
  }
  return pids.length;
}

function isIn(pid: string, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id);
  } catch {
    return false;
  }
}
