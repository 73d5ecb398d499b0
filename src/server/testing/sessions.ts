/** For tests of the link itself: what the engine would see of each connection, and nobody who answers. */
import type { EngineApi, WorkerPort } from "../../engine/api.ts";
import type { FromWorker } from "../../protocol/link.ts";

/** What a test sees of one worker's session. */
export interface SeenSession {
  port: WorkerPort;
  received: FromWorker[];
  closed: number;
}

/** From now on connections are recorded instead of being served. */
export function recordSessions(engine: EngineApi): SeenSession[] {
  const sessions: SeenSession[] = [];
  engine.connectWorker = (port) => {
    const seen: SeenSession = { port, received: [], closed: 0 };
    sessions.push(seen);
    return { receive: (messages) => void seen.received.push(...messages), closed: () => void seen.closed++ };
  };
  return sessions;
}
