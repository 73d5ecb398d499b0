/**
 * Has a cluster go on from a backup. Namespaces lie beside the file of `default` (`backups.ts`); one that the backup does not
 * hold stays as it is, and one that the cluster does not have is made.
 */
import { join } from "node:path";
import { addNamespace, DEFAULT, listNamespaces } from "../../cluster/namespaces.ts";
import { backupsBeside } from "../backups.ts";
import type { Config } from "../../config/schema.ts";
import { memoryArtifacts } from "../../store/artifacts.ts";
import { copyDatabase } from "../../store/copy.ts";
import { nonce } from "./namespace.ts";
import { inFolder, type Moved, type Offline, offline, putBase } from "./offline.ts";

/** What came after the backup is not there any more. */
export async function restoreCluster(config: Config, backup: string): Promise<Moved> {
  const others = backupsBeside(backup);
  return offline(config, async (place) => {
    const there = new Map((await listNamespaces(place.backend.values)).map((one) => [one.name, one]));
    let files = 0;
    for (const { name, path } of others) {
      const { shard } = there.get(name) ?? (await make(place, name));
      files += (await restoreOne(place, shard, path)).files;
    }
    const restored = await restoreOne(place, DEFAULT.shard, backup);
    const { name: cluster } = config.cluster;
    const namespaces = others.map(({ name }) => name);
    return { cluster, record: restored.at.seq, files: files + restored.files, namespaces };
  });
}

function make({ backend, clock }: Offline, name: string) {
  return addNamespace(backend.values, { name, at: clock.now(), by: "restore", nonce: nonce() });
}

function restoreOne(place: Offline, shard: string, backup: string) {
  return inFolder(undefined, async (folder) => {
    const file = join(folder, "octopus.db");
    await copyDatabase(backup, file);
    // A backup holds no files: those that it names are among the shared objects still, or gone.
    return putBase(place, shard, { file, artifacts: memoryArtifacts(), reason: `restored from ${backup}` });
  });
}
