/** The namespaces of a server that is one of a cluster's: what its servers share, and the shards of which it has replicas. */
import { createClock } from "../clock.ts";
import { type HostedShard, type HostedView, ShardHost } from "../../cluster/host.ts";
import { Members } from "../../cluster/members.ts";
import { DEFAULT } from "../../cluster/namespaces.ts";
import type { Shard } from "../../cluster/shard.ts";
import { SharedTime } from "../../cluster/shared-time.ts";
import type { Config } from "../../config/schema.ts";
import { Ends } from "../ends.ts";
import type { Log } from "../../engine/ports.ts";
import type { House, Hosting } from "../namespace.ts";
import { forgetShard } from "./deleted.ts";
import { type ClusterHouse, nonce, openReplicaNamespace, type ReplicaNamespace } from "./namespace.ts";
import { ClusterNamespaces } from "./namespaces.ts";
import { patiently } from "./patience.ts";
import type { ShardView } from "../../protocol/cluster-view.ts";
import { refuseRetired } from "./retired.ts";
import { shareAuthority } from "./secrets.ts";
import { sweepAside } from "../set-aside.ts";
import { firstTokens, type FirstTokens, isAccessOn, type Meeting, openIdentity } from "../server-access.ts";
import { connectBackend } from "./settings.ts";
import { ownVersion } from "../version.ts";

/** How long a start waits for somebody to lead before it says that it has started. */
const LEADER_MS = 10_000;
/** How long a first start looks for others. */
const OTHERS_MS = 2000;
/** Of whoever gives none. */
const DEFAULT_CLUSTER = "main";

export async function openClustered(house: House): Promise<Hosting> {
  const ends = new Ends(house.log, "a part of the server");
  try {
    return await open(house, ends);
  } catch (error) {
    await ends.run();
    throw error;
  }
}

async function open(given: House, ends: Ends): Promise<Hosting> {
  const { config, log } = given;
  const { name: cluster, server, copies } = config.cluster;
  const keepDeletedMs = config.data.keep.deleted;
  const backend = await connectBackend(config, log);
  ends.push(() => backend.close());
  await patiently(log, async () => {
    await refuseRetired(backend.values, cluster);
    await shareAuthority(config, backend.values, log);
  });
  const identity = await openIdentity(config, log);
  ends.push(() => identity.close());
  const time = new SharedTime({ server, bus: backend.bus, words: log });
  ends.push(() => time.close());
  await time.heard();
  const clock = createClock(() => time.now());
  const members = new Members({ backend, clock, log, version: ownVersion() });
  ends.push(() => members.close());
  const namespaces = new ClusterNamespaces(
    config.data.dir,
    () => house,
    () => host,
  );
  const house: ClusterHouse = {
    ...{ ...given, backend, members, clock, time, identity, namespaces },
    main: () => main.http.main,
    beside: () => namespaces.beside(),
    shards: () => host.view().map(shardView),
    isClosed: () => isAccessOn(config),
  };
  const main: ReplicaNamespace = await openReplicaNamespace(house, DEFAULT);
  ends.push(() => main.close());
  let begun: HostedShard | undefined;
  const host: ShardHost = new ShardHost({
    ...{ backend, members, clock, words: log, copies, keepDeletedMs, nonce },
    open: async (named) => (named.name === DEFAULT.name ? (begun = main.begin()) : namespaces.openHere(named)),
    kept: () => namespaces.kept(),
    discard: (name) => namespaces.discard(name),
    forget: (shard) => forgetShard(backend, shard),
  });
  ends.push(
    () => host.close(),
    () => namespaces.close(),
  );
  const aside = sweepAside(config.data.dir, keepDeletedMs, log);
  ends.push(() => aside.close());
  return {
    ...{ identity, main },
    async begin({ outside, ...meeting }) {
      members.url = outside;
      main.meets(meeting);
      namespaces.begin(meeting);
      log.info({ url: outside, cluster, server }, "server listens");
      if (main.fresh) await tellOfOthers(members, { cluster, server, log });
      given.beforeJoining?.();
      await host.start();
      namespaces.known();
      const { shard } = begun!;
      const first = await firstLead(main, shard, server, meeting);
      log.info({ cluster, server, leader: shard.leader()?.server, role: shard.role }, "is one of a cluster");
      void makeNamed(host, config, log);
      return first;
    },
    close: () => ends.run(),
  };
}

/** Namespaces that the settings name are made by whichever server comes first. */
async function makeNamed(host: ShardHost, { namespaces }: Config, log: Log): Promise<void> {
  for (const name of Object.keys(namespaces)) {
    if (host.namespace(name) !== undefined) continue;
    try {
      await host.create(name, { by: "configuration" });
    } catch (error) {
      if ((error as { code?: string }).code === "conflict") continue;
      log.warn({ namespace: name, cause: String(error) }, "a namespace of the settings could not be made");
    }
  }
}

function shardView({ name, leader, term, state, reason, last, hosts }: HostedView): ShardView {
  return {
    name,
    ...(leader !== undefined && { leader }),
    ...(term !== undefined && { term }),
    ...(state === "removing"
      ? { state: "moving", reason: "it is being deleted" }
      : { state, ...(reason && { reason }) }),
    ...(last !== undefined && { last }),
    hosts: hosts.map(({ server, role, seq, lag }) => ({ server, role, seq, lag })),
  };
}

/** A directory that was empty becomes a replica of whatever has this name: nobody is to join what he did not mean. */
async function tellOfOthers(
  members: Members,
  { cluster, server, log }: { cluster: string; server: string; log: House["log"] },
): Promise<void> {
  const others = (await members.all(OTHERS_MS)).filter(({ name, left }) => name !== server && left !== true);
  if (others.length === 0) return log.info({ cluster, server }, "no other server of this cluster is known");
  const servers = others.map(({ name, url }) => (url === undefined ? name : `${name} at ${url}`));
  const isDefault = cluster === DEFAULT_CLUSTER;
  const hint = isDefault
    ? `; for a cluster of its own stop it, remove its data directory, and give --cluster NAME`
    : "";
  log.warn({ cluster, server, servers }, `this server joins cluster ${cluster}, which is there already${hint}`);
}

/** Waits until somebody leads. The server that leads a new cluster first makes its first tokens, and shows them. */
async function firstLead(
  { work, engine, isClosed }: ReplicaNamespace,
  shard: Shard,
  server: string,
  meeting: Meeting,
): Promise<FirstTokens | undefined> {
  await new Promise<void>((settle) => {
    const look = (): void => {
      const leader = shard.leader()?.server;
      const isLed = leader !== undefined && leader !== server && shard.notReady === undefined;
      if (shard.role !== "leader" && !isLed) return;
      clearInterval(looking);
      clearTimeout(timer);
      settle();
    };
    const looking = setInterval(look, 20);
    const timer = setTimeout(() => {
      clearInterval(looking);
      settle();
    }, LEADER_MS);
    look();
  });
  if (shard.role !== "leader") return undefined;
  await Promise.race([work.begun.promise, new Promise((settle) => void setTimeout(settle, LEADER_MS).unref())]);
  return isClosed && shard.role === "leader" ? firstTokens(engine.access, meeting) : undefined;
}
