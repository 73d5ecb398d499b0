/**
 * The typed client: one method per route of the API. It is the only way in which commands and screens talk to a server.
 * Every refusal and every failure to get an answer is an `OctopusError`.
 */
import { OctopusError } from "../base/errors.ts";
import { isEnded, type Json, type RunState } from "../base/words.ts";
import type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type * as views from "../protocol/views.ts";
import type { RunSubmission } from "../protocol/workflow.ts";
import { follow, pause } from "./follow.ts";
import type { FeedOptions, LogOptions, RunQuery, TaskQuery, WaitOptions } from "./options.ts";
import { errorOf, isGranted, jsonOf } from "./problem.ts";
import { type QueryValue, segment, withQuery } from "./query.ts";
import { type Accepted, SubmitQueue } from "./submit-queue.ts";
import type { Call, Reply, StreamReply, Transport } from "./transport.ts";

const BASE = "/api/v1";
const SILENCE_MS = 60_000;
/** Longest wait that is asked of the server at once. */
const POLL_MS = 30_000;
/** The server sends a sign of life every 15 s on a stream. */
const STREAM_SILENCE_MS = 45_000;
/** How long a wait goes on while the server cannot be reached. */
const AWAY_MS_MAX = 60_000;
const BULK_TASKS = 20_000;
const BULK_CHARS = 16 * 1024 * 1024;
const LOG_PAGE = 1000;

const RUN_ENDED: ReadonlySet<RunState> = new Set(["succeeded", "failed", "cancelled", "partial"]);

/** True for a state that a run does not leave by itself. */
export function isRunEnded(state: RunState): boolean {
  return RUN_ENDED.has(state);
}

export class Client {
  /** The server's address, without a slash at its end. */
  readonly url: string;
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #submissions: SubmitQueue;

