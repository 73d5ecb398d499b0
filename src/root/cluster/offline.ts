/**
 * Work on a cluster while none of its servers runs: what it connects to, and how tables become the beginning of a log. A
 * namespace at a time; that there are several is the affair of `migrate.ts` and `restore.ts`.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { createClock } from "../clock.ts";
import { filesPrefix } from "../../cluster/artifacts.ts";
import { foundLog } from "../../cluster/found.ts";
import { inParallel } from "../../cluster/in-parallel.ts";
import { hearMembers } from "../../cluster/members.ts";
import type { ClusterBackend, Objects } from "../../cluster/ports.ts";
import type { Applied, ReplicaTables } from "../../cluster/replica-tables.ts";
import type { Config } from "../../config/schema.ts";
import type { Artifacts, Clock, Log } from "../../engine/ports.ts";
import { createLog } from "../log.ts";
import { nonce } from "./namespace.ts";
import { connectBackend } from "./settings.ts";
import { newBase, openBase } from "../../store/move.ts";
import { ownVersion } from "../version.ts";

/** A server says something of itself every second. */
const HEAR_MS = 3000;
const FILES_AT_ONCE = 8;

/** What was moved. */
export interface Moved {
  cluster: string;
  /** Number of the record at which `default` stands. */
  record: number;
  files: number;
  /** Names of the namespaces beside `default`. */
  namespaces: string[];
  /** Servers run, and take it by themselves. */
  live?: boolean;
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
  return connected(config, async (place) => {
    await refuseRunning(place);
    return work(place);
  });
}

/** The same where servers may run: under a name that none of them has, so that nothing meant for one of them comes here. */
export async function beside<T>(config: Config, work: (place: Offline) => Promise<T>): Promise<T> {
  const server = `restore-${randomBytes(6).toString("hex")}`;
  return connected({ ...config, cluster: { ...config.cluster, server, port: 0 } }, work);
}

async function connected<T>(config: Config, work: (place: Offline) => Promise<T>): Promise<T> {
  const log = createLog(config.log);
  const backend = await connectBackend(config, log);
  try {
    return await work({ config, backend, clock: createClock(), log });
  } finally {
    await backend.close();
  }
}

export interface Base {
  /** A database, which is changed by it; with `snapshot`, where one is made of that. */
  file: string;
  snapshot?: AsyncIterable<Uint8Array>;
  artifacts: Artifacts;
  reason: string;
  /** Shard of which shared files are taken. */
  filesOf?: string;
}

/** Puts the tables of a file at the end of the shard's log. */
export async function putBase(
  place: Offline,
  shard: string,
  { file, snapshot, artifacts, reason, filesOf }: Base,
): Promise<{ at: Applied; files: number }> {
  const { tables, close } = (snapshot === undefined ? openBase : newBase)(file, ofConfig(place.config, shard));
  try {
    if (snapshot !== undefined) await tables.replaceBy(snapshot);
    if (filesOf !== undefined) await takeFiles(place.backend.objects, tables, { from: filesOf, to: shard });
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

/** Shared files of a shard that is not there any more, as far as they are kept still, for one that goes on with its tables. */
async function takeFiles(objects: Objects, tables: ReplicaTables, way: { from: string; to: string }): Promise<void> {
  await inParallel([...tables.artifacts()], FILES_AT_ONCE, async (hash) => {
    const name = filesPrefix(way.to) + hash;
    if (await objects.has(name)) return;
    const chunks = await objects.get(filesPrefix(way.from) + hash);
    if (chunks !== undefined) await objects.put(name, chunks);
  });
}

/** `instead`: what else there is to do about it. */
export async function refuseRunning({ backend, clock }: Offline, instead = ""): Promise<void> {
  const running = await hearMembers(backend.bus, clock, HEAR_MS);
  if (running.length === 0) return;
  const names = running.join(", ");
  throw new OctopusError(
    "conflict",
    `servers of the cluster run (${names}): stop them, and start them again after this${instead}`,
  );
}
