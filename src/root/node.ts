/**
 * What commands start: a server with a worker in a process of its own, and the work on data that no server uses. The server
 * itself is `server.ts`; `embedded.ts` puts the same parts into the caller's process.
 */
import { resolve } from "node:path";
import type { OctopusError } from "../base/errors.ts";
import type { Moved } from "./cluster/offline.ts";
import type { Config } from "../config/schema.ts";
import { createLog } from "./log.ts";
import type { StartOptions } from "./namespace.ts";
import { namesIn, namespaceDir, namespacesFolder } from "./namespace-folders.ts";
import type { Running } from "./running.ts";
import { checkDatabase, replicaIn } from "../store/check.ts";
import { startServer } from "./server.ts";
import { superviseWorker } from "./supervise.ts";
import { runDemo } from "./demo.ts";
import { ownWorkerSettings } from "./worker-settings.ts";

export async function startUp(config: Config, options: StartOptions & { demo: boolean }): Promise<Running> {
  const server = await startServer(config, options);
  const demo = options.demo && server.fresh ? runDemo(server.engine, server.url) : undefined;
  const settings = ownWorkerSettings(config, {
    urls: [server.url],
    fingerprint: server.fingerprint,
    token: server.workerToken,
  });
  const functions = [...settings.functions, ...(demo?.functions ?? [])];
  let failure: OctopusError | undefined;
  const worker = superviseWorker({ ...settings, functions }, createLog(config.log), (error) => {
    failure = error;
    void stop();
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= worker.stop().then(() => server.stop());
    return stopping;
  };
  const done = server.done.then(() => {
    if (failure !== undefined) throw failure;
  });
  const { url, urls, fingerprint, first } = server;
  return { url, ...(urls && { urls }), ...(fingerprint && { fingerprint }), ...(first && { first }), stop, done };
}

/** Moves what is in the data directory: into the cluster that the settings name, or out of it. */
export async function migrate(config: Config, to: "cluster" | "embedded"): Promise<Moved> {
  const { migrateIntoCluster, migrateOutOfCluster } = await import("./cluster/migrate.ts");
  return to === "cluster" ? migrateIntoCluster(config) : migrateOutOfCluster(config);
}

/** Has the cluster that the settings name, or one namespace of it, go on from a backup. */
export async function restoreCluster(config: Config, backup: string, namespace?: string): Promise<Moved> {
  const { restoreCluster: restoreAll, restoreNamespace } = await import("./cluster/restore.ts");
  const path = resolve(backup);
  return namespace === undefined ? restoreAll(config, path) : restoreNamespace(config, path, namespace);
}

/** Problems of the databases in `dir`, read without changing them; undefined when there is none. */
export function checkData(dir: string): string[] | undefined {
  const own = checkDatabase(dir);
  const below = namesIn(namespacesFolder(dir)).flatMap((name) =>
    (checkDatabase(namespaceDir(dir, name)) ?? []).map((problem) => `namespace ${name}: ${problem}`),
  );
  return own === undefined && below.length === 0 ? undefined : [...(own ?? []), ...below];
}

/** Of which cluster the data in `dir` is a replica; undefined: of none. */
export function clusterOf(dir: string): { cluster: string; shard: string; record: number } | undefined {
  return replicaIn(dir);
}
