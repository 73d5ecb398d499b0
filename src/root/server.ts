/**
 * The composition root of a server: HTTP, what it is announced by and how it ends, in front of the namespaces that this
 * process has. It builds and wires, and decides nothing. Whether these are databases of its own or replicas of a cluster's is
 * the affair of `alone/` and `cluster/`.
 *
 * CN1  It listens before a replica has caught up, and says so; nobody is answered from less than the cluster has acknowledged
 *      when the replica began.
 * CN2  A stop hands the lead over before anything else ends.
 */
import { openAlone } from "./alone/hosting.ts";
import { startAnnouncing } from "./announcing.ts";
import { OctopusError } from "../base/errors.ts";
import { isClustered } from "./cluster/settings.ts";
import type { Config } from "../config/schema.ts";
import { Ends } from "./ends.ts";
import { createLog } from "./log.ts";
import type { House, Hosting, StartOptions } from "./namespace.ts";
import { namespaceNameFault } from "../protocol/namespace-name.ts";
import type { RunningServer } from "./running.ts";
import { ownVersion } from "./version.ts";

export async function startServer(config: Config, { signal, ...given }: StartOptions = {}): Promise<RunningServer> {
  refuseNames(config);
  const log = createLog(config.log);
  const ends = new Ends(log, "a part of the server");
  try {
    const starting = start({ config, log, ...given }, ends);
    return await (signal === undefined ? starting : unlessAborted(starting, signal));
  } catch (error) {
    await ends.run();
    throw error;
  }
}

/** A start may wait for long, for others of a cluster; what it has begun until then is ended by whoever gives it up. */
function unlessAborted<T>(starting: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new OctopusError("not_ready", "it was told to stop before it had started"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    starting.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Throws when a namespace of the settings can have no such name. */
function refuseNames({ namespaces }: Config): void {
  for (const name of Object.keys(namespaces)) {
    const fault = namespaceNameFault(name);
    if (fault !== undefined) throw new OctopusError("invalid", `configuration: namespaces.${name}: the name ${fault}`);
  }
}

async function openHosting(house: House): Promise<Hosting> {
  return isClustered(house.config) ? (await import("./cluster/hosting.ts")).openClustered(house) : openAlone(house);
}

async function start(house: House, ends: Ends): Promise<RunningServer> {
  const { config, log } = house;
  const hosting = await openHosting(house);
  ends.push(() => hosting.close());
  const { engine, http, fresh } = hosting.main;
  const { url: listened, urls } = await http.listen(config.server.host, config.server.port);
  const open = hosting.identity.listens(http, listened);
  const { url, fingerprint } = open;
  const near = [url, ...urls.filter((other) => other !== url)];
  const first = await hosting.begin({ urls: near, outside: urls[0] ?? url, fingerprint });
  ends.push(startAnnouncing(config, { cluster: engine.access.cluster(), url: listened, fingerprint, log }));
  log.info({ url, dataDir: config.data.dir, version: ownVersion() }, "server started");

  const { promise: done, resolve: ended } = Promise.withResolvers<void>();
  const stop = async (): Promise<void> => {
    await ends.run();
    log.info({}, "server stopped");
    ended();
  };
  return { ...open, urls, ...(first && { first }), fresh, engine, stop, done };
}
