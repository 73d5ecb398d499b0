/** What the commands need of the composition root, which is loaded only by commands that start something. */
import type { Entry } from "../config/entries.ts";
import type { Config } from "../config/schema.ts";
import type { TaskState } from "../base/words.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import type { Explanation, LogLine, Page, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type { RunAccepted, RunSubmission } from "../protocol/workflow.ts";

/** Something that has started and stays until it is stopped. */
export interface Running {
  /** Where the server answers; absent for a worker alone. */
  url?: string;
  /** Of the certificate authority of a server that speaks TLS. */
  fingerprint?: string;
  /** Where others reach the server. */
  urls?: readonly string[];
  /** At the first start of a server that asks for tokens: the only time that they are shown. */
  first?: { admin: string; join: string };
  /** Stops with the graces that the settings give. */
  stop(): Promise<void>;
  /** Resolves when it has stopped, for whatever reason; rejects when it cannot go on. */
  done: Promise<void>;
}

/** An engine with a worker in this process. */
export interface LocalOctopus {
  submitRun(run: RunSubmission): Promise<RunAccepted>;
  run(id: string): RunDetail | undefined;
  runs(filter: { parent?: string; limit?: number }): Page<RunView>;
  tasks(filter: { run?: string; inside?: string; state?: TaskState[]; limit?: number }): Page<TaskView>;
  explain(id: string): Explanation | undefined;
  cancelRun(id: string, reason?: string): Promise<unknown>;
  logs(id: string, options: { after?: number; limit?: number }): LogLine[] | undefined;
  /** Calls back with what has happened, until stopped. */
  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void;
  backup(path: string): Promise<{ path: string; bytes: number; namespaces?: string[]; missing?: string[] }>;
  close(): Promise<void>;
}

/** What was moved into a cluster, or out of one. */
export interface Moved {
  cluster: string;
  record: number;
  files: number;
  /** Beside `default`. */
  namespaces: string[];
  /** Servers that run take it by themselves. */
  live?: boolean;
}

/** How a server is started. */
interface StartOptions {
  /** What is told of them to admins. */
  settings?: () => Entry[];
  /** A start that is given up ends what it has begun, and rejects. */
  signal?: AbortSignal;
  /** Called when it is about to take part in a cluster: what holds this process up delays nobody yet. */
  beforeJoining?: () => void;
}

export interface NodePort {
  startUp(config: Config, options: StartOptions & { demo: boolean }): Promise<Running>;
  startServer(config: Config, options?: StartOptions): Promise<Running>;
  openOctopus(options: { config: Config }): Promise<LocalOctopus>;
  /** Moves the data directory into the cluster of the settings, or out of it; no server may run. */
  migrate(config: Config, to: "cluster" | "embedded"): Promise<Moved>;
  /** `namespace`: that one alone. */
  restoreCluster(config: Config, backup: string, namespace?: string): Promise<Moved>;
  /** Of which cluster the data there is a replica, and how far it has come; undefined: of none. */
  clusterOf(dir: string): Promise<{ cluster: string; shard: string; record: number } | undefined>;
  /** Problems of the database in this folder, read without changing it; none = sound. Absent database: undefined. */
  checkData(dir: string): Promise<string[] | undefined>;
}

/**
 * The composition root, each part of it when it is called: a server holds for as long as it runs what was loaded for its start,
 * and needs neither the worker nor the doors for programs.
 */
export function loadNode(): NodePort {
  const node = () => import("../root/node.ts");
  return {
    startUp: async (...given) => (await node()).startUp(...given),
    startServer: async (...given) => (await import("../root/server.ts")).startServer(...given),
    openOctopus: async (...given) => (await import("../root/embedded.ts")).openOctopus(...given),
    migrate: async (...given) => (await node()).migrate(...given),
    restoreCluster: async (...given) => (await node()).restoreCluster(...given),
    clusterOf: async (...given) => (await node()).clusterOf(...given),
    checkData: async (...given) => (await node()).checkData(...given),
  };
}
