/** The link over WebSocket: what a worker comes by unless it is told otherwise. */
import { type LinkOptions as AnyLinkOptions, ServerLink } from "./link.ts";
import { Connection } from "./reach/connection.ts";
import type { ServerAccess } from "./reach/server-access.ts";
import type { WorkerKey } from "./worker-key.ts";

export interface LinkOptions extends AnyLinkOptions<ServerAccess> {
  /** Shown where the server asks for it, under this name. */
  key?: { name: string; key: WorkerKey } | undefined;
}

export class WebSocketLink extends ServerLink {
  constructor(options: LinkOptions) {
    super(options, (events) => new Connection(options.server, options.key, events));
  }
}
