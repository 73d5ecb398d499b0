/** The machine's processors, memory and disk. What the system does not say is left out. */
import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import type { WorkerUsage } from "../../protocol/link.ts";

interface Times {
  busy: number;
  all: number;
}

export class MachineLook {
  readonly #dir: string;
  #before: Times = cpuTimes();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async look(): Promise<WorkerUsage> {
    const now = cpuTimes();
    const all = now.all - this.#before.all;
    const cpu = all > 0 ? Math.min(1, Math.max(0, (now.busy - this.#before.busy) / all)) : undefined;
    this.#before = now;
    const memoryBytes = totalmem();
    const disk = await statfs(this.#dir).catch(() => undefined);
    return {
      cores: availableParallelism(),
      memoryBytes,
      memoryUsedBytes: memoryBytes - (await availableMemory()),
      ...(cpu !== undefined && { cpu: Math.round(cpu * 1000) / 1000 }),
      ...(disk !== undefined && {
        diskBytes: disk.blocks * disk.bsize,
        diskUsedBytes: (disk.blocks - disk.bfree) * disk.bsize,
      }),
    };
  }
}

function cpuTimes(): Times {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const { user, nice, sys, irq, idle } = times;
    busy += user + nice + sys + irq;
    all += user + nice + sys + irq + idle;
  }
  return { busy, all };
}

/** What programs could still have: free memory alone leaves out what the system only caches. */
async function availableMemory(): Promise<number> {
  if (process.platform !== "linux") return freemem();
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const found = /^MemAvailable:\s+(\d+) kB$/m.exec(text);
  return found === null ? freemem() : Number(found[1]) * 1024;
}
