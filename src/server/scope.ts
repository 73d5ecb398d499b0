/** What every part of one server shares: its options, who may do what, and the signal that it is closing. */
import type { AuditTrail } from "./access/audit-trail.ts";
import type { Guard } from "./access/guard.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import type { WaitingRoom } from "./join/waiting-room.ts";
import type { ServerOptions } from "./options.ts";

export interface ServerScope {
  readonly options: ServerOptions;
  /** Aborts when the server begins to close: streams end, long polls answer at once. */
  readonly closing: AbortSignal;
  readonly guard: Guard;
  readonly audit: AuditTrail;
  readonly metrics: HttpMetrics;
  /** Workers with a key that nobody has approved yet. */
  readonly waiting: WaitingRoom;
  /** Addresses at which it can be reached, the likeliest first; set when it listens. */
  urls: readonly string[];
}
