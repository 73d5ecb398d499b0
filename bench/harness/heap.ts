/** The heap after a collection: what is held, not what was thrown away. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

export function weigh(gc: () => void): { heap: number; rss: number } {
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}
