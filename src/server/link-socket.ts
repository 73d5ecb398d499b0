/** What carries frames to and from one worker, as `worker-connection.ts` sees it: a WebSocket, or a session over NATS. */
import type { ToWorker } from "../protocol/link.ts";

export interface LinkSocket {
  readonly readyState: number;
  readonly OPEN: number;
  /** Bytes that the other side has not taken. */
  readonly bufferedAmount: number;
  /** Others may read along: no secret is sent. What needs one elsewhere goes over streams of the session. */
  readonly isOverheard?: boolean;
  send(frame: string | Buffer): void;
  /** Takes messages instead of frames, for what has a subject for each kind. */
  carry?(messages: readonly ToWorker[], isPacked: boolean): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** `message` (data, isBinary), `ping`, `close`, `error`. */
  // Listeners of each event take something else.
  // oxlint-disable-next-line no-explicit-any
  on(event: string, listener: (...args: any[]) => void): unknown;
}
