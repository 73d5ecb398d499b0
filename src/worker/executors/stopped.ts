/** What an attempt is called when it ended because it was told to. */
import type { AttemptReport } from "../../protocol/link.ts";
import type { StopReason } from "../executor.ts";

/** Reads the reason of an aborted signal. Nobody waits for an attempt that was lost: any end will do. */
export function stoppedOutcome(signal: AbortSignal): AttemptReport["outcome"] {
  const reason = signal.reason as StopReason;
  return reason === "lost" ? "cancelled" : reason;
}
