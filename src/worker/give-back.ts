/**
 * Gives back to the system what only the start of a process needed. Loading modules makes the heap grow, half of it is
 * garbage then, and V8 keeps it: it collects when memory is asked for, and a process that idles asks for none. That was a
 * fifth of what an idle server held. The heap grows again with the first load. For processes of our own only: somebody
 * else's program decides for itself.
 *
 * GB1  It happens once, and only while there is nothing else to do: it takes 0.1 s, more on a busy machine.
 * GB2  A server of a cluster does it before it takes part. The first second in which it idles may be that in which the leader is
 *      gone, as where servers are started anew one after the other: one that is held up then takes the lead late.
 */
const LOOK_MS = 1000;
/** Part of the time since the last look in which the process was busy, up to which it counts as idle. */
const IDLE_SHARE = 0.05;
/** Whoever has more in memory has work to do, and would need longer. */
const HEAP_BYTES_MAX = 96 * 1024 * 1024;

type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

let isGiven = false;

/** Collects now, unless that was done. */
export function giveBack(): void {
  if (isGiven) return;
  isGiven = true;
  if (process.memoryUsage().heapUsed <= HEAP_BYTES_MAX) collect();
}

/** Collects once, when the start is over. */
export function giveBackWhenIdle(): void {
  if (isGiven) return;
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > IDLE_SHARE) return;
    clearInterval(timer);
    giveBack();
  }, LOOK_MS).unref();
}

/** V8 has no other door to this than its flag, which counts for contexts that are made while it is set. */
function collect(): void {
  const v8 = process.getBuiltinModule("node:v8");
  const vm = process.getBuiltinModule("node:vm");
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc") as Collect;
  v8.setFlagsFromString("--no-expose-gc");
  // Less than this leaves the young part of the heap as large as the start has made it.
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
