/**
 * Moves the data of a server into a cluster and out of one, with all its namespaces. Each is one `base` record, or a log that
 * is read to its end; no server may run meanwhile.
 *
 * MG1  Into a cluster: tables, files and output are among the shared objects before the record that names them is in the log,
 *      `default` comes last, and the directories become replicas after that. Cut short anywhere, nothing is lost: a directory is
 *      still what it was, or everything stands in the log.
 * MG2  Out of one: the cluster is closed (`retired`) before a directory stands alone, so that two do not go on from the same
 *      state.
 */
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { drainLog } from "../../cluster/found.ts";
import { addNamespace, DEFAULT, forgetNamespace, listNamespaces } from "../../cluster/namespaces.ts";
import type { Applied } from "../../cluster/replica-tables.ts";
import type { Config } from "../../config/schema.ts";
import { configOf } from "../namespace.ts";
import { namesIn, namespacesFolder, setAside } from "../namespace-folders.ts";
import { nonce } from "./namespace.ts";
import { inFolder, type Moved, ofConfig, offline, type Offline, ofLog, putBase } from "./offline.ts";
import { outputObject, takeOldOutput } from "./output.ts";
import { RETIRED, type Retired, retiredOf } from "./retired.ts";
import { shareAuthority, shareSigning } from "./secrets.ts";
import { replicaIn } from "../../store/check.ts";
import { copyDatabase } from "../../store/copy.ts";
import { enterCluster, leaveCluster } from "../../store/move.ts";
import { openReplica, openStore, type Store } from "../../store/store.ts";

/** Makes everything in the data directory the beginning of the cluster's logs. */
export async function migrateIntoCluster(config: Config): Promise<Moved> {
  const { dir } = config.data;
  if (!existsSync(join(dir, "octopus.db")))
    throw new OctopusError(
      "not_found",
      `there is no database in ${dir}: a new cluster needs no migration, start a server`,
    );
  // Held from here on: no server can begin to use a directory. One that is a replica already is refused.
  const stores = new Map<string, Store>();
  const close = (): void => {
    for (const store of stores.values()) store.close();
    stores.clear();
  };
  try {
    for (const name of [DEFAULT.name, ...namesIn(namespacesFolder(dir))])
      stores.set(name, openStore(configOf(config, name).data.dir));
    return await offline(config, async (place) => {
      await refuseUsed(place);
      await shareAuthority(config, place.backend.values, place.log);
      const shards = await shardsFor(place, [...stores.keys()]);
      const moved = new Map<string, { at: Applied; files: number }>();
      // `default` comes last: while its log is empty the move can be begun again.
      for (const [name, store] of [...stores].toReversed())
        moved.set(name, await moveIn(place, configOf(config, name), shards.get(name)!, store));
      close();
      for (const [name, { at }] of moved)
        enterCluster(configOf(config, name).data.dir, ofConfig(config, shards.get(name)!), at);
      await place.backend.values.remove(RETIRED);
      const { at } = moved.get(DEFAULT.name)!;
      const files = [...moved.values()].reduce((sum, one) => sum + one.files, 0);
      return { cluster: config.cluster.name, record: at.seq, files, namespaces: others(moved.keys()) };
    });
  } finally {
    close();
  }
}

/** Makes the data directory that of a server which stands alone, with all that the logs hold, and closes the cluster. */
export async function migrateOutOfCluster(config: Config): Promise<Moved> {
  return offline(config, async (place) => {
    const { backend, clock } = place;
    const there = (await listNamespaces(backend.values)).filter(({ removing }) => removing === undefined);
    makeRoom(config, new Map(there.map(({ name, shard }) => [name, shard])), place);
    const drained = new Map<string, { at: Applied; missing: number }>();
    // Those that stand alone already are of a move that was cut short.
    const before = await retiredOf(backend.values);
    const rest = there.filter(({ name }) => before?.server !== backend.server || isReplica(configOf(config, name)));
    for (const { name, shard } of rest) drained.set(name, await drain(place, configOf(config, name), shard));
    const { at } = drained.get(DEFAULT.name)!;
    const when = new Date(clock.now()).toISOString();
    const retired: Retired = { at: when, server: backend.server, dir: config.data.dir, record: at.seq };
    await backend.values.set(RETIRED, JSON.stringify(retired));
    // `default` comes last: until it stands alone no server serves what is here.
    for (const { name } of rest.toReversed()) leaveCluster(configOf(config, name).data.dir);
    const files = [...drained.values()].reduce((sum, { missing }) => sum + missing, 0);
    const { name: cluster } = config.cluster;
    return { cluster, record: at.seq, files, namespaces: others(there.map(({ name }) => name)) };
  });
}

