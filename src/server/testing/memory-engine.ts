/**
 * An engine for the server's own tests: tasks in a map, ended when the test says so. It keeps the contract of
 * `engine/api.ts` as far as the server can see it, and decides nothing.
 */
import { OctopusError } from "../../base/errors.ts";
import { isEnded, type Json, type TaskState } from "../../base/words.ts";
import type { EngineApi, RunFilter, RunSpec, TaskFilter, WorkerPort, WorkerSession } from "../../engine/api.ts";
import type { FeedEntry, FeedEvent } from "../../protocol/feed.ts";
import type { FromWorker } from "../../protocol/link.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type * as views from "../../protocol/views.ts";

const NOW = "2026-11-21T08:00:00.000Z";

/** What a test sees of one worker's session. */
export interface SeenSession {
  port: WorkerPort;
  received: FromWorker[];
  closed: number;
}

type LogOptions = { attempt?: number; after?: number; limit?: number };

export function createMemoryEngine(): MemoryEngine {
  return new MemoryEngine();
}

export class MemoryEngine implements EngineApi {
  readonly taskMap = new Map<string, views.TaskDetail>();
  readonly sessions: SeenSession[] = [];
  readonly armChanges: object[] = [];
  readonly submittedRuns: RunSpec[] = [];
  isReady = true;
  /** Thrown by the next submit. */
  failure: Error | undefined;

  readonly #logs = new Map<string, views.LogLine[]>();
  readonly #results = new Map<string, string>();
  readonly #runs = new Map<string, views.RunDetail>();
  readonly #entries: FeedEntry[] = [];
  readonly #feedListeners = new Set<(entries: FeedEntry[]) => void>();
  readonly #logListeners = new Set<() => void>();
  readonly #waits = new Set<() => void>();

  /** Number of listeners that are subscribed to anything now. */
  listeners(): number {
    return this.#feedListeners.size + this.#logListeners.size + this.#waits.size;
  }

