/**
 * What is kept of namespaces that were deleted: the last snapshot, files and old output among the shared objects, for a while.
 * Until it goes, one can be brought back from it.
 *
 * DL1  The value of a deleted one stays (NA1), and says when nothing is left of it. Cut short, it is done again.
 * DL2  What is brought back is a shard of its own: what is kept is read, and goes only when the new one is in the list.
 */
import type { Clock } from "../engine/ports.ts";
import { filesPrefix } from "./artifacts.ts";
import { type Deleted, listDeleted, markSwept } from "./namespaces.ts";
import { outputPrefix } from "./output.ts";
import type { ClusterBackend } from "./ports.ts";
import { snapshotsPrefix } from "./snapshot.ts";

export const KEEP_DELETED_MS = 30 * 86_400_000;

export interface SweepOptions {
  backend: KeptIn;
  clock: Clock;
  /** So long after the namespace was deleted. */
  keepMs: number;
  /** Nothing of the shard is kept any more. */
  forget?(shard: string): Promise<void>;
}

type KeptIn = Pick<ClusterBackend, "objects" | "values" | "removeShard">;

/** Removes what was kept for long enough; answers the names of the shards. */
export async function sweepDeleted({ backend, clock, keepMs, forget }: SweepOptions): Promise<string[]> {
  const all = await listDeleted(backend.values);
  const due = all.filter(({ removed }) => clock.now() - removed.at >= keepMs);
  for (const namespace of due) {
    await removeKept(backend, namespace);
    await forget?.(namespace.shard);
  }
  return due.map(({ shard }) => shard);
}

/** Removes what is kept of this one, whenever it was deleted. */
export async function removeKept(backend: KeptIn, namespace: Deleted): Promise<void> {
  const { objects, values } = backend;
  const { shard } = namespace;
  // There is one where a restore was cut short.
  await backend.removeShard(shard);
  for (const prefix of [snapshotsPrefix(shard), filesPrefix(shard), outputPrefix(shard)])
    for (const { name } of await objects.list(prefix)) await objects.remove(name);
  await markSwept(values, namespace);
}
