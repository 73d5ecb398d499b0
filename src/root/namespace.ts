/**
 * A namespace as this process serves it: an engine on tables of its own, and HTTP in front of it. What its log is kept in
 * decides how the rest is opened: `alone/namespace.ts` and `cluster/namespace.ts` do so, and share what stands here.
 */
import { resolve } from "node:path";
import { backUpAll, type Copyable } from "./backups.ts";
import { compilersFor } from "./compilers.ts";
import type { Config } from "../config/schema.ts";
import { dashboardFolder } from "./dashboard-folder.ts";
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../engine/ports.ts";
import { namespaceDir } from "./namespace-folders.ts";
import { DEFAULT_NAMESPACE } from "../protocol/namespace-name.ts";
import type { Access, FirstTokens, Identity, Meeting } from "./server-access.ts";
import {
  createServer,
  type HttpServer,
  type MainServer,
  type NamespaceDoor,
  type ServerOptions,
} from "../server/mod.ts";
import type { Store } from "../store/store.ts";
import { ownVersion } from "./version.ts";

/** What the one server of this process is to each of its namespaces. */
export interface House {
  /** All settings. */
  config: Config;
  log: Log;
  /** What is told of them to admins of `default`. */
  settings?: ServerOptions["settings"] | undefined;
  /** Called when it is about to take part in a cluster: what holds this process up delays nobody yet. */
  beforeJoining?: (() => void) | undefined;
}

/** How a server is started. */
export interface StartOptions extends Pick<House, "settings" | "beforeJoining"> {
  /** A start that is given up ends what it has begun, and rejects. */
  signal?: AbortSignal;
}

/** The same, once it is known how its namespaces are kept. */
export interface OpenHouse extends House {
  identity: Identity;
  namespaces: NamespaceDoor;
  /** That of `default`. */
  main(): MainServer;
  /** What a backup of `default` takes along, and what it cannot. */
  beside(): { others: Copyable[]; missing: string[] };
}

export interface Namespace {
  readonly name: string;
  readonly engine: Engine;
  readonly http: HttpServer;
  readonly store: Pick<Store, "backup">;
  /** Tokens are asked for. */
  readonly isClosed: boolean;
  /** Nobody had used its directory before. */
  readonly fresh: boolean;
  /** It can be reached: workers of its pools may come. */
  meets(meeting: Meeting): void;
  close(): Promise<void>;
}

/** Where the server is reached; the nearest of its addresses first. */
export interface Reached extends Meeting {
  /** From other machines. */
  outside: string;
}

/** How the namespaces of this process are kept: on databases of their own, or as replicas of a cluster's. */
export interface Hosting {
  readonly identity: Identity;
  /** `default`. */
  readonly main: Namespace;
  /** The server listens: opens what is left. Tokens are those that were made because there were none. */
  begin(reached: Reached): Promise<FirstTokens | undefined>;
  close(): Promise<void>;
}

/** What a namespace's HTTP is made of. */
export interface Served extends Pick<ServerOptions, "plugins" | "triggers" | "cluster"> {
  name: string;
  engine: Engine;
  access: Access;
  store: Pick<Store, "backup" | "sizes">;
}

/** A server that does not listen yet, or never does: what is asked of a namespace comes by that of `default`. */
export function createHttp(house: OpenHouse, { name, store, access, engine, ...served }: Served): HttpServer {
  const { config, log, settings, identity, namespaces, main } = house;
  const backup = (path: string): ReturnType<typeof backUpAll> => {
    const { others, missing } = name === DEFAULT_NAMESPACE ? house.beside() : { others: [], missing: [] };
    return backUpAll(resolve(path), store, others, missing);
  };
  const place = name === DEFAULT_NAMESPACE ? { settings, namespaces } : { namespace: { name, main: main() } };
  return createServer({
    ...served,
    ...place,
    ...{ engine, log, tls: identity.tls, access: access.options },
    version: ownVersion(),
    limits: { bodyBytes: config.limits.body, taskBytes: config.limits.task, artifactBytes: config.limits.artifact },
    ...compilersFor(engine),
    dashboard: dashboardFolder(),
    backup,
    sizes: () => store.sizes(),
  });
}

/** The settings as they are for one namespace. */
export function configOf(config: Config, name: string): Config {
  if (name === DEFAULT_NAMESPACE) return config;
  const { namespaces, ...top } = config;
  const unsaid = { ...top, arms: {}, pools: {}, adapters: {}, triggers: {}, plugins: { ...top.plugins, dir: null } };
  const { arms, pools, adapters, triggers, plugins, placement, tasks, schedules, callbacks, policy, logs, data } =
    namespaces[name] ?? unsaid;
  const dir = namespaceDir(top.data.dir, name);
  return {
    ...top,
    ...{ arms, pools, adapters, triggers, plugins, placement, tasks, schedules, callbacks, policy, logs },
    ...{ data: { ...data, dir }, namespaces: {} },
  };
}
