/**
 * Deleted namespaces of a cluster, of which something is kept: listed, brought back, removed for good. Any server does so, while
 * all run; what is kept is `src/cluster/deleted.ts`.
 */
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { removeKept } from "../../cluster/deleted.ts";
import type { ShardHost } from "../../cluster/host.ts";
import { type Deleted, listDeleted, prepareShard } from "../../cluster/namespaces.ts";
import type { ClusterBackend } from "../../cluster/ports.ts";
import { findSnapshot, type Manifest, readSnapshot } from "../../cluster/snapshot.ts";
import { asideName } from "../namespace-folders.ts";
import type { DeletedNamespaceView } from "../../protocol/namespace.ts";
import { memoryArtifacts } from "../../store/artifacts.ts";
import type { ClusterHouse } from "./namespace.ts";
import { inFolder, putBase } from "./offline.ts";
import { outputObject } from "./output.ts";
import { signingValue } from "./secrets.ts";

/** The newest first. */
export async function deletedOf({ backend, config }: ClusterHouse): Promise<DeletedNamespaceView[]> {
  const all = (await listDeleted(backend.values)).filter(({ removed }) => removed.snapshot !== undefined);
  return all
    .toSorted((a, b) => b.removed.at - a.removed.at)
    .map(({ name, at, removed }) => ({
      ...{
        id: idOf({ name, removed }),
        name,
        deletedAt: isoOf(removed.at),
        keptUntil: isoOf(removed.at + config.data.keep.deleted),
      },
      ...(at > 0 && { createdAt: isoOf(at) }),
    }));
}

/** DL2. */
export async function undelete(
  house: ClusterHouse,
  host: ShardHost,
  { id, name, who }: { id: string; name: string; who: string },
): Promise<void> {
  const { backend, log } = house;
  const deleted = await keptOf(backend, id);
  const manifest = await manifestOf(backend, deleted);
  await host.create(name, {
    ...{ by: who, at: deleted.at },
    async prepare(shard) {
      if ((await prepareShard(backend, shard)) === "used") return "used";
      await copyKept(house, { from: deleted.shard, to: shard, manifest });
      // Files that go while they are copied are missing in the copy, and nobody would hear of it.
      await keptOf(backend, id);
      return "ready";
    },
  });
  try {
    await purgeKept(house, id);
  } catch (error) {
    log.warn(
      { shard: deleted.shard, cause: String(error) },
      "what was kept of a namespace that was brought back goes later",
    );
  }
}

export async function purgeKept({ backend }: ClusterHouse, id: string): Promise<void> {
  const deleted = await keptOf(backend, id);
  await removeKept(backend, deleted);
  await forgetShard(backend, deleted.shard);
}

/** What is kept of a deleted shard beside its tables and files. */
export async function forgetShard({ values }: Pick<ClusterBackend, "values">, shard: string): Promise<void> {
  await values.remove(signingValue(shard));
}

async function keptOf({ values }: ClusterBackend, id: string): Promise<Deleted> {
  const found = (await listDeleted(values)).find((one) => one.removed.snapshot !== undefined && idOf(one) === id);
  if (found === undefined) throw new OctopusError("not_found", `nothing is kept of a deleted namespace ${id}`);
  return found;
}

async function manifestOf({ objects }: ClusterBackend, { shard, removed }: Deleted): Promise<Manifest> {
  const manifest = await findSnapshot(objects, removed.snapshot!);
  if (manifest !== undefined) return manifest;
  throw new OctopusError("storage_failed", `the last snapshot ${removed.snapshot} of the shard ${shard} is not there`);
}

/** The tables become the beginning of the log; files and old output get names of the new shard. */
async function copyKept(
  { backend, config, clock, log }: ClusterHouse,
  { from, to, manifest }: { from: string; to: string; manifest: Manifest },
): Promise<void> {
  const { objects, values } = backend;
  // Who checks its webhooks goes on with the secret that he has.
  const secret = await values.get(signingValue(from));
  if (secret !== undefined) await values.createOnce(signingValue(to), secret);
  const output = await objects.get(outputObject(from));
  if (output !== undefined) await objects.put(outputObject(to), output);
  await inFolder(config.data.dir, async (folder) => {
    const file = join(folder, "octopus.db");
    const snapshot = await readSnapshot(objects, manifest);
    const more = { artifacts: memoryArtifacts(), reason: `brought back from ${manifest.name}`, filesOf: from };
    await putBase({ config, backend, clock, log }, to, { file, snapshot, ...more });
  });
}

function idOf({ name, removed }: Pick<Deleted, "name" | "removed">): string {
  return asideName(name, removed.at);
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
