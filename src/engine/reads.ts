/** Views for the API: what the store made durable, with what only memory knows laid over it. */
import { type Json, RUN_STATES, TASK_STATES } from "../base/words.ts";
import type { ArmView, ArtifactView, Explanation, Page, StatusView, TaskDetail, TaskView } from "../protocol/views.ts";
import type { WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type { EngineApi } from "./api.ts";
import type { RunFilter, TaskFilter } from "./filters.ts";
import { armView } from "./arm-view.ts";
import { explainTask } from "./explaining.ts";
import type { Evaluation } from "./graph/evaluation.ts";
import { outputsOf } from "./graph/outputs.ts";
import type { State } from "../core/state.ts";
import { isOnWorkers, joinedResult, showWorkers } from "./graph/workers-view.ts";
import type { Artifacts, Clock, Library, LiveCounts, Log, LogStore } from "./ports.ts";
import { showVersions } from "./plugins/ran.ts";
import { LogReads } from "./log-reads.ts";
import { resolveTask } from "./submission.ts";
import type { Turns } from "./turns.ts";
import type { Workers } from "./workers.ts";
import { workerDetail, type WorkersNow, workerViews } from "./workers/views.ts";

/** Work of one page whose reader can go on with the next one, and how much of it is done at a stretch. */
const SCAN_MS = 150;
const BREATH_MS = 4;
/** Tasks that the view of a run shows. */
const RUN_TASKS_SHOWN = 5000;

export interface ReadsOptions {
  clock: Clock;
  library: Library;
  logs: LogStore;
  artifacts: Artifacts;
  version: string;
  dataDir: string;
  evaluation: Evaluation;
  log: Log;
}

export class Reads {
  readonly #options: ReadsOptions;
  readonly #turns: Turns;
  readonly #workers: Workers;
  readonly #startedAt: string;
  readonly #logReads: LogReads;

  constructor(options: ReadsOptions, turns: Turns, workers: Workers) {
    this.#options = options;
    this.#turns = turns;
    this.#workers = workers;
    this.#startedAt = iso(options.clock.now());
    this.#logReads = new LogReads(options, {
      resolve: (id) => this.#resolve(id),
      newestAttempt: (seq) => turns.state.tasks.get(seq)?.attempt ?? options.library.task(seq)?.attempt ?? 0,
      flush: () => workers.flushLogs(),
    });
  }

  task(id: string): TaskDetail | undefined {
    const seq = this.#resolve(id);
    const task = seq === undefined ? undefined : this.#options.library.task(seq);
    if (task === undefined) return undefined;
    const outputs = task.run === undefined ? undefined : this.#outputs(task, seq!);
    if (outputs !== undefined) task.outputs = outputs;
    showVersions(task, this.#turns.state.plugins);
    if (isOnWorkers(task)) showWorkers(task, seq!, this.#options.library, this.#world());
    return this.#withProgress(task, seq!);
  }

  #world(): { state: State; now: number } {
    return { state: this.#turns.state, now: this.#options.clock.now() };
  }

  /** What expressions read as its outputs. The evaluator may not be there yet: a look a moment later shows them then. */
  #outputs(task: TaskDetail, seq: number): Record<string, Json> | undefined {
    const { evaluation, library, log } = this.#options;
    try {
      return outputsOf(task, library.node(seq), library, evaluation);
    } catch (error) {
      log.debug({ task: task.id, cause: String(error) }, "its outputs cannot be read");
      return undefined;
    }
  }

  tasks(filter: TaskFilter): Page<TaskView> {
    return this.#shown(this.#options.library.tasks(withRun(filter)));
  }

  async listTasks(filter: TaskFilter): Promise<Page<TaskView>> {
    const { clock } = this.#options;
    const scan = this.#options.library.scan(withRun(filter));
    let worked = 0;
    let since = clock.elapsed();
    while (!scan.done && worked < SCAN_MS) {
      scan.step();
      const took = clock.elapsed() - since;
      if (took < BREATH_MS) continue;
      worked += took;
      await this.#turns.breathe();
      since = clock.elapsed();
    }
    return this.#shown(scan.page());
  }

  #shown(page: Page<TaskView>): Page<TaskView> {
    for (const task of page.items) if (task.state === "running") this.#withProgress(task, this.#resolve(task.id)!);
    return page;
  }

  #withProgress<T extends TaskView>(task: T, seq: number): T {
    const progress = this.#workers.progressOf(seq);
    if (progress === undefined) return task;
    task.progress = progress.value;
    if (progress.message !== undefined) task.progressMessage = progress.message;
    return task;
  }

  /** The run without its tasks. */
  runView(id: string): RunView | undefined {
    const seq = Number(id.replace(/^r/, ""));
    return Number.isInteger(seq) ? this.#options.library.run(seq, this.#countsOf) : undefined;
  }

  runs(filter: RunFilter): Page<RunView> {
    return this.#options.library.runs(filter, this.#countsOf);
  }

  /** Core keeps them; to count 100,000 rows takes a twentieth of a second. */
  readonly #countsOf: LiveCounts = (run) => {
    const live = this.#turns.isSettled ? this.#turns.state.runs.get(run) : undefined;
    return live && Object.fromEntries([...live.counts].filter(([, count]) => count > 0));
  };

  run(id: string): RunDetail | undefined {
    const run = this.runView(id);
    if (run === undefined) return undefined;
    const seq = Number(run.id.slice(1));
    const tasks = this.#options.library.topTasksOfRun(seq, RUN_TASKS_SHOWN + 1);
    if (tasks.length <= RUN_TASKS_SHOWN) return { ...run, tasks };
    return { ...run, tasks: tasks.slice(0, RUN_TASKS_SHOWN), more: true };
  }

  arms(): ArmView[] {
    return [...this.#turns.state.arms.values()].map(armView).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  workers(): WorkerView[] {
    return workerViews(this.#options.library, this.#workersNow());
  }

  worker(name: string): WorkerDetail | undefined {
    return workerDetail(this.#options.library, this.#workersNow(), name);
  }

  #workersNow(): WorkersNow {
    return { state: this.#turns.state, sessions: this.#workers.sessions, now: this.#options.clock.now() };
  }

  status(): StatusView {
    const { library, version, dataDir } = this.#options;
    const { counts, runCounts } = this.#turns.state;
    const oldest = counts.queued > 0 ? library.oldestQueuedAt() : undefined;
    return {
      version,
      state: this.#turns.failure !== undefined ? "failed" : this.#turns.ready ? "ready" : "draining",
      startedAt: this.#startedAt,
      dataDir,
      counts: Object.fromEntries(TASK_STATES.filter((name) => counts[name] > 0).map((name) => [name, counts[name]])),
      runs: Object.fromEntries(RUN_STATES.filter((name) => runCounts[name] > 0).map((name) => [name, runCounts[name]])),
      arms: this.arms(),
      workers: this.workers(),
      rssBytes: process.memoryUsage.rss(),
      databaseBytes: library.databaseBytes(),
      ...(oldest !== undefined && { oldestQueuedAt: iso(oldest) }),
    };
  }

  explain(id: string): Explanation | undefined {
    const seq = this.#resolve(id);
    const { state } = this.#turns;
    const found =
      seq === undefined ? undefined : explainTask(state, this.#options.library, seq, this.#options.clock.now());
    return found && { ...found, id };
  }

  logs: EngineApi["logs"] = (id, options) => this.#logReads.read(id, options);
  logPage: EngineApi["logPage"] = (id, asked) => this.#logReads.page(id, asked);
  logExtent: EngineApi["logExtent"] = (id, attempt) => this.#logReads.extent(id, attempt);
  findInLog: EngineApi["findInLog"] = (id, search, signal) => this.#logReads.find(id, search, signal);

  artifacts(id: string, attempt?: number): ArtifactView[] | undefined {
    const seq = this.#resolve(id);
    return seq === undefined
      ? undefined
      : this.#options.library.artifacts(seq, attempt).map(({ hash: _hash, ...view }) => view);
  }

  readArtifact: EngineApi["readArtifact"] = (id, path, attempt) => {
    const seq = this.#resolve(id);
    const files = seq === undefined ? [] : this.#options.library.artifacts(seq, attempt);
    const file = files.find((each) => each.path === path);
    return file && this.#options.artifacts.open(file.hash);
  };

  resultText(id: string): string | undefined {
    const seq = this.#resolve(id);
    const { library } = this.#options;
    return seq === undefined ? undefined : (library.resultText(seq) ?? joinedResult(library, seq));
  }

  #resolve(id: string): number | undefined {
    return resolveTask(this.#turns.state, this.#options.library, id);
  }
}

function withRun(filter: TaskFilter) {
  return { ...filter, runSeq: filter.run === undefined ? undefined : Number(filter.run.replace(/^r/, "")) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
