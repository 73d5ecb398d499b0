/**
 * Octopus against a server: the same calls as embedded, with the functions of this program run by a worker in this process
 * over WebSocket. Nothing runs here until there is a function to run.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { Client } from "../client/client.ts";
import { connect } from "../client/mod.ts";
import type { TaskFilter } from "../engine/filters.ts";
import type { FeedEvent } from "../protocol/feed.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { Explanation, Page, StatusView, TaskDetail, TaskView } from "../protocol/views.ts";
import { Agent } from "../worker/agent.ts";
import { OWN_CODE } from "../worker/executors/all.ts";
import type { CustomExecutor } from "../worker/executors/custom-executor.ts";
import { FunctionRegistry, type RegisteredFunction } from "../worker/functions.ts";
import { beatOf, type Heart, startHeart } from "../worker/heart.ts";
import { WebSocketLink } from "../worker/link-websocket.ts";
import type { WorkerLog } from "../worker/news.ts";
import { ServerAccess } from "../worker/reach/server-access.ts";
import { filesOverHttp, workOf } from "../worker/work.ts";
import { createClientBackend } from "./client-backend.ts";
import { TypedHandle } from "./handle.ts";
import { type AnyTask, OctopusBase } from "./octopus-base.ts";

/** What a connected Octopus may be told. */
export interface ConnectOptions {
  /** Typed tasks: they are enqueued there, and those with a handler run here. */
  tasks?: readonly AnyTask[];
  /** Functions that `call` tasks may name; they run here. */
  functions?: Record<string, RegisteredFunction>;
  /** Executors for tasks with `uses`; they run here. */
  executors?: readonly CustomExecutor[];
  /** Tasks that run here at once. 0 = nothing runs here, this program only submits. Default 10. */
  slots?: number;
  /** Name of the worker in this process. Default: made of the machine's name and the process id. */
  name?: string;
  /** Access token, for a server that asks for one: of a role that may submit, and to run functions here `admin` or `worker`. */
  token?: string | undefined;
  /** SHA-256 in hex of the certificate authority that the server must have; without one, it must be one that this machine trusts. */
  fingerprint?: string | undefined;
  /** As the address `https://box:8000/ns/NAME` says it. Default: the one in the address, or `default`. */
  namespace?: string | undefined;
  /** Told of a lost connection of the worker; it comes back by itself. */
  onDown?: (reason: string) => void;
}

const SILENT: WorkerLog = { info() {}, warn() {}, error() {} };

/** The worker in this process. */
interface OwnWorker {
  agent: Agent;
  link: WebSocketLink;
  heart: Heart;
}

/** An Octopus elsewhere; `Octopus.connect` makes one. */
export class RemoteOctopus extends OctopusBase {
  /** The typed client underneath, for what has no method here. */
  readonly client: Client;
  readonly #functions: FunctionRegistry;
  readonly #options: ConnectOptions & { version: string };
  #worker: OwnWorker | undefined;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #stopped = new AbortController();

  constructor(url: string, options: ConnectOptions & { version: string }) {
    const { slots = 10, tasks = [], functions = {} } = options;
    if (!Number.isInteger(slots) || slots < 0)
      throw new OctopusError("invalid", `slots must be a whole number from 0, not ${slots}`);
    const { token, fingerprint, namespace } = options;
    const client = connect(url, { token, fingerprint, namespace });
    const registry = new FunctionRegistry();
    super(createClientBackend(client), registry);
    this.client = client;
    this.#functions = registry;
    this.#options = options;
    for (const [name, run] of Object.entries(functions)) this.register(name, run);
    this.add(...tasks);
    if ((options.executors?.length ?? 0) > 0) this.functionsChanged();
  }

  /** Accepts one task durably. Throws an `OctopusError` that names the field when it is refused. */
  async submit(task: TaskSubmission): Promise<TypedHandle<Json | undefined>> {
    const { id, existed = false } = await this.client.submit(task);
    return new TypedHandle<Json | undefined>(this.backend, id, existed);
  }

  /** Accepts many tasks and answers their ids in order; each 20,000 are accepted or refused as a whole. */
  submitMany(tasks: readonly TaskSubmission[]): Promise<string[]> {
    return this.client.submitMany(tasks);
  }

  /** The task as it is now; undefined when there is none. */
  async task(id: string): Promise<TaskDetail | undefined> {
    try {
      return await this.client.task(id);
    } catch (error) {
      if (error instanceof OctopusError && error.code === "not_found") return undefined;
      throw error;
    }
  }

  tasks(filter: TaskFilter = {}): Promise<Page<TaskView>> {
    return this.client.tasks(filter);
  }

  /** Cancels a task that has not ended. */
  cancel(id: string, reason?: string): Promise<TaskView> {
    return this.client.cancelTask(id, reason);
  }

  /** Gives an ended task another try. */
  retry(id: string, change?: { input?: Json }): Promise<TaskView> {
    return this.client.retryTask(id, change);
  }

  /** Why a task is not running. */
  explain(id: string): Promise<Explanation> {
    return this.client.explain(id);
  }

  status(): Promise<StatusView> {
    return this.client.status();
  }

  /** Calls back for each event from now on; the answer stops it. */
  subscribe(listener: (event: FeedEvent) => void): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#stopped.signal]);
    void this.#follow(listener, signal);
    return () => stop.abort();
  }

  async #follow(listener: (event: FeedEvent) => void, signal: AbortSignal): Promise<void> {
    try {
      for await (const { event } of this.client.feed(undefined, { signal })) listener(event);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  protected override functionsChanged(): void {
    if (this.#options.slots === 0 || this.#starting !== undefined || this.#stopped.signal.aborted) return;
    // Several registrations of one tick are told together.
    this.#starting = Promise.resolve()
      .then(async () => {
        if (this.#closing !== undefined) return;
        if (this.#worker === undefined) this.#worker = await this.#startWorker();
        else this.#worker.agent.tellAnew();
      })
      .catch((error: unknown) => this.#options.onDown?.(error instanceof Error ? error.message : String(error)))
      .finally(() => (this.#starting = undefined));
  }

  async #startWorker(): Promise<OwnWorker> {
    const { slots = 10, version, name = ownName(), token, fingerprint, onDown, executors } = this.#options;
    const server = new ServerAccess({ urls: [this.client.url], token, fingerprint });
    const heart = startHeart();
    const { join, ...work } = await workOf({
      ...filesOverHttp(server),
      settings: { name, slots },
      functions: this.#functions,
      custom: executors,
      hasGpus: false,
      log: SILENT,
      makers: OWN_CODE,
    });
    const agent = new Agent({
      ...{ name, slots, version },
      ...work,
      onWelcome: (welcome) => heart.beat(beatOf(server, name, welcome)),
      onRefuse: ({ reason }) => onDown?.(`the server refused this worker: ${reason}`),
    });
    join(agent);
    const link = new WebSocketLink({ server, agent, random: Math.random, onDown: (error) => onDown?.(error) });
    link.start();
    return { agent, link, heart };
  }

  /** Ends: what runs here gets `graceMs` milliseconds to finish, what is left goes back to the queue. */
  close(graceMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.release();
    await this.#starting;
    const worker = this.#worker;
    if (worker !== undefined) {
      await worker.agent.stop(graceMs);
      worker.link.stop();
      worker.heart.stop();
    }
    this.#stopped.abort();
    this.client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Names of workers begin with a letter and are one word; each process has its own. */
function ownName(): string {
  const host = hostname().replace(/[^A-Za-z0-9_.-]/g, "-");
  return `program-${host}-${process.pid}-${randomUUID().slice(0, 4)}`.slice(0, 128);
}
