/** A worker that is told of NATS: it needs no address of a server, and finds whichever one leads. */
import { inNamespace, namespaceOfUrl } from "../../base/namespace-url.ts";
import type { Loaded } from "../../config/load.ts";
import { natsSettingsOf } from "../../root/cluster/settings.ts";
import type { ServerRef } from "../../worker/reach/server-access.ts";
import type { WorkerSettings } from "../../worker/settings.ts";
import { usage } from "../read.ts";
import { readJoin } from "./find-server.ts";

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export interface OverNats extends ServerRef {
  nats: NonNullable<WorkerSettings["nats"]>;
}

/** Undefined: it is to come to a server's own address. An address that was named with an option is meant. */
export function overNats(
  { config, origins }: Loaded,
  options: Readonly<Record<string, unknown>>,
): OverNats | undefined {
  const nats = natsSettingsOf(config);
  if (nats === undefined) return undefined;
  if (isOption(origins, "server.url") && !isOption(origins, "cluster.nats")) return undefined;
  const cluster = options["cluster"] ?? config.cluster.name;
  if (typeof cluster !== "string" || !PLAIN_NAME.test(cluster))
    throw usage(`${JSON.stringify(cluster)} is no name of a cluster: it has at most 32 letters, digits, - and _`);
  const join = config.worker.join === null ? undefined : readJoin(config.worker.join);
  const token = join === undefined ? (config.access.token ?? undefined) : join.token;
  // A token to join with says its namespace by its addresses; another one than is asked for is refused.
  const [address = config.server.url] = join?.urls ?? [];
  const namespace = namespaceOfUrl(inNamespace(address, config.namespace, origins.get("namespace")?.where));
  return { urls: nats.servers, token, nats: { ...nats, cluster, shard: namespace ?? "default" } };
}

function isOption(origins: Loaded["origins"], key: string): boolean {
  return origins.get(key)?.kind === "flag";
}