function isReplica({ data }: Config): boolean {
  return replicaIn(data.dir) !== undefined || !existsSync(join(data.dir, "octopus.db"));
}

function others(names: Iterable<string>): string[] {
  return [...names].filter((name) => name !== DEFAULT.name).toSorted();
}

/** Throws when the cluster has been used, unless its data was taken out of it since. */
async function refuseUsed({ config, backend }: Offline): Promise<void> {
  const retired = await retiredOf(backend.values);
  const { log } = await backend.shard(DEFAULT.shard);
  const { last } = await log.range();
  if (last > 0 && retired === undefined) throw notEmpty(config, last);
}

/** By namespace its shard; one that the cluster had, and the directory has not, was deleted while it stood alone. */
async function shardsFor(place: Offline, names: readonly string[]): Promise<Map<string, string>> {
  const { backend, clock } = place;
  const shards = new Map<string, string>();
  for (const namespace of await listNamespaces(backend.values)) {
    if (names.includes(namespace.name) && namespace.removing === undefined) {
      shards.set(namespace.name, namespace.shard);
    } else {
      await backend.removeShard(namespace.shard);
      await forgetNamespace(backend.values, namespace, clock.now());
    }
  }
  for (const name of names) {
    if (shards.has(name)) continue;
    const made = await addNamespace(backend.values, { name, at: clock.now(), by: "migration", nonce: nonce() });
    shards.set(name, made.shard);
  }
  return shards;
}

async function moveIn(place: Offline, config: Config, shard: string, store: Store) {
  const { objects, values } = place.backend;
  const { dir } = config.data;
  return inFolder(dir, async (folder) => {
    await shareSigning(config, shard, values);
    const file = join(folder, "octopus.db");
    await store.backup(file);
    const output = join(dir, "logs.db");
    if (existsSync(output)) {
      await copyDatabase(output, join(folder, "logs.db"));
      await objects.put(outputObject(shard), createReadStream(join(folder, "logs.db")));
    } else await objects.remove(outputObject(shard));
    return putBase(place, shard, { file, artifacts: store.artifacts, reason: "migrated" });
  });
}

/** What lies here of namespaces that the cluster has not, or not any more, makes room. */
function makeRoom(config: Config, shards: ReadonlyMap<string, string>, { log }: Offline): void {
  const folder = namespacesFolder(config.data.dir);
  for (const name of namesIn(folder)) {
    const there = replicaIn(configOf(config, name).data.dir);
    if (there === undefined || shards.get(name) === there.shard) continue;
    log.warn({ namespace: name, aside: setAside(folder!, name) }, "a replica that is of no namespace was set aside");
  }
}

async function drain(place: Offline, config: Config, shard: string): Promise<{ at: Applied; missing: number }> {
  const { backend, log } = place;
  const { dir } = config.data;
  await takeOldOutput(dir, shard, backend.objects);
  const store = openReplica(dir, ofConfig(config, shard));
  try {
    const { tables, artifacts } = store;
    const at = await drainLog(ofLog(place, shard, tables, artifacts));
    const missing = [...tables.artifacts()].filter((hash) => !artifacts.has(hash)).length;
    if (missing > 0) log.warn({ shard, missing }, "files that no server has any more are missing");
    return { at, missing };
  } finally {
    store.close();
  }
}

function notEmpty({ cluster }: Config, last: number): OctopusError {
  return new OctopusError(
    "conflict",
    `the log of cluster ${cluster.name} holds ${last} records already, and what is moved has to be its beginning: name another ` +
      "cluster with --cluster. If a migration was cut short, everything is there: start servers with other data directories",
  );
}
