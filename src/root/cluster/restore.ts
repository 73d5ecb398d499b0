/**
 * Has a cluster go on from a backup. Namespaces lie beside the file of `default` (`backups.ts`); one that the backup does not
 * hold stays as it is, and one that the cluster does not have is made.
 *
 * RS1  One namespace alone leaves all others as they are. One that the cluster does not have is whole in its log before it is in
 *      the list: servers that run take it then, and none sees half of it.
 */
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { addNamespace, DEFAULT, listNamespaces, prepareShard } from "../../cluster/namespaces.ts";
import { backupsBeside } from "../backups.ts";
import type { Config } from "../../config/schema.ts";
import { namespaceNameFault } from "../../protocol/namespace-name.ts";
import { memoryArtifacts } from "../../store/artifacts.ts";
import { replicaIn } from "../../store/check.ts";
import { copyDatabase } from "../../store/copy.ts";
import { nonce } from "./namespace.ts";
import { beside, inFolder, type Moved, type Offline, offline, putBase, refuseRunning } from "./offline.ts";

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

/** RS1. `record` is that of its own log. */
export async function restoreNamespace(config: Config, backup: string, name: string): Promise<Moved> {
  const fault = name === DEFAULT.name ? undefined : namespaceNameFault(name);
  if (fault !== undefined) throw new OctopusError("invalid", `the namespace "${name}" ${fault}`);
  const file = fileOf(backup, name);
  return beside(config, async (place) => {
    const { values } = place.backend;
    const there = (await listNamespaces(values)).find((one) => one.name === name);
    const isNew = there === undefined;
    const instead = `; or delete it with \`octopus namespace delete ${name}\` first: one that is not there needs no stop`;
    if (!isNew) await refuseRunning(place, name === DEFAULT.name ? "" : instead);
    const { at, files } = isNew
      ? await restoreNew(place, name, file)
      : await restoreOne(place, there.shard, file, name);
    const { name: cluster } = config.cluster;
    return { cluster, record: at.seq, files, namespaces: name === DEFAULT.name ? [] : [name], live: isNew };
  });
}

/** Where the backup has it: beside that of `default`, or as the file itself, which is then one of this namespace alone. */
function fileOf(backup: string, name: string): string {
  const others = backupsBeside(backup);
  if (name === DEFAULT.name) return backup;
  const found = others.find((one) => one.name === name);
  if (found !== undefined) return found.path;
  if (others.length === 0) return backup;
  const names = others.map((one) => one.name).join(", ");
  throw new OctopusError("not_found", `${backup} holds no namespace "${name}": beside it are ${names}`);
}

async function restoreNew(place: Offline, name: string, path: string): ReturnType<typeof restoreOne> {
  const { backend, clock } = place;
  let restored: Awaited<ReturnType<typeof restoreOne>> | undefined;
  await addNamespace(backend.values, {
    ...{ name, at: clock.now(), by: "restore", nonce: nonce() },
    async prepare(shard) {
      if ((await prepareShard(backend, shard)) === "used") return "used";
      restored = await restoreOne(place, shard, path, name);
      return "ready";
    },
  });
  return restored!;
}

function make({ backend, clock }: Offline, name: string) {
  return addNamespace(backend.values, { name, at: clock.now(), by: "restore", nonce: nonce() });
}

/** `only`: the file has to be one of this namespace, as far as it says. */
function restoreOne(place: Offline, shard: string, backup: string, only?: string) {
  return inFolder(undefined, async (folder) => {
    const file = join(folder, "octopus.db");
    await copyDatabase(backup, file);
    const was = replicaIn(folder);
    if (only !== undefined && was !== undefined && nameOf(was.shard) !== only)
      throw new OctopusError("invalid", `${backup} is a backup of the namespace ${nameOf(was.shard)}, not of ${only}`);
    const isElsewhere = was !== undefined && was.cluster === place.config.cluster.name && was.shard !== shard;
    // A backup holds no files: those that it names are among the shared objects still, or gone.
    const files = { artifacts: memoryArtifacts(), ...(isElsewhere && { filesOf: was.shard }) };
    return putBase(place, shard, { file, ...files, reason: `restored from ${backup}` });
  });
}

/** Of the namespace that has this shard, or had (NA1). */
function nameOf(shard: string): string {
  return shard.replace(/--\d+$/, "");
}
