/** What the configuration says of the worker, as the worker's process takes it. */
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { namespaceOfUrl } from "../base/namespace-url.ts";
import type { Config } from "../config/schema.ts";
import { ownVersion } from "./version.ts";
import type { PlaceSettings } from "../worker/executors/place.ts";
import type { ServerRef } from "../worker/reach/server-access.ts";
import type { WorkerSettings } from "../worker/settings.ts";
import { defaultStateDir } from "../worker/state-folder.ts";

/** For a worker of its own: `octopus worker`. */
export function workerSettings(
  config: Config,
  server: ServerRef & { nats?: NonNullable<WorkerSettings["nats"]> },
): WorkerSettings {
  const { name, slots, functions, grace, resources, labels, arms, dir, spool, timeout } = config.worker;
  const [url, ...moreUrls] = server.urls as [string, ...string[]];
  return {
    url,
    moreUrls,
    ...(server.nats !== undefined && { nats: server.nats }),
    ...(server.fingerprint !== undefined && { fingerprint: server.fingerprint }),
    ...(server.token !== undefined && { token: server.token }),
    ...(server.tokenFile !== undefined && { tokenFile: server.tokenFile }),
    name,
    slots,
    functions: [...functions],
    ...executorSettings(config),
    resources: { ...resources.amounts },
    units: Object.fromEntries(Object.entries(resources.units).map(([resource, names]) => [resource, [...names]])),
    findsGpus: isOwn(resources.amounts),
    labels: { ...labels },
    ...(arms !== null && { arms: [...arms] }),
    timeoutMs: timeout ?? 0,
    // Two of one name, for two namespaces, are two workers.
    dir: dir ?? defaultStateDir(name, namespaceOf(server)),
    spoolBytes: spool,
    graceMs: grace,
    killGraceMs: config.tasks.grace,
    version: ownVersion(),
    log: config.log,
  };
}

function namespaceOf({ urls, nats }: Parameters<typeof workerSettings>[1]): string | undefined {
  if (nats === undefined) return namespaceOfUrl(urls[0]!);
  return nats.shard === "default" ? undefined : nats.shard;
}

/** What its executors are told, in a worker's process as well as in a program's own. */
export function executorSettings(config: Config): Partial<PlaceSettings> {
  const { executors, docker, wasm, python, venvs, plugins, policy } = config.worker;
  const { mode, host, volumes } = docker;
  return {
    executors: [...executors],
    docker: { mode, ...(host !== null && { host }), volumes: [...volumes] },
    plugins: { ...(python !== null && { python }), venvs: { ...venvs }, idleMs: plugins.idle },
    wasm: { dirs: [...wasm.dirs], memory: wasm.memory },
    // What travels to a worker's process is plain data, and only where there is something to look at.
    ...(isPolicyOn(policy) && { policy: structuredClone(policy) }),
  };
}

function isPolicyOn({ mode, arms }: Config["worker"]["policy"]): boolean {
  return mode !== "off" || Object.values(arms).some((arm) => arm.mode !== undefined && arm.mode !== "off");
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
