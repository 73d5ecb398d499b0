/**
 * What all servers of a cluster have to have alike so that nobody notices which of them he talks to: the authority that
 * signs their certificates, by whose fingerprint workers and clients know them, and the secret that signs webhooks. Whoever
 * comes first gives his own, and it lies among the shared values: who can read those can read everything else of the
 * cluster, too.
 *
 * SH1  What is shared once stays: a server that has another one takes the shared one, and keeps its own beside it.
 */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { SharedValues } from "../../cluster/ports.ts";
import type { Config } from "../../config/schema.ts";
import type { Log } from "../../engine/ports.ts";
import { adoptAuthority, ownAuthority } from "../../server/mod.ts";
import { isTlsOn } from "../server-access.ts";
import { adoptSecret, ownSecret } from "../signing.ts";

const AUTHORITY = "secrets/authority";
const SIGNING = "secrets/webhooks";
const DEFAULT = "default";

/** Under which name the secret of a shard lies. */
export function signingValue(shard: string): string {
  return shard === DEFAULT ? SIGNING : `${SIGNING}/${shard}`;
}

/** To be called before anything of the namespace is signed. */
export async function shareSigning(config: Config, shard: string, values: SharedValues): Promise<void> {
  const { dir } = config.data;
  if (config.callbacks.secret === null) adoptSecret(dir, await values.createOnce(signingValue(shard), ownSecret(dir)));
}

/** To be called before TLS is opened. */
export async function shareAuthority(config: Config, values: SharedValues, log: Log): Promise<void> {
  if (isTlsOn(config) && config.tls.cert === null) await shareOwn(config.data.dir, values, log);
}

async function shareOwn(dir: string, values: SharedValues, log: Log): Promise<void> {
  const folder = join(dir, "tls");
  const shared = await values.get(AUTHORITY);
  const kept = shared ?? (await values.createOnce(AUTHORITY, JSON.stringify(await ownAuthority(folder, Date.now()))));
  const authority = JSON.parse(kept) as { cert: string; key: string };
  const path = join(folder, "ca.pem");
  if (existsSync(path)) {
    if (readFileSync(path, "utf8") === authority.cert) return;
    renameSync(path, join(folder, "ca.before-cluster.pem"));
    renameSync(join(folder, "ca.key"), join(folder, "ca.before-cluster.key"));
    log.warn(
      {},
      "this server takes the certificate authority of its cluster: its fingerprint is another one from now on",
    );
  }
  adoptAuthority(folder, authority);
}
