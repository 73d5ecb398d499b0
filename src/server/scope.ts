/** What every part of one server shares: its options, and the signal that it is closing. */
import type { ServerOptions } from "./options.ts";

export interface ServerScope {
  readonly options: ServerOptions;
  /** Aborts when the server begins to close: streams end, long polls answer at once. */
  readonly closing: AbortSignal;
}
