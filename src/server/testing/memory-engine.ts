/**
 * An engine for the server's own tests: tasks in a map, ended when the test says so. It keeps the contract of
 * `engine/api.ts` as far as the server can see it, and decides nothing.
 */
import { OctopusError } from "../../base/errors.ts";
import { isEnded, type TaskState } from "../../base/words.ts";
import type { EngineApi, RunSpec, WorkerPort, WorkerSession } from "../../engine/api.ts";
import type { FeedEntry, FeedEvent } from "../../protocol/feed.ts";
import type { FromWorker } from "../../protocol/link.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { LogLine, RunDetail, TaskDetail } from "../../protocol/views.ts";

const NOW = "2026-11-21T08:00:00.000Z";

/** What a test sees of one worker's session. */
export interface SeenSession {
  port: WorkerPort;
  received: FromWorker[];
  closed: number;
}

export interface MemoryEngine extends EngineApi {
  readonly taskMap: Map<string, TaskDetail>;
  readonly sessions: SeenSession[];
  readonly armChanges: object[];
  readonly submittedRuns: RunSpec[];
  isReady: boolean;
  /** Thrown by the next submit. */
  failure: Error | undefined;
  /** Number of listeners that are subscribed to anything now. */
  listeners(): number;
  print(id: string, attempt: number, text: string | Buffer): void;
  end(id: string, state: TaskState, result?: string): void;
  emit(event: FeedEvent): void;
}

