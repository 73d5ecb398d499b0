/** What the commands need of the composition root, `node.ts`, which is loaded only by commands that start something. */
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
  backup(path: string): Promise<{ path: string; bytes: number }>;
  close(): Promise<void>;
}

export interface NodePort {
  startUp(config: Config, options: { demo: boolean }): Promise<Running>;
  startServer(config: Config): Promise<Running>;
  openOctopus(options: { config: Config }): Promise<LocalOctopus>;
  /** Problems of the database in this folder, read without changing it; none = sound. Absent database: undefined. */
  checkData(dir: string): string[] | undefined;
}

/** Loads the composition root, and with it every adapter: 0.1 s that other commands need not spend. */
export async function loadNode(): Promise<NodePort> {
  return import("../node.ts");
}
