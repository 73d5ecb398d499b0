/** How many processes the kernel has ended for want of memory, as far as it says. */
import { readFileSync } from "node:fs";

/** Counted since the machine started; 0 where nobody counts. */
export function oomKills(): number {
  if (process.platform !== "linux") return 0;
  try {
    const found = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"));
    return found === null ? 0 : Number(found[1]);
  } catch {
    return 0;
  }
}
