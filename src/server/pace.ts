/** How often workers give a sign of life: as often as was set while they are few, less often the more there are. */

/** Signs of life each second that are worth their cost; each takes a tenth of a millisecond, and half of that in the kernel. */
const SIGNS_PER_SECOND = 20;
/** Of two that are late or lost, the lease still sees the third. */
const SIGNS_PER_LEASE = 3;

/** Never more seldom than three times in a lease, so that a dead worker is seen as soon as ever. */
export function paceOf(workers: number, { heartbeatMs, leaseMs }: { heartbeatMs: number; leaseMs: number }): number {
  const most = Math.floor(leaseMs / SIGNS_PER_LEASE);
  const fair = Math.round((workers * 1000) / SIGNS_PER_SECOND);
  return Math.max(heartbeatMs, Math.min(most, fair));
}
