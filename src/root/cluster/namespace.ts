/**
 * A namespace as a replica of a cluster's shard: an engine that follows until it leads, and HTTP that passes on what only the
 * leader can answer. It is made in two steps: HTTP may be served once it is made, and says what it waits for until the shard
 * has begun.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import type { HostedShard } from "../../cluster/host.ts";
import type { Members } from "../../cluster/members.ts";
import type { SharedTime } from "../../cluster/shared-time.ts";
import type { Namespace as Named } from "../../cluster/namespaces.ts";
import type { ClusterBackend } from "../../cluster/ports.ts";
import type { Trouble } from "../../cluster/repair.ts";
import { shardParts } from "../../cluster/shard-parts.ts";
import { startShard } from "../../cluster/shard.ts";
import type { Config } from "../../config/schema.ts";
import { openDoor } from "./door.ts";
import { Ends } from "../ends.ts";
import { engineFor } from "../engine-on-store.ts";
import type { AuditEntry, Clock } from "../../engine/ports.ts";
import { shareFeed } from "./feed.ts";
import { LeadWork } from "./lead.ts";
import { logWith } from "../log.ts";
import { configOf, createHttp, type Namespace, type OpenHouse } from "../namespace.ts";
import { takeOldOutput } from "./output.ts";
import { patiently } from "./patience.ts";
import { loadPools } from "../pools.ts";
import { shareSigning } from "./secrets.ts";
import { openAccess } from "../server-access.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import type { ShardView } from "../../protocol/cluster-view.ts";
import { openReplica } from "../../store/store.ts";
import { ownVersion } from "../version.ts";

/** How long requests in flight may take to end. */
const GRACE_MS = 2000;

/** A house that is one of a cluster's. */
export interface ClusterHouse extends OpenHouse {
  backend: ClusterBackend;
  members: Members;
  clock: Clock;
  time: SharedTime;
  /** All shards of the cluster, as operators see them. */
  shards(): ShardView[];
  /** Tokens are asked for. */
  isClosed(): boolean;
}

export interface ReplicaNamespace extends Namespace {
  readonly work: LeadWork;
  /** Begins to follow, and to lead when it gets the seat. */
  begin(): HostedShard;
}

/** All that its log says names the shard: a server may hold many. */
export async function openReplicaNamespace(given: ClusterHouse, named: Named): Promise<ReplicaNamespace> {
  const house = { ...given, log: logWith(given.log, { shard: named.shard }) };
  const ends = new Ends(house.log, `a part of namespace ${named.name}`);
  try {
    return await open(house, named, ends);
  } catch (error) {
    await ends.run();
    throw error;
  }
}

async function open(house: ClusterHouse, { name, shard }: Named, ends: Ends): Promise<ReplicaNamespace> {
  const { backend, members, clock, time, log } = house;
  const config = configOf(house.config, name);
  const pools = await loadPools(config, log);
  const { store, parts } = await openParts(house, shard, config, ends);
  const access = openAccess(config, name);
  ends.push(() => access.close());
  const ofEngine = { ...store, journal: parts.journal, artifacts: parts.files.artifacts, logs: parts.output.logs };
  const engine = engineFor(ofEngine, log, config, pools?.forEngine, { clock, follower: true });
  ends.push(() => engine.close());
  const work = new LeadWork({ config, engine, namespace: name, log });
  const all = name === DEFAULT_NAMESPACE ? { shards: house.shards } : {};
  const door = openDoor({ cluster: config.cluster.name, shard, backend, members, clock, time, ...all });
  const { plugins, triggers } = work;
  const http = createHttp(house, { name, engine, access, store, plugins, triggers, cluster: door });
  ends.push(
    () => http.close(GRACE_MS),
    () => pools?.close(),
  );
  let hasBegun = false;
  ends.push(async () => {
    // A shard that began closes them.
    if (hasBegun) return;
    parts.files.close();
    await parts.output.close();
  });
  const close = (): Promise<void> => ends.run();
  return {
    ...{ name, engine, http, work, store, fresh: store.fresh, isClosed: access.options.isOn, close },
    meets: (meeting) => pools?.listens(engine.access, access.options, meeting),
    begin() {
      const follower = startShard({
        ...{ ...parts, shard, backend, engine, tables: store.tables, members, clock, log, nonce },
        version: ownVersion(),
        onTrouble: (trouble) => access.options.audit?.append([auditOf(trouble, shard, clock.now())]),
      });
      hasBegun = true;
      door.attach(follower);
      work.follow(follower, http);
      ends.push(
        () => work.close(),
        () => follower.close(),
        shareFeed(engine, follower, backend.bus, shard),
      );
      const drop = async (): Promise<void> => {
        await close();
        rmSync(config.data.dir, { recursive: true, force: true });
      };
      return { shard: follower, close, drop };
    },
  };
}

/** What its servers share of the shard, this server's directory of it, and what the engine is given of both. */
async function openParts({ backend, clock, log }: ClusterHouse, shard: string, config: Config, ends: Ends) {
  const { dir } = config.data;
  await patiently(log, async () => {
    await takeOldOutput(dir, shard, backend.objects);
    await backend.shard(shard);
  });
  const store = openReplica(dir, { cluster: config.cluster.name, shard }, { isSparing: shard !== DEFAULT_NAMESPACE });
  ends.push(() => store.close());
  await patiently(log, () => shareSigning(config, shard, backend.values));
  const { age: ageMs, size: bytesMax } = config.logs.keep;
  const parts = await shardParts({ shard, backend, store, clock, log, nonce, keepLogs: { ageMs, bytesMax } });
  return { store, parts };
}

/** What nobody should overlook stands in the audit log, too. */
function auditOf({ type, words, detail }: Trouble, subject: string, at: number): AuditEntry {
  const text = `${words} ${JSON.stringify(detail)}`.slice(0, 1000);
  return { at, who: "cluster", action: `cluster.${type}`, subject, outcome: "done", detail: text, times: 1 };
}

/** Drawn for every turn: `randomBytes` takes as long for one as the turn's rows, this draws many at a time. */
export function nonce(): string {
  return randomUUID();
}