  print(id: string, attempt: number, text: string | Buffer): void {
    const lines = this.#logs.get(id) ?? [];
    const n = lines.filter((line) => line.attempt === attempt).length + 1;
    const content = typeof text === "string" ? { text } : { base64: text.toString("base64") };
    this.#logs.set(id, [...lines, { n, attempt, stream: "stdout", at: NOW, ...content }]);
    const task = this.#mustFind(id);
    task.attempt = Math.max(attempt, task.attempt);
    for (const listener of [...this.#logListeners]) listener();
  }

  end(id: string, state: TaskState, result?: string): void {
    this.#mustFind(id).state = state;
    if (result !== undefined) this.#results.set(id, result);
    this.#changed();
  }

  emit(event: FeedEvent): void {
    const entry = { id: `b1-${this.#entries.length + 1}`, event };
    this.#entries.push(entry);
    for (const listener of [...this.#feedListeners]) listener([entry]);
  }

  async submit(specs: TaskSpec[]): Promise<views.Submitted[]> {
    if (this.failure !== undefined) throw this.failure;
    return specs.map((spec) => {
      const existing = spec.id === undefined ? undefined : this.taskMap.get(spec.id);
      if (existing !== undefined) return { id: existing.id, state: existing.state, existed: true };
      const { id, state } = this.#add(spec);
      return { id, state };
    });
  }

  async submitRun(run: RunSpec): Promise<{ id: string }> {
    this.submittedRuns.push(run);
    const id = `r${this.#runs.size + 1}`;
    const { workflow } = run;
    this.#runs.set(id, { id, workflow, state: "running", createdAt: NOW, counts: { queued: 1 }, tasks: [] });
    return { id };
  }

  async cancelTask(id: string, reason?: string): Promise<views.TaskView> {
    const task = this.#mustFind(id);
    if (isEnded(task.state)) throw new OctopusError("conflict", `the task ${id} is ${task.state}`);
    task.state = "cancelled";
    if (reason !== undefined) task.reason = reason;
    this.#changed();
    return task;
  }

  async cancelRun(id: string): Promise<views.RunView> {
    const run = this.#runs.get(id);
    if (run === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
    run.state = "cancelled";
    this.#changed();
    return run;
  }

  async retryTask(id: string): Promise<views.TaskView> {
    return Object.assign(this.#mustFind(id), { state: "queued" as const });
  }

  async deleteTask(id: string): Promise<void> {
    this.taskMap.delete(this.#mustFind(id).id);
  }

  async clearEnded(keep: number): Promise<number> {
    return Math.max(0, this.taskMap.size - keep);
  }

  async configureArm(name: string, change: { enabled?: boolean; maxParallel?: number | null }): Promise<views.ArmView> {
    this.armChanges.push(change);
    return { name, enabled: change.enabled ?? true, active: 0, queued: 0, processed: 0, failed: 0 };
  }

  task(id: string): views.TaskDetail | undefined {
    return this.taskMap.get(id);
  }

  tasks({ state, limit }: TaskFilter): views.Page<views.TaskView> {
    const found = [...this.taskMap.values()].filter((task) => state === undefined || state.includes(task.state));
    return { items: found.slice(0, limit ?? 100) };
  }

  run(id: string): views.RunDetail | undefined {
    return this.#runs.get(id);
  }

  runs(_filter: RunFilter): views.Page<views.RunView> {
    return { items: [...this.#runs.values()] };
  }

  arms(): views.ArmView[] {
    return [];
  }

  workers(): views.WorkerView[] {
    return [];
  }

  status(): views.StatusView {
    const counts = { queued: this.taskMap.size };
    const sizes = { rssBytes: 0, databaseBytes: 0 };
    return {
      version: "0",
      state: "ready",
      startedAt: NOW,
      dataDir: "",
      counts,
      runs: {},
      arms: [],
      workers: [],
      ...sizes,
    };
  }

  explain(id: string): views.Explanation | undefined {
    const task = this.taskMap.get(id);
    return task && { id, state: task.state, summary: "nothing is known", reasons: [] };
  }

  logs(id: string, { attempt, after = 0, limit = 1000 }: LogOptions): views.LogLine[] | undefined {
    const task = this.taskMap.get(id);
    const wanted = attempt ?? task?.attempt;
    const lines = (this.#logs.get(id) ?? []).filter((line) => line.attempt === wanted && line.n > after);
    return task && lines.slice(0, limit);
  }

  resultText(id: string): string | undefined {
    return this.#results.get(id);
  }

  waitTask(id: string, waitMs: number, signal?: AbortSignal): Promise<views.TaskDetail | undefined> {
    const done = (task?: views.TaskDetail): boolean => task === undefined || isEnded(task.state);
    return this.#wait(() => this.task(id), done, waitMs, signal);
  }

  waitRun(id: string, waitMs: number, signal?: AbortSignal): Promise<views.RunDetail | undefined> {
    const done = (run?: views.RunDetail): boolean => run === undefined || run.state === "cancelled";
    return this.#wait(() => this.run(id), done, waitMs, signal);
  }

  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void {
    const seen = this.#entries.findIndex((entry) => entry.id === lastId);
    const held = lastId === undefined ? [] : this.#entries.slice(seen + 1);
    if (held.length > 0) listener(held);
    this.#feedListeners.add(listener);
    return () => void this.#feedListeners.delete(listener);
  }

  watchLogs(_id: string, listener: () => void): () => void {
    this.#logListeners.add(listener);
    return () => void this.#logListeners.delete(listener);
  }

  beat(): boolean {
    return false;
  }

  connectWorker(port: WorkerPort): WorkerSession {
    const seen: SeenSession = { port, received: [], closed: 0 };
    this.sessions.push(seen);
    const receive = (messages: FromWorker[]): void => void seen.received.push(...messages);
    return { receive, closed: () => void seen.closed++ };
  }

  ready(): boolean {
    return this.isReady;
  }

  #changed(): void {
    for (const check of [...this.#waits]) check();
  }

  #mustFind(id: string): views.TaskDetail {
    const task = this.taskMap.get(id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
    return task;
  }

  #add({
    id = `t${this.taskMap.size + 1}`,
    type,
    kind,
    work,
    arm = "default",
    priority = 5,
    tags = [],
  }: TaskSpec): views.TaskDetail {
    const state = { state: "queued", attempt: 0 } as const;
    const json = work as unknown as Json;
    const task = { id, type, kind, arm, priority, tags, needs: [], createdAt: NOW, work: json, ...state, attempts: [] };
    this.taskMap.set(id, task);
    return task;
  }

  #wait<T>(look: () => T, done: (value: T) => boolean, waitMs: number, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waits.delete(check);
        signal?.removeEventListener("abort", finish);
        resolve(look());
      };
      const check = (): void => void (done(look()) && finish());
      const timer = setTimeout(finish, waitMs);
      this.#waits.add(check);
      signal?.addEventListener("abort", finish);
      check();
    });
  }
}
