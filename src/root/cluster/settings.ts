/** What the settings say of a cluster, in the words of the parts that need it; and the way to what its servers share. */
import { OctopusError } from "../../base/errors.ts";
import type { ClusterBackend } from "../../cluster/ports.ts";
import type { Config } from "../../config/schema.ts";
import type { Log } from "../../engine/ports.ts";
import type { NatsSettings } from "../../nats/settings.ts";

/** This server is one of several. */
export function isClustered({ cluster }: Config): boolean {
  return cluster.nats !== null || cluster.journal !== null;
}

/** How NATS is reached; undefined: by no setting. */
export function natsSettingsOf({ cluster }: Config): NatsSettings | undefined {
  const { nats, user, password, token, nkey, creds, ca, cert, key } = cluster;
  if (nats === null) return undefined;
  const said = Object.entries({ user, password, token, nkey, creds, ca, cert, key }).filter(
    ([, value]) => value !== null,
  );
  return { servers: nats, ...(Object.fromEntries(said) as Omit<NatsSettings, "servers">) };
}

/** Connects to what the servers of the cluster share. What it takes is loaded for servers of such a cluster alone. */
export async function connectBackend(config: Config, log: Log): Promise<ClusterBackend> {
  const { name: cluster, server, replicas, oldNats, monitor, journal, ca, port, advertise } = config.cluster;
  const nats = natsSettingsOf(config);
  const say = (level: "info" | "warn" | "error", words: string): void => log[level]({ cluster }, words);
  if (nats !== undefined) {
    const { connectNats } = await import("../../cluster/nats/backend.ts");
    const kept = { cluster, server, replicas, allowOldNats: oldNats, say };
    return connectNats({ ...nats, ...kept, ...(monitor !== null && { monitor }) });
  }
  if (journal !== null) {
    const { connectPostgres } = await import("../../cluster/postgres/backend.ts");
    const more = { ...(ca !== null && { ca }), ...(advertise !== null && { advertise }) };
    return connectPostgres({ url: journal, cluster, server, listen: { host: config.server.host, port }, say, ...more });
  }
  throw new OctopusError("invalid", "no cluster is named: set cluster.nats (--nats) or cluster.journal (--journal)");
}
