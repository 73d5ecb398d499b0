/** Workers over NATS for a server that stands alone. One of a cluster takes them while it leads (`cluster/lead.ts`). */
import { OctopusError } from "../base/errors.ts";
import { maskSecrets } from "../config/entries.ts";
import type { Config } from "../config/schema.ts";
import { natsSettingsOf } from "./cluster/settings.ts";
import type { Log } from "../engine/ports.ts";
import type { HttpServer } from "../server/mod.ts";

const AGAIN_MS = 2000;
const AGAIN_MS_MAX = 30_000;

/** Begins in the background: a NATS that is away keeps nobody from the server's own port. It ends with the server. */
export function takeWorkersOverNats(config: Config, namespace: string, server: HttpServer, log: Log): void {
  const { nats: servers } = config.link;
  if (servers === null) return;
  const { name: cluster, server: own, events } = config.cluster;
  const nats = natsSettingsOf({ ...config, cluster: { ...config.cluster, nats: servers } })!;
  // A term that grows with each start: workers leave the server that was here before.
  const options = { nats, cluster, shard: namespace, server: own, term: Date.now(), events };
  let waitMs = AGAIN_MS;
  let isTold = false;
  const begin = async (): Promise<void> => {
    try {
      await server.workersOverNats(options);
      log.info({ cluster, namespace, nats: servers.map(maskSecrets) }, "workers may come over NATS");
    } catch (error) {
      if (error instanceof OctopusError && error.code === "not_ready") return;
      if (!isTold) log.warn({ err: error }, "workers cannot come over NATS; it is tried again");
      isTold = true;
      setTimeout(() => void begin(), waitMs).unref();
      waitMs = Math.min(waitMs * 2, AGAIN_MS_MAX);
    }
  };
  void begin();
}
