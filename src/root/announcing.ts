/** Whether and how this server is announced on the network, by its settings. */
import type { Config } from "../config/schema.ts";
import type { Log } from "../engine/ports.ts";
import { isLoopback } from "../server/host-check.ts";

export interface Announced {
  /** Id of the data directory. */
  cluster: string;
  /** Where it listens. */
  url: string;
  fingerprint: string | undefined;
  log: Log;
}

/** Begins in the background: a server that cannot be announced serves all the same. The answer ends it, with a goodbye. */
export function startAnnouncing({ server }: Config, { url, ...announced }: Announced): () => Promise<void> {
  const isOn = server.announce === "auto" ? !isLoopback(server.host) : server.announce === "on";
  if (!isOn) return async () => undefined;
  const { name, host, interfaces } = server;
  const { port: said, protocol } = new URL(url);
  const port = Number(said || (protocol === "https:" ? 443 : 80));
  const starting = import("../server/announce/announcer.ts")
    .then(({ announce }) => announce({ ...announced, name, host, interfaces, port }))
    .catch((error: unknown) => {
      announced.log.warn({ err: error }, "the server could not be announced by mDNS");
      return undefined;
    });
  return async () => (await starting)?.stop();
}
