/**
 * What is kept of namespaces that were deleted: the last snapshot, files and old output among the shared objects, for a while.
 *
 * DL1  The value of a deleted one stays (NA1), and says when nothing is left of it. Cut short, it is done again.
 */
import type { Clock } from "../engine/ports.ts";
import { filesPrefix } from "./artifacts.ts";
import { listDeleted, markSwept } from "./namespaces.ts";
import { outputPrefix } from "./output.ts";
import type { ClusterBackend } from "./ports.ts";
import { snapshotsPrefix } from "./snapshot.ts";

export const KEEP_DELETED_MS = 30 * 86_400_000;

export interface SweepOptions {
  backend: Pick<ClusterBackend, "objects" | "values" | "removeShard">;
  clock: Clock;
  /** So long after the namespace was deleted. */
  keepMs: number;
}

/** Removes what was kept for long enough; answers the names of the shards. */
export async function sweepDeleted({ backend, clock, keepMs }: SweepOptions): Promise<string[]> {
  const { objects, values } = backend;
  const due = (await listDeleted(values)).filter(({ removed }) => clock.now() - removed.at >= keepMs);
  for (const namespace of due) {
    const { shard } = namespace;
    // There is one where a restore was cut short.
    await backend.removeShard(shard);
    for (const prefix of [snapshotsPrefix(shard), filesPrefix(shard), outputPrefix(shard)])
      for (const { name } of await objects.list(prefix)) await objects.remove(name);
    await markSwept(values, namespace);
  }
  return due.map(({ shard }) => shard);
}
