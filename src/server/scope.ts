/** What every part of one server shares: its options, who may do what, and the signal that it is closing. */
import type { AuditTrail } from "./access/audit-trail.ts";
import type { Guard } from "./access/guard.ts";
import type { Operators } from "./access/operators.ts";
import type { Front } from "./forward/front.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import type { WaitingRoom } from "./join/waiting-room.ts";
import type { ServerOptions } from "./options.ts";

export interface ServerScope {
  readonly options: ServerOptions;
  /** What stands before the paths of its URLs: nothing, or `/ns/NAME`. */
  readonly prefix: string;
  /** Of a namespace: who else is an admin here. */
  readonly operators?: Operators | undefined;
  /** Aborts when the server begins to close: streams end, long polls answer at once. */
  readonly closing: AbortSignal;
  readonly guard: Guard;
  readonly audit: AuditTrail;
  readonly metrics: HttpMetrics;
  /** Workers with a key that nobody has approved yet. */
  readonly waiting: WaitingRoom;
  /** Who answers what, where this server is one of a cluster; set once it was made. */
  front?: Front | undefined;
  /** Addresses at which it can be reached, prefix included, the likeliest first; none before it listens. */
  urls(): readonly string[];
  /** The same of every server of the cluster that is there; none where it stands alone. */
  clusterUrls(): readonly string[];
}
