/**
 * The namespaces of a cluster as one of its servers serves them: those of which it holds a replica, and all others, which it
 * passes on to whoever leads them. Who holds what is the host's affair (`src/cluster/host.ts`); here they are opened, made and
 * deleted, and put in front of the HTTP server.
 *
 * NC1  One that cannot be opened here is asked of the server that leads it, and says why when there is none.
 */
import { duplexPair, type Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import type { HostedShard, ShardHost } from "../../cluster/host.ts";
import type { Namespace as Named } from "../../cluster/namespaces.ts";
import type { Json } from "../../base/words.ts";
import { askLeader, type LeaderAsked } from "./ask-leader.ts";
import { type Copyable, copyable } from "../backups.ts";
import { liveTasks, refuseLive } from "../live-tasks.ts";
import { namesIn, namespaceDir, namespacesFolder, setAside } from "../namespace-folders.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { type Meeting, meetingOf } from "../server-access.ts";
import type { DeletedNamespaceView } from "../../protocol/namespace.ts";
import {
  type ClusterDoor,
  type CreatedNamespace,
  type KnownNamespace,
  type Leader,
  type NamespaceDoor,
  type NamespaceHandler,
  passOn,
  type PassingHandler,
  unavailable,
} from "../../server/mod.ts";
import { replicaIn } from "../../store/check.ts";
import { deletedOf, purgeKept, undelete } from "./deleted.ts";
import { type ClusterHouse, openReplicaNamespace, type ReplicaNamespace } from "./namespace.ts";

const CONNECTING = "this server is connecting to its cluster";

export class ClusterNamespaces implements NamespaceDoor {
  readonly #house: () => ClusterHouse;
  readonly #host: () => ShardHost;
  readonly #dataDir: string;
  /** Those that this server holds, by name. */
  readonly #open = new Map<string, ReplicaNamespace>();
  /** Why one could not be opened here. */
  readonly #broken = new Map<string, string>();
  readonly #passing = new Map<string, PassingHandler>();
  #meeting: Meeting | undefined;
  /** The list of namespaces was read. */
  #isKnown = false;
  #end: () => void = () => {};

  constructor(dataDir: string, house: () => ClusterHouse, host: () => ShardHost) {
    this.#house = house;
    this.#host = host;
    this.#dataDir = dataDir;
  }

  /** The server listens, and the host begins. */
  begin(meeting: Meeting): void {
    this.#meeting = meeting;
    this.#end = this.#host().onChange(() => this.#letGo());
  }

  /** The host has begun. */
  known(): void {
    this.#isKnown = true;
  }

  /** For the host. */
  async openHere(named: Named): Promise<HostedShard> {
    const { name, shard } = named;
    try {
      this.#makeRoom(name, shard);
      const opened = await openReplicaNamespace(this.#house(), named);
      if (this.#meeting !== undefined) opened.meets(meetingOf(name, this.#meeting));
      const hosted = opened.begin();
      this.#open.set(name, opened);
      this.#broken.delete(name);
      const gone = (): void => {
        if (this.#open.get(name) === opened) this.#open.delete(name);
      };
      return {
        shard: hosted.shard,
        close: () => hosted.close().finally(gone),
        drop: () => {
          // From now on it is passed on.
          gone();
          return hosted.drop();
        },
      };
    } catch (error) {
      this.#broken.set(name, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** For the host: names of which something lies here. */
  kept(): string[] {
    return namesIn(namespacesFolder(this.#dataDir)).filter((name) => this.#replicaOf(name) !== undefined);
  }

  /** For the host: what lies here is of no namespace that there is. */
  discard(name: string): void {
    const { log } = this.#house();
    const folder = namespacesFolder(this.#dataDir);
    if (folder === undefined) return;
    const aside = setAside(folder, name);
    log.warn({ namespace: name, aside }, "a replica of a namespace that is not there any more was set aside");
  }

  list(): readonly KnownNamespace[] {
    return this.#host()
      .view()
      .filter(({ state }) => state !== "removing")
      .map(({ name, at, leader, hosts, state }): KnownNamespace => {
        const reason = this.#broken.get(name);
        const isOpen = name === DEFAULT_NAMESPACE || this.#open.has(name);
        const shown = isOpen
          ? "here"
          : reason !== undefined
            ? "failed"
            : state === "starting"
              ? "starting"
              : "elsewhere";
        return {
          ...{ name, state: shown, hosts: hosts.map(({ server }) => server) },
          ...(at > 0 && { createdAt: new Date(at).toISOString() }),
          ...(leader !== undefined && { leader }),
          ...(shown === "failed" && { reason: reason! }),
        };
      });
  }

  /** For a backup of all. */
  beside(): { others: Copyable[]; missing: string[] } {
    const names = this.#host()
      .names()
      .filter((name) => name !== DEFAULT_NAMESPACE);
    return {
      others: [...this.#open].map(([name, open]) => copyable(name, open)),
      missing: names.filter((name) => !this.#open.has(name)),
    };
  }

  find(name: string): NamespaceHandler | undefined {
    const open = this.#open.get(name);
    if (open !== undefined) return open.http.handler;
    if (!this.#isKnown) return unavailable(name, () => CONNECTING, this.#house().log);
    if (this.#host().namespace(name) === undefined) return undefined;
    const reason = this.#broken.get(name);
    if (reason !== undefined && this.#host().leader(name) === undefined)
      return unavailable(name, () => reason, this.#house().log);
    let passing = this.#passing.get(name);
    if (passing === undefined) {
      passing = passOn({ name, way: this.#way(name), main: this.#house().main(), log: this.#house().log });
      this.#passing.set(name, passing);
    }
    return passing;
  }

  async create(name: string, who: string): Promise<CreatedNamespace> {
    await this.#host().create(name, { by: who });
    const view = this.list().find((one) => one.name === name) ?? { name, state: "starting" as const };
    const { log, isClosed } = this.#house();
    log.info({ namespace: name, who }, "made a namespace");
    if (!isClosed()) return view;
    const admin = await this.#token(name, who, { name: "admin", role: "admin" });
    const workers = await this.#token(name, who, { name: "workers", role: "worker" });
    if (admin?.secret !== undefined && workers?.join !== undefined)
      return { ...view, tokens: { admin: admin.secret, join: workers.join } };
    throw new OctopusError(
      "not_ready",
      `the namespace ${name} is made, and its first tokens are not, as the server that leads it did not answer: make them ` +
        `with \`octopus token create --namespace ${name}\``,
      { retryable: true },
    );
  }

  async remove(name: string, { force }: { force: boolean }): Promise<void> {
    const named = this.#host().namespace(name);
    if (named === undefined) throw new OctopusError("not_found", `there is no namespace ${name}`);
    if (!force) {
      const status = await askLeader(this.#asked(name, "cluster"), { method: "GET", path: "/status" });
      const { counts } = (status ?? {}) as { counts?: Parameters<typeof liveTasks>[0] };
      refuseLive(name, counts && liveTasks(counts));
    }
    await this.#host().remove(name);
    const { log } = this.#house();
    log.info({ namespace: name }, "deleted a namespace");
  }

  deleted(): Promise<DeletedNamespaceView[]> {
    return deletedOf(this.#house());
  }

  async undelete(id: string, name: string, who: string): Promise<KnownNamespace> {
    const house = this.#house();
    await undelete(house, this.#host(), { id, name, who });
    house.log.info({ namespace: name, id, who }, "brought a deleted namespace back");
    return this.list().find((one) => one.name === name) ?? { name, state: "starting" };
  }

  async purge(id: string): Promise<void> {
    await purgeKept(this.#house(), id);
    this.#house().log.info({ id }, "removed what was kept of a deleted namespace");
  }

  close(): void {
    this.#end();
    for (const passing of this.#passing.values()) passing.close();
    this.#passing.clear();
  }

  /** A directory of another shard, of which a namespace that was deleted had the name, makes room. */
  #makeRoom(name: string, shard: string): void {
    const there = this.#replicaOf(name);
    if (there !== undefined && there.shard !== shard) this.discard(name);
  }

  /** Of which shard of this cluster there is something here. */
  #replicaOf(name: string): { shard: string } | undefined {
    const there = replicaIn(namespaceDir(this.#dataDir, name));
    return there?.cluster === this.#house().config.cluster.name ? there : undefined;
  }

  async #token(name: string, who: string, body: Json): Promise<{ secret?: string; join?: string } | undefined> {
    return (await askLeader(this.#asked(name, who), { method: "POST", path: "/tokens", body })) as object | undefined;
  }

  #asked(namespace: string, who: string): LeaderAsked {
    const { server, connect } = this.#way(namespace);
    return {
      ...{ namespace, who },
      connect: () => {
        const leader = this.#host().leader(namespace)?.server;
        if (leader !== server) return leader === undefined ? undefined : connect(leader);
        const [here, there] = duplexPair();
        this.#house().main().accept(there);
        return here;
      },
    };
  }

  /** To whoever leads it. */
  #way(name: string): Pick<ClusterDoor, "server" | "leader" | "onLeader" | "connect"> {
    const host = this.#host();
    const { server, bus } = this.#house().backend;
    const leader = (): Leader | undefined => {
      const seat = host.leader(name);
      return seat && { ...seat, isHere: seat.server === server };
    };
    return {
      ...{ server, leader },
      connect: (to): Duplex => bus.connect(to),
      onLeader: (listener) => host.onChange(() => listener(leader())),
    };
  }

  /** Handlers of what is not there any more. */
  #letGo(): void {
    for (const [name, passing] of this.#passing) {
      if (this.#host().namespace(name) !== undefined) continue;
      this.#passing.delete(name);
      passing.close();
    }
  }
}
