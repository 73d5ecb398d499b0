/** What the configuration says of the worker, as the worker's process takes it. */
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "./config/schema.ts";
import { ownVersion } from "./version.ts";
import type { ServerRef } from "./worker/reach/server-access.ts";
import type { WorkerSettings } from "./worker/settings.ts";
import { defaultStateDir } from "./worker/state-folder.ts";

/** For a worker of its own: `octopus worker`. */
export function workerSettings(config: Config, server: ServerRef): WorkerSettings {
  const { name, slots, functions, grace, resources, labels, arms, dir, spool, timeout } = config.worker;
  const [url, ...moreUrls] = server.urls as [string, ...string[]];
  return {
    url,
    moreUrls,
    ...(server.fingerprint !== undefined && { fingerprint: server.fingerprint }),
    ...(server.token !== undefined && { token: server.token }),
    ...(server.tokenFile !== undefined && { tokenFile: server.tokenFile }),
    name,
    slots,
    functions: [...functions],
    resources: { ...resources.amounts },
    units: Object.fromEntries(Object.entries(resources.units).map(([resource, names]) => [resource, [...names]])),
    findsGpus: isOwn(resources.amounts),
    labels: { ...labels },
    ...(arms !== null && { arms: [...arms] }),
    timeoutMs: timeout ?? 0,
    dir: dir ?? defaultStateDir(name),
    spoolBytes: spool,
    graceMs: grace,
    killGraceMs: config.tasks.grace,
    version: ownVersion(),
    log: config.log,
  };
}

/** For the worker beside a server: it keeps its state with the server's data. */
export function ownWorkerSettings(config: Config, server: ServerRef): WorkerSettings {
  const folder = resolve(config.data.dir);
  return {
    ...workerSettings(config, server),
    dir: config.worker.dir ?? join(folder, "worker"),
    filesDir: join(folder, "attempts"),
  };
}

/** All of this machine, in thousandths. */
export function ownResources(): Record<string, number> {
  return { cpu: availableParallelism() * 1000, memory: totalmem() * 1000 };
}

/** Nobody named them. */
function isOwn(amounts: Readonly<Record<string, number>>): boolean {
  const own = ownResources();
  return Object.keys(amounts).length === 2 && Object.keys(own).every((name) => amounts[name] === own[name]);
}
