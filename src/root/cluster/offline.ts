/**
 * Work on a cluster while none of its servers runs: what it connects to, and how tables become the beginning of a log. A
 * namespace at a time; that there are several is the affair of `migrate.ts` and `restore.ts`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { createClock } from "../clock.ts";
import { foundLog } from "../../cluster/found.ts";
import { hearMembers } from "../../cluster/members.ts";
import type { ClusterBackend } from "../../cluster/ports.ts";
import type { Applied, ReplicaTables } from "../../cluster/replica-tables.ts";
import type { Config } from "../../config/schema.ts";
import type { Artifacts, Clock, Log } from "../../engine/ports.ts";
import { createLog } from "../log.ts";
import { nonce } from "./namespace.ts";
import { connectBackend } from "./settings.ts";
import { openBase } from "../../store/move.ts";
import { ownVersion } from "../version.ts";

/** A server says something of itself every second. */
const HEAR_MS = 3000;

/** What was moved. */
export interface Moved {
  cluster: string;
  /** Number of the record at which `default` stands. */
  record: number;
  files: number;
  /** Names of the namespaces beside `default`. */
  namespaces: string[];
}

/** A backend, and what is needed to work with it. */
export interface Offline {
  config: Config;
  backend: ClusterBackend;
  clock: Clock;
  log: Log;
}

/** Connects, sees that no server of the cluster runs, and lets go in the end. */
export async function offline<T>(config: Config, work: (place: Offline) => Promise<T>): Promise<T> {
  const log = createLog(config.log);
  const backend = await connectBackend(config, log);
  try {
    const clock = createClock();
    await refuseRunning({ backend, clock });
    return await work({ config, backend, clock, log });
  } finally {
    await backend.close();
  }
}

/** Puts the tables of a file at the end of the shard's log. The file is changed by it. */
export async function putBase(
  place: Offline,
  shard: string,
  { file, artifacts, reason }: { file: string; artifacts: Artifacts; reason: string },
): Promise<{ at: Applied; files: number }> {
  const { tables, close } = openBase(file, ofConfig(place.config, shard));
  try {
    const at = await foundLog({ ...ofLog(place, shard, tables, artifacts), reason, replace: true });
    return { at, files: [...tables.artifacts()].length };
  } finally {
    close();
  }
}

export function ofLog({ backend, clock, log }: Offline, shard: string, tables: ReplicaTables, artifacts: Artifacts) {
  return { backend, shard, tables, artifacts, clock, log, version: ownVersion(), nonce };
}

export function ofConfig({ cluster }: Config, shard: string): { cluster: string; shard: string } {
  return { cluster: cluster.name, shard };
}

/** A folder that is gone when the work is done. */
export async function inFolder<T>(above: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(above === undefined ? join(tmpdir(), "octopus-restore-") : join(above, "moving-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refuseRunning({ backend, clock }: Pick<Offline, "backend" | "clock">): Promise<void> {
  const running = await hearMembers(backend.bus, clock, HEAR_MS);
  if (running.length === 0) return;
  const names = running.join(", ");
  throw new OctopusError(
    "conflict",
    `servers of the cluster run (${names}): stop them, and start them again after this`,
  );
}