  constructor(url: string, transport: Transport, signal?: AbortSignal) {
    this.url = url;
    this.#transport = transport;
    this.#signal = signal;
    this.#submissions = new SubmitQueue({
      post: (body) => this.#call({ method: "POST", path: `${BASE}/tasks`, body, isFrequent: true }),
      read: (reply) => this.#read(reply, "POST /tasks"),
    });
  }

  /** Submits a task. Calls of one tick travel as one request; each gets its own answer. */
  submit(task: TaskSubmission): Promise<Accepted> {
    return this.#submissions.submit(task);
  }

  /** Submits a task in a request of its own, and so learns its state and whether it existed. */
  submitAlone(task: TaskSubmission, signal?: AbortSignal): Promise<views.Submitted> {
    return this.#send("POST", "/tasks", task, signal);
  }

  /**
   * Submits many tasks and answers their ids in order. Each request takes up to 20,000 of them, and is accepted or
   * refused as a whole; `onProgress` hears how many have been accepted.
   */
  async submitMany(
    tasks: Iterable<TaskSubmission> | AsyncIterable<TaskSubmission>,
    options: { signal?: AbortSignal | undefined; onProgress?: ((accepted: number) => void) | undefined } = {},
  ): Promise<string[]> {
    const ids: string[] = [];
    let lines: string[] = [];
    let chars = 0;
    const flush = async (): Promise<void> => {
      if (lines.length === 0) return;
      const body = `${lines.join("\n")}\n`;
      lines = [];
      chars = 0;
      const call = {
        method: "POST",
        path: `${BASE}/tasks`,
        body,
        contentType: "application/x-ndjson",
        signal: options.signal,
      } as const;
      const answer = this.#read(await this.#call(call), "POST /tasks") as views.BulkSubmitted;
      for (const id of answer.ids) ids.push(id);
      options.onProgress?.(ids.length);
    };
    for await (const task of tasks) {
      const line = JSON.stringify(task);
      if (lines.length >= BULK_TASKS || chars + line.length > BULK_CHARS) await flush();
      lines.push(line);
      chars += line.length;
    }
    await flush();
    return ids;
  }

  tasks(query: TaskQuery = {}): Promise<views.Page<views.TaskView>> {
    return this.#get(withQuery("/tasks", query as Record<string, QueryValue>));
  }

  /** The task; with `waitMs`, once it has ended or that time has passed. */
  task(id: string, options: { waitMs?: number; signal?: AbortSignal | undefined } = {}): Promise<views.TaskDetail> {
    return this.#get(withQuery(`/tasks/${segment(id)}`, { wait: waitText(options.waitMs) }), options.signal);
  }

  /** The task once it has ended, or as it is when the time is up. Outlives a server that restarts. */
  waitTask(id: string, options: WaitOptions = {}): Promise<views.TaskDetail> {
    return this.#wait(
      (waitMs) => this.task(id, { waitMs, signal: options.signal }),
      (task) => isEnded(task.state),
      options,
    );
  }

  cancelTask(id: string, reason?: string): Promise<views.TaskView> {
    return this.#send("POST", `/tasks/${segment(id)}/cancel`, reason === undefined ? {} : { reason });
  }

  retryTask(id: string): Promise<views.TaskView> {
    return this.#send("POST", `/tasks/${segment(id)}/retry`, {});
  }

  async deleteTask(id: string): Promise<void> {
    const reply = await this.#call({ method: "DELETE", path: `${BASE}/tasks/${segment(id)}` });
    if (!isGranted(reply)) throw errorOf(reply, `DELETE /tasks/${id}`);
  }

  explain(id: string): Promise<views.Explanation> {
    return this.#get(`/tasks/${segment(id)}/explain`);
  }

  /** What a task has returned, however large. */
  result(id: string): Promise<Json> {
    return this.#get(`/tasks/${segment(id)}/result`);
  }

  /** Removes ended tasks but the newest `keep`. */
  clearEnded(keep: number): Promise<{ removed: number }> {
    return this.#send("POST", "/tasks/clear", { keep });
  }

  /** The output of a task, line by line as it was kept; with `follow`, on until the task has ended. */
  async *logs(id: string, options: LogOptions = {}): AsyncGenerator<views.LogLine> {
    const path = `/tasks/${segment(id)}/logs`;
    if (options.follow === true) {
      const from = withQuery(`${path}/stream`, { attempt: options.attempt, after: options.after });
      const isLast = ({ event }: { event: string }): boolean => event === "end";
      for await (const event of this.#follow(from, { ...options, isLast }))
        yield JSON.parse(event.data) as views.LogLine;
      return;
    }
    for (let after = options.after; ;) {
      const values = { attempt: options.attempt, after, limit: LOG_PAGE };
      const { items } = await this.#get<{ items: views.LogLine[] }>(withQuery(path, values), options.signal);
      yield* items;
      if (items.length < LOG_PAGE) return;
      after = items.at(-1)!.n;
    }
  }

  submitRun(run: RunSubmission): Promise<{ id: string }> {
    return this.#send("POST", "/runs", run);
  }

  runs(query: RunQuery = {}): Promise<views.Page<views.RunView>> {
    return this.#get(withQuery("/runs", query as Record<string, QueryValue>));
  }

  run(id: string, options: { waitMs?: number; signal?: AbortSignal | undefined } = {}): Promise<views.RunDetail> {
    return this.#get(withQuery(`/runs/${segment(id)}`, { wait: waitText(options.waitMs) }), options.signal);
  }

  /** The run once it has ended, or as it is when the time is up. Outlives a server that restarts. */
  waitRun(id: string, options: WaitOptions = {}): Promise<views.RunDetail> {
    return this.#wait(
      (waitMs) => this.run(id, { waitMs, signal: options.signal }),
      (run) => isRunEnded(run.state),
      options,
    );
  }

  cancelRun(id: string, reason?: string): Promise<views.RunView> {
    return this.#send("POST", `/runs/${segment(id)}/cancel`, reason === undefined ? {} : { reason });
  }

  async arms(): Promise<views.ArmView[]> {
    return itemsOf(await this.#get<views.ArmView[] | { items: views.ArmView[] }>("/arms"));
  }

  configureArm(name: string, change: { enabled?: boolean; maxParallel?: number | null }): Promise<views.ArmView> {
    return this.#send("PUT", `/arms/${segment(name)}`, change);
  }

  async workers(): Promise<views.WorkerView[]> {
    return itemsOf(await this.#get<views.WorkerView[] | { items: views.WorkerView[] }>("/workers"));
  }

  status(signal?: AbortSignal): Promise<views.StatusView> {
    return this.#get("/status", signal);
  }

  /** Writes a copy of the database to a path on the server's machine. */
  backup(path: string): Promise<{ path: string; bytes: number }> {
    return this.#send("POST", "/backup", { path });
  }

  /** What happens from now on, or after the entry `lastId`; comes back by itself after a lost connection. */
  async *feed(lastId?: string, options: FeedOptions = {}): AsyncGenerator<FeedEntry> {
    const path = withQuery("/feed", { run: options.run, type: options.type });
    for await (const { id, data } of this.#follow(path, { ...options, lastId })) {
      yield { id: id ?? "", event: JSON.parse(data) as FeedEvent };
    }
  }

  /** The server's version; also tells Octopus from anything else that answers at this address. */
  async version(signal?: AbortSignal): Promise<{ version: string }> {
    const reply = await this.#call({ method: "GET", path: "/version", signal, silenceMs: 5000 });
    return this.#read(reply, "GET /version") as { version: string };
  }

  /** Whether the server takes work; false with the reason while it starts, stops or has failed. */
  async ready(signal?: AbortSignal): Promise<{ ready: boolean; reason?: string }> {
    const reply = await this.#call({ method: "GET", path: "/readyz", signal, silenceMs: 5000 });
    if (isGranted(reply)) return { ready: true };
    return { ready: false, reason: errorOf(reply, "GET /readyz").message };
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#transport.close();
  }

  async #get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#read(await this.#call({ method: "GET", path: BASE + path, signal }), `GET ${path}`) as T;
  }

  async #send<T>(method: "POST" | "PUT", path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const reply = await this.#call({ method, path: BASE + path, body: JSON.stringify(body), signal });
    return this.#read(reply, `${method} ${path}`) as T;
  }

  #call(call: Omit<Call, "silenceMs"> & { silenceMs?: number }): Promise<Reply> {
    const signal = this.#signalWith(call.signal);
    return this.#transport.call({ silenceMs: SILENCE_MS, ...call, signal });
  }

  #read(reply: Reply, what: string): unknown {
    if (!isGranted(reply)) throw errorOf(reply, what);
    return jsonOf(reply, this.url);
  }

  #follow(path: string, options: Omit<Parameters<typeof follow>[0], "open" | "refusal">): ReturnType<typeof follow> {
    return follow({
      ...options,
      signal: this.#signalWith(options.signal),
      open: (lastId, signal) => {
        const headers: Record<string, string> = { accept: "text/event-stream" };
        if (lastId !== undefined) headers["last-event-id"] = lastId;
        return this.#transport.stream({
          method: "GET",
          path: BASE + path,
          headers,
          signal,
          silenceMs: STREAM_SILENCE_MS,
        });
      },
      refusal: async (reply) => errorOf({ ...reply, body: await textOf(reply) }, `GET ${path}`),
    });
  }

  #signalWith(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (this.#signal === undefined || signal === undefined) return signal ?? this.#signal;
    return AbortSignal.any([this.#signal, signal]);
  }

  async #wait<T>(ask: (waitMs: number) => Promise<T>, isOver: (view: T) => boolean, options: WaitOptions): Promise<T> {
    const deadline = options.timeoutMs === undefined ? Infinity : performance.now() + options.timeoutMs;
    let lastAnswer = -Infinity;
    let view: T | undefined;
    for (;;) {
      const left = deadline - performance.now();
      try {
        view = await ask(Math.max(0, Math.min(POLL_MS, Math.ceil(left))));
        if (isOver(view) || performance.now() >= deadline) return view;
        lastAnswer = performance.now();
      } catch (error) {
        const away = performance.now() - lastAnswer;
        if (!(error instanceof OctopusError) || !error.retryable || away > AWAY_MS_MAX) throw error;
        if (left <= 0 && view !== undefined) return view;
        await pause(200, options.signal);
      }
    }
  }
}

function itemsOf<T>(answer: T[] | { items: T[] }): T[] {
  return Array.isArray(answer) ? answer : answer.items;
}

function waitText(ms: number | undefined): string | undefined {
  return ms === undefined || ms <= 0 ? undefined : `${ms}ms`;
}

async function textOf(reply: StreamReply): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of reply.chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}
