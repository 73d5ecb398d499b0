/**
 * The typed client: one method per route of the API, named as in the engine. It is the only way in which commands and
 * screens talk to a server. Every refusal and every failure to get an answer is an `OctopusError`. Here are tasks and the
 * feed; runs, arms, schedules and bulk actions are in the classes that this one extends.
 */
import { isEnded, type Json } from "../base/words.ts";
import type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
import type { ServerView } from "../protocol/server-view.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type * as views from "../protocol/views.ts";
import { BASE } from "./calls.ts";
import type { FeedOptions, LogOptions, TaskQuery, WaitOptions } from "./options.ts";
import { errorOf, isGranted } from "./problem.ts";
import { type QueryValue, segment, waitText, withQuery } from "./query.ts";
import { LogCalls } from "./log-calls.ts";
import { type Accepted, SubmitQueue } from "./submit-queue.ts";
import type { Transport } from "./transport.ts";

const BULK_TASKS = 20_000;
const BULK_CHARS = 16 * 1024 * 1024;
const LOG_PAGE = 1000;

export class Client extends LogCalls {
  readonly #submissions: SubmitQueue;

  constructor(url: string, transport: Transport, signal?: AbortSignal) {
    super(url, transport, signal);
    this.#submissions = new SubmitQueue({
      post: (body, isRepeatable) =>
        this.call({ method: "POST", path: `${BASE}/tasks`, body, isFrequent: true, isRepeatable }),
      read: (reply) => this.read(reply, "POST /tasks"),
    });
  }

  /** Submits a task. Calls of one tick travel as one request; each gets its own answer. */
  submit(task: TaskSubmission): Promise<Accepted> {
    return this.#submissions.submit(task);
  }

  /** Submits a task in a request of its own, and so learns its state and whether it existed. */
  async submitAlone(task: TaskSubmission, signal?: AbortSignal): Promise<views.Submitted> {
    const call = { method: "POST", path: `${BASE}/tasks`, body: JSON.stringify(task), signal } as const;
    const reply = await this.call({ ...call, isRepeatable: task.id !== undefined });
    return this.read(reply, "POST /tasks") as views.Submitted;
  }

  /**
   * Submits many tasks and answers their ids in order. Each request takes up to 20,000 of them and is looked over as a
   * whole before any is accepted. Where somebody else takes an id or closes an arm in just that moment, of more than 512 some
   * may be accepted and others not: the error names them. `onProgress` hears how many have been accepted.
   */
  async submitMany(
    tasks: Iterable<TaskSubmission> | AsyncIterable<TaskSubmission>,
    options: { signal?: AbortSignal | undefined; onProgress?: ((accepted: number) => void) | undefined } = {},
  ): Promise<string[]> {
    const ids: string[] = [];
    let lines: string[] = [];
    let chars = 0;
    let isRepeatable = true;
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
        isRepeatable,
      } as const;
      isRepeatable = true;
      const answer = this.read(await this.call(call), "POST /tasks") as views.BulkSubmitted;
      for (const id of answer.ids) ids.push(id);
      options.onProgress?.(ids.length);
    };
    for await (const task of tasks) {
      const line = JSON.stringify(task);
      if (lines.length >= BULK_TASKS || chars + line.length > BULK_CHARS) await flush();
      lines.push(line);
      isRepeatable &&= task.id !== undefined;
      chars += line.length;
    }
    await flush();
    return ids;
  }

  tasks(query: TaskQuery = {}): Promise<views.Page<views.TaskView>> {
    return this.get(withQuery("/tasks", query as Record<string, QueryValue>));
  }

  /** The task; with `waitMs`, once it has ended or that time has passed. */
  task(id: string, options: { waitMs?: number; signal?: AbortSignal | undefined } = {}): Promise<views.TaskDetail> {
    return this.get(withQuery(`/tasks/${segment(id)}`, { wait: waitText(options.waitMs) }), options.signal);
  }

  /** The task once it has ended, or as it is when the time is up. Outlives a server that restarts. */
  waitTask(id: string, options: WaitOptions = {}): Promise<views.TaskDetail> {
    return this.wait(
      (waitMs) => this.task(id, { waitMs, signal: options.signal }),
      (task) => isEnded(task.state),
      options,
    );
  }

  cancelTask(id: string, reason?: string): Promise<views.TaskView> {
    return this.send("POST", `/tasks/${segment(id)}/cancel`, reason === undefined ? {} : { reason });
  }

  /** Tries an ended task again; `input` takes the place of a function's input, a body, or a command's variables. */
  retryTask(id: string, change: { input?: Json } = {}): Promise<views.TaskView> {
    return this.send("POST", `/tasks/${segment(id)}/retry`, change);
  }

  /** Puts a dead letter aside: it stays in the history and leaves the list. */
  dismissTask(id: string): Promise<views.TaskView> {
    return this.send("POST", `/tasks/${segment(id)}/dismiss`, {});
  }

  /** Gives a live task another arm or priority, or a waiting one another time: a moment, or null for now. */
  moveTask(
    id: string,
    change: { arm?: string; priority?: number; dueAt?: string | number | null },
  ): Promise<views.TaskView> {
    return this.send("PATCH", `/tasks/${segment(id)}`, change);
  }

  /** Replaces what a task does that has not started; it keeps its id. What is left out has its default. */
  replaceTask(id: string, task: TaskSubmission): Promise<views.TaskView> {
    return this.send("PUT", `/tasks/${segment(id)}`, task);
  }

  deleteTask(id: string): Promise<void> {
    return this.remove(`/tasks/${segment(id)}`);
  }

  explain(id: string): Promise<views.Explanation> {
    return this.get(`/tasks/${segment(id)}/explain`);
  }

  /** What a task has returned, however large. */
  result(id: string): Promise<Json> {
    return this.get(`/tasks/${segment(id)}/result`);
  }

  /** Removes ended tasks but the newest `keep`. */
  clearEnded(keep: number): Promise<{ removed: number }> {
    return this.send("POST", "/tasks/clear", { keep });
  }

  /** The output of a task, line by line as it was kept; with `follow`, on until the task has ended. */
  async *logs(id: string, options: LogOptions = {}): AsyncGenerator<views.LogLine> {
    const path = `/tasks/${segment(id)}/logs`;
    if (options.follow === true) {
      const from = withQuery(`${path}/stream`, { attempt: options.attempt, after: options.after });
      const isLast = ({ event }: { event: string }): boolean => event === "end";
      for await (const event of this.follow(from, { ...options, isLast }))
        yield JSON.parse(event.data) as views.LogLine;
      return;
    }
    for (let after = options.after; ;) {
      const values = { attempt: options.attempt, after, limit: LOG_PAGE };
      const { items } = await this.get<{ items: views.LogLine[] }>(withQuery(path, values), options.signal);
      yield* items;
      if (items.length < LOG_PAGE) return;
      after = items.at(-1)!.n;
    }
  }

  status(signal?: AbortSignal): Promise<views.StatusView> {
    return this.get("/status", signal);
  }

  /** What the server is, where it is reached, what it takes of its machine. */
  server(signal?: AbortSignal): Promise<ServerView> {
    return this.get("/server", signal);
  }

  /** Writes a copy of the database to a path on the server's machine. */
  backup(path: string): Promise<{ path: string; bytes: number; namespaces?: string[]; missing?: string[] }> {
    return this.send("POST", "/backup", { path });
  }

  /** What happens from now on, or after the entry `lastId`; comes back by itself after a lost connection. */
  async *feed(lastId?: string, options: FeedOptions = {}): AsyncGenerator<FeedEntry> {
    const { signal, onConnection, ...filter } = options;
    const path = withQuery("/feed", filter);
    for await (const { id, data } of this.follow(path, { signal, onConnection, lastId })) {
      yield { id: id ?? "", event: JSON.parse(data) as FeedEvent };
    }
  }

  /** The server's version; also tells Octopus from anything else that answers at this address. */
  async version(signal?: AbortSignal): Promise<{ version: string }> {
    const reply = await this.call({ method: "GET", path: "/version", signal, silenceMs: 5000 });
    return this.read(reply, "GET /version") as { version: string };
  }

  /** Whether the server takes work; false with the reason while it starts, stops or has failed. */
  async ready(signal?: AbortSignal): Promise<{ ready: boolean; reason?: string }> {
    const reply = await this.call({ method: "GET", path: "/readyz", signal, silenceMs: 5000 });
    if (isGranted(reply)) return { ready: true };
    return { ready: false, reason: errorOf(reply, "GET /readyz").message };
  }
}
