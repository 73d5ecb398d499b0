/** What Linux says of a process: memory, CPU time, children. */
import { readdirSync, readFileSync } from "node:fs";
import { waitFor } from "./wait.ts";

export interface Memory {
  rssMb: number;
  /** Shared pages are counted by the share that is this process's. */
  pssMb: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mb = (field: string): number =>
    Number((Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)![1]) / 1024).toFixed(1));
  return { rssMb: mb("Rss"), pssMb: mb("Pss") };
}

/** CPU time of all threads in milliseconds; far finer than the ticks of /proc/PID/stat. */
export function cpuMsOf(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanos / 1e6;
}

export function childrenOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  return children.map(Number);
}

/** Resolves when none of the processes has used more than 2 ms of CPU within half a second: start-up is over. */
export async function settled(pids: readonly number[]): Promise<void> {
  let before = pids.map(() => -Infinity);
  await waitFor(
    "the end of start-up work",
    () => {
      const now = pids.map(cpuMsOf);
      const quiet = now.every((ms, i) => ms - before[i]! < 2);
      before = now;
      return quiet ? true : undefined;
    },
    { everyMs: 500, limitMs: 30_000 },
  );
}