export function createMemoryEngine(): MemoryEngine {
  const taskMap = new Map<string, TaskDetail>();
  const logs = new Map<string, LogLine[]>();
  const results = new Map<string, string>();
  const runs = new Map<string, RunDetail>();
  const entries: FeedEntry[] = [];
  const feedListeners = new Set<(entries: FeedEntry[]) => void>();
  const logListeners = new Set<() => void>();
  const changed = new Set<() => void>();

  const notify = (): void => [...changed].forEach((callback) => callback());
  const mustFind = (id: string): TaskDetail => {
    const task = taskMap.get(id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
    return task;
  };
  const wait = <T>(look: () => T, done: (value: T) => boolean, waitMs: number, signal?: AbortSignal): Promise<T> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        changed.delete(check);
        signal?.removeEventListener("abort", finish);
        resolve(look());
      };
      const check = (): void => void (done(look()) && finish());
      const timer = setTimeout(finish, waitMs);
      changed.add(check);
      signal?.addEventListener("abort", finish);
      check();
    });
  const add = (spec: TaskSpec): TaskDetail => {
    const id = spec.id ?? `t${taskMap.size + 1}`;
    const { type, kind, work } = spec;
    const task: TaskDetail = {
      id,
      type,
      kind,
      arm: spec.arm ?? "default",
      priority: spec.priority ?? 5,
      state: "queued",
      attempt: 0,
      tags: spec.tags ?? [],
      needs: [],
      createdAt: NOW,
      work: work as never,
      attempts: [],
    };
    taskMap.set(id, task);
    return task;
  };

  const engine: MemoryEngine = {
    taskMap,
    sessions: [],
    armChanges: [],
    submittedRuns: [],
    isReady: true,
    failure: undefined,
    listeners: () => feedListeners.size + logListeners.size + changed.size,
    print(id, attempt, text) {
      const lines = logs.get(id) ?? [];
      const n = lines.filter((line) => line.attempt === attempt).length + 1;
      lines.push({
        n,
        attempt,
        stream: "stdout",
        at: NOW,
        ...(typeof text === "string" ? { text } : { base64: text.toString("base64") }),
      });
      logs.set(id, lines);
      mustFind(id).attempt = Math.max(attempt, mustFind(id).attempt);
      [...logListeners].forEach((listener) => listener());
    },
    end(id, state, result) {
      mustFind(id).state = state;
      if (result !== undefined) results.set(id, result);
      notify();
    },
    emit(event) {
      const entry = { id: `b1-${entries.length + 1}`, event };
      entries.push(entry);
      [...feedListeners].forEach((listener) => listener([entry]));
    },
    submit: async (specs) => {
      if (engine.failure !== undefined) throw engine.failure;
      return specs.map((spec) => {
        const existing = spec.id === undefined ? undefined : taskMap.get(spec.id);
        if (existing !== undefined) return { id: existing.id, state: existing.state, existed: true };
        const { id, state } = add(spec);
        return { id, state };
      });
    },
    submitRun: async (run) => {
      engine.submittedRuns.push(run);
      const id = `r${runs.size + 1}`;
      runs.set(id, { id, workflow: run.workflow, state: "running", createdAt: NOW, counts: { queued: 1 }, tasks: [] });
      return { id };
    },
    cancelTask: async (id, reason) => {
      const task = mustFind(id);
      if (isEnded(task.state))
        throw new OctopusError(
          "conflict",
          `the task ${id} is ${task.state}: only a task that has not ended can be cancelled`,
        );
      task.state = "cancelled";
      if (reason !== undefined) task.reason = reason;
      notify();
      return task;
    },
    cancelRun: async (id) => {
      const run = runs.get(id);
      if (run === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
      run.state = "cancelled";
      notify();
      return run;
    },
    retryTask: async (id) => Object.assign(mustFind(id), { state: "queued" as const }),
    deleteTask: async (id) => void taskMap.delete(mustFind(id).id),
    clearEnded: async (keep) => Math.max(0, taskMap.size - keep),
    configureArm: async (name, change) => {
      engine.armChanges.push(change);
      return { name, enabled: change.enabled ?? true, active: 0, queued: 0, processed: 0, failed: 0 };
    },
    task: (id) => taskMap.get(id),
    tasks: (filter) => {
      const found = [...taskMap.values()].filter(
        (task) => filter.state === undefined || filter.state.includes(task.state),
      );
      return { items: found.slice(0, filter.limit ?? 100) };
    },
    run: (id) => runs.get(id),
    runs: () => ({ items: [...runs.values()] }),
    arms: () => [],
    workers: () => [],
    status: () => ({
      version: "0",
      state: "ready",
      startedAt: NOW,
      dataDir: "<mem>",
      counts: { queued: taskMap.size },
      runs: {},
      arms: [],
      workers: [],
      rssBytes: 0,
      databaseBytes: 0,
    }),
    explain: (id) => {
      const task = taskMap.get(id);
      return task && { id, state: task.state, summary: "nothing is known", reasons: [] };
    },
    logs: (id, { attempt, after = 0, limit = 1000 }) => {
      const task = taskMap.get(id);
      const lines = (logs.get(id) ?? []).filter(
        (line) => line.attempt === (attempt ?? task?.attempt) && line.n > after,
      );
      return task && lines.slice(0, limit);
    },
    resultText: (id) => results.get(id),
    waitTask: (id, ms, signal) =>
      wait(
        () => taskMap.get(id),
        (task) => task === undefined || isEnded(task.state),
        ms,
        signal,
      ),
    waitRun: (id, ms, signal) =>
      wait(
        () => runs.get(id),
        (run) => run === undefined || run.state === "cancelled",
        ms,
        signal,
      ),
    subscribe(lastId, listener) {
      const held = lastId === undefined ? [] : entries.slice(entries.findIndex((entry) => entry.id === lastId) + 1);
      if (held.length > 0) listener(held);
      feedListeners.add(listener);
      return () => void feedListeners.delete(listener);
    },
    watchLogs(_id, listener) {
      logListeners.add(listener);
      return () => void logListeners.delete(listener);
    },
    connectWorker(port): WorkerSession {
      const seen: SeenSession = { port, received: [], closed: 0 };
      engine.sessions.push(seen);
      return {
        receive(messages) {
          seen.received.push(...messages);
          notify();
        },
        closed: () => void seen.closed++,
      };
    },
    ready: () => engine.isReady,
  };
  return engine;
}
