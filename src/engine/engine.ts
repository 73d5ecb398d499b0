/**
 * The engine: puts the turn loop, the workers, the feed and the reads together behind `EngineApi`. What is decided is
 * core's business, when it is decided `turns.ts`'s; here it is turned into promises, messages and views.
 */
import { OctopusError } from "../base/errors.ts";
import { isEnded, type TaskState } from "../base/words.ts";
import type { Quota } from "../core/asks.ts";
import type { ArmChange } from "../core/command.ts";
import type { Event } from "../core/event.ts";
import type { State } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { ArmView, BulkView, Submitted, TaskDetail, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type {
  BulkFilter,
  BulkSpec,
  EngineApi,
  RetryChange,
  RunFilter,
  RunSpec,
  TaskFilter,
  WorkerOrigin,
  WorkerPort,
  WorkerSession,
} from "./api.ts";
import { AccessPeople } from "./access.ts";
import { Bulk } from "./bulk.ts";
import { CacheKeys } from "./cache.ts";
import { Callbacks } from "./callbacks.ts";
import { explainRun } from "./explain-run.ts";
import { Feed } from "./feed.ts";
import { Fleet } from "./fleet.ts";
import { compileRun } from "./graph/compiling.ts";
import { Evaluation } from "./graph/evaluation.ts";
import { Graph } from "./graph/graph.ts";
import { Judge } from "./graph/judge.ts";
import { Limits } from "./limits.ts";
import { EngineMetrics } from "./metrics/metrics.ts";
import type { EngineOptions } from "./options.ts";
import { People, runNumber } from "./people.ts";
import { Plans } from "./plans.ts";
import { Reads } from "./reads.ts";
import { Results } from "./results.ts";
import { Retention } from "./retention.ts";
import { type Preparation, resolveTask } from "./submission.ts";
import { RunIntake } from "./run-intake.ts";
import { Submissions } from "./submissions.ts";
import { tell } from "./tell.ts";
import { Scaling } from "./scaling/scaling.ts";
import { Schedules } from "./schedules.ts";
import { Turns } from "./turns.ts";
import { Waits } from "./waits.ts";
import { WorkCache } from "./work-cache.ts";
import { Workers } from "./workers.ts";

export class Engine implements EngineApi {
  readonly #options: EngineOptions;
  readonly #preparation: Preparation;
  readonly #turns: Turns;
  readonly #works = new WorkCache();
  readonly #feed: Feed;
  readonly #waits = new Waits();
  readonly #workers: Workers;
  readonly #reads: Reads;
  readonly #retention: Retention;
  readonly #schedules: Schedules;
  readonly #limits: Limits;
  readonly #results: Results;
  readonly #intake: RunIntake;
  readonly #submissions: Submissions;
  readonly #people: People;
  readonly #callbacks: Callbacks;
  readonly #cacheKeys: CacheKeys;
  readonly #graph: Graph;
  readonly #plans: Plans;
  readonly #bulk: Bulk;
  readonly #scaling: Scaling;
  readonly #metrics: EngineMetrics;
  readonly fleet: Fleet;
  readonly access: AccessPeople;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#preparation = { ...options.defaults, digest: (text) => options.outside.digest(text) };
    this.#feed = new Feed(options.boot, () => options.clock.now());
    this.#turns = new Turns(
      { ...options, calendar: options.outside.calendar },
      {
        appended: (turn) => this.#appended(turn),
        recovered: () => {
          this.#wakeGone();
          this.#resume();
        },
        wrote: (ms) => this.#metrics.wrote(ms),
        flush: () => {
          this.#workers.flush();
          this.#feed.flush();
        },
        reset: (error) => {
          this.#works.clear();
          this.#workers.reset();
          this.#schedules.ticks.reset(error);
          // Where the journal cannot be read, nobody knows yet what is gone.
          if (this.#turns.isSettled) this.#wakeGone();
        },
      },
    );
    const results = new Results(options);
    const evaluation = new Evaluation(options.outside);
    const judge = new Judge(options.library, evaluation);
    this.#workers = new Workers({ ...options, results, judge }, this.#turns, this.#works, this.#feed);
    this.#reads = new Reads({ ...options, evaluation }, this.#turns, this.#workers);
    this.#results = results;
    this.#scaling = new Scaling(options, this.#turns, (worker) => this.#workers.release(worker));
    this.fleet = new Fleet(this.#turns, this.#reads, this.#workers, this.#scaling);
    this.access = new AccessPeople(this.#turns);
    this.#metrics = new EngineMetrics({
      ...options,
      state: () => this.#turns.state,
      pools: () => this.#scaling.views(),
      workers: () => this.#reads.workers(),
    });
    this.#limits = new Limits(this.#turns, options.clock);
    this.#retention = new Retention({ ...options, results }, this.#turns);
    this.#schedules = new Schedules({ ...options, preparation: this.#preparation }, this.#turns);
    const world = { ...options, preparation: this.#preparation };
    this.#intake = new RunIntake(world, this.#turns);
    this.#submissions = new Submissions(world, this.#turns, this.#intake);
    this.#people = new People({ ...options, workBytesMax: options.defaults.workBytesMax }, this.#turns);
    this.#callbacks = new Callbacks(world, this.#turns);
    this.#cacheKeys = new CacheKeys(options, this.#turns);
    const around = { turns: this.#turns, evaluation, people: this.#people, schedules: this.#schedules };
    this.#graph = new Graph({ ...world, intake: this.#intake }, { ...around, cacheKeys: this.#cacheKeys });
    this.#plans = new Plans(world, this.#turns);
    const parts = { turns: this.#turns, people: this.#people, retention: this.#retention, feed: this.#feed };
    this.#bulk = new Bulk(options, parts);
    this.#resume();
  }

  /** Goes on with what was begun and not finished, after a start or a recovery. */
  #resume(): void {
    this.#intake.resume();
    this.#schedules.ticks.resume();
    this.#callbacks.resume();
    this.#cacheKeys.resume();
    this.#graph.nodes.resume();
    this.#plans.resume();
    this.#bulk.resume();
  }

  /** The live state; for tests, the simulator and the doctor. */
  get state(): State {
    return this.#turns.state;
  }

  ready(): boolean {
    return this.#turns.ready;
  }

  /** Stops: no more commands; workers are told goodbye by the closing of their connections. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#retention.stop();
    this.#bulk.stop();
    this.#graph.nodes.stop();
    this.#scaling.stop();
    await this.#turns.stop();
    this.#workers.close();
    this.#waits.wakeAll();
  }

  // --- what people ask for ---

  submit = (specs: TaskSpec[]): Promise<Submitted[]> => this.#submissions.submit(specs);
  submitRun = (run: RunSpec): Promise<{ id: string }> => this.#submissions.submitRun(run);

  cancelTask: EngineApi["cancelTask"] = (id, reason = "cancelled by a person") =>
    this.#ofTask(id, this.#people.cancelTask(id, reason));
  cancelRun: EngineApi["cancelRun"] = (id, reason = "the run was cancelled by a person") =>
    this.#ofRun(id, this.#people.cancelRun(id, reason));
  retryTask = (id: string, change?: RetryChange) => this.#ofTask(id, this.#people.retryTask(id, change));
  pauseRun: EngineApi["pauseRun"] = (id, paused, reason) =>
    this.#ofRun(id, this.#graph.people.pause(id, paused, reason));
  retryRun: EngineApi["retryRun"] = (id, retry) => this.#ofRun(id, this.#graph.people.retry(id, retry));
  approveTask: EngineApi["approveTask"] = (id, approve, verdict) =>
    this.#ofTask(id, this.#graph.people.approve(id, approve, verdict));
  markTask: EngineApi["markTask"] = (id, mark) => this.#ofTask(id, this.#graph.people.mark(id, mark));
  dismissTask = (id: string) => this.#ofTask(id, this.#people.dismissTask(id));
  moveTask: EngineApi["moveTask"] = (id, change) => this.#ofTask(id, this.#people.moveTask(id, change));

  compileRun: EngineApi["compileRun"] = (submission) => compileRun(this.#options, submission);
  setWorkflow: EngineApi["setWorkflow"] = (submission) => this.#graph.workflows.set(submission);
  removeWorkflow: EngineApi["removeWorkflow"] = (name) => this.#graph.workflows.remove(name);
  workflow: EngineApi["workflow"] = (name) => this.#graph.workflows.one(name);
  workflows: EngineApi["workflows"] = () => this.#graph.workflows.all();

  async deleteTask(id: string): Promise<void> {
    await this.#retention.remove((state) => [this.#people.deletable(state, id)]);
    this.#feed.event({ type: "task_deleted", id, at: this.#options.clock.now() });
  }

  clearEnded(keep: number): Promise<number> {
    return this.#retention.clear(keep);
  }

  configureArm = (name: string, change: ArmChange): Promise<ArmView> => this.#limits.configureArm(name, change);
  removeArm = (name: string): Promise<void> => this.#limits.removeArm(name);
  arm = (name: string) => this.#limits.arm(name);
  setQuota = (owner: string, quota: Quota) => this.#limits.setQuota(owner, quota);
  removeQuota = (owner: string): Promise<void> => this.#limits.removeQuota(owner);
  quotas = () => this.#limits.quotas();

  countTasks = (filter: BulkFilter): number => this.#bulk.count(filter);
  startBulk = (spec: BulkSpec): Promise<BulkView> => this.#bulk.start(spec);
  cancelBulk = (id: string): Promise<BulkView> => this.#bulk.cancel(id);
  bulk = (id: string): BulkView | undefined => this.#bulk.bulk(id);
  bulks = (): BulkView[] => this.#bulk.bulks();

  /** What a task is after that was done to it. */
  async #ofTask(id: string, done: Promise<void>): Promise<TaskView> {
    await done;
    const task = this.task(id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${id} any more`);
    return task;
  }

  async #ofRun(id: string, done: Promise<void>): Promise<RunView> {
    await done;
    return this.#reads.runView(id)!;
  }

  // --- after a turn ---

  /** The turn is durable: feed, waits, and messages to workers follow. */
  #appended(turn: Turn): void {
    for (const event of turn.events) this.#follow(event, turn);
    this.#scaling.appended(turn);
    this.#metrics.appended(turn);
    this.#workers.carryOut(turn);
  }

  #follow(event: Event, turn: Turn): void {
    tell(this.#feed, event, turn);
    this.#schedules.ticks.follow(event);
    this.#plans.follow(event, turn.state);
    this.#graph.follow(event, turn.state);
    switch (event.type) {
      case "TaskSubmitted":
        this.#works.add(event.task, event.work);
        return this.#taskMoved(event.task, event.state);
      case "TaskPrepared":
        if (event.work === undefined) return;
        this.#works.forget(event.task);
        return this.#works.add(event.task, event.work);
      case "AttemptEnded":
        this.#workers.attemptEnded(event.task);
        return this.#taskMoved(event.task, event.next);
      case "TaskEnded":
        return this.#taskMoved(event.task, event.state);
      case "CallbackDue":
        return this.#callbacks.send(event.due);
      case "RunEnded":
        return this.#waits.wake(`r${event.run}`);
      case "RunDropped":
        return this.#wakeGone();
      default:
    }
  }

  #wakeGone(): void {
    this.#waits.wakeGone(({ kind, seq }) => this.state[kind].get(seq) !== undefined);
  }

  #taskMoved(task: number, state: TaskState): void {
    if (!isEnded(state)) return;
    this.#works.forget(task);
    if (this.#waits.any) this.#waits.wake(`t${task}`);
  }

  // --- reads ---

  task = (id: string): TaskDetail | undefined => this.#reads.task(id);
  tasks = (filter: TaskFilter) => this.#reads.tasks(filter);
  run = (id: string): RunDetail | undefined => this.#reads.run(id);
  runs = (filter: RunFilter) => this.#reads.runs(filter);
  arms = () => this.#reads.arms();
  workers = () => this.#reads.workers();
  status = () => this.#reads.status();
  metrics = (): string => this.#metrics.text();
  explain = (id: string) => this.#reads.explain(id);
  explainRun = (id: string) => explainRun(this.#reads, id);
  artifacts: EngineApi["artifacts"] = (id, attempt) => this.#reads.artifacts(id, attempt);
  readArtifact: EngineApi["readArtifact"] = (id, path, attempt) => this.#reads.readArtifact(id, path, attempt);
  putArtifact: EngineApi["putArtifact"] = () => this.#results.sink();
  openArtifact: EngineApi["openArtifact"] = (sha256) => this.#options.artifacts.open(sha256);
  logs = (id: string, options: { attempt?: number; after?: number; limit?: number }) => this.#reads.logs(id, options);
  resultText = (id: string) => this.#reads.resultText(id);

  setSchedule: EngineApi["setSchedule"] = (spec) => this.#schedules.set(spec);
  previewSchedule: EngineApi["previewSchedule"] = (spec, count) => this.#schedules.preview(spec, count);
  removeSchedule: EngineApi["removeSchedule"] = (name) => this.#schedules.remove(name);
  pauseSchedule: EngineApi["pauseSchedule"] = (name, paused) => this.#schedules.pause(name, paused);
  triggerSchedule: EngineApi["triggerSchedule"] = (name) => this.#schedules.trigger(name);
  backfillSchedule: EngineApi["backfillSchedule"] = (name, from, to, options) =>
    this.#schedules.backfill(name, from, to, options);
  schedule: EngineApi["schedule"] = (name) => this.#schedules.one(name);
  schedules: EngineApi["schedules"] = () => this.#schedules.all();
  nextTicks: EngineApi["nextTicks"] = (name, count, after) => this.#schedules.next(name, count, after);
  ticks: EngineApi["ticks"] = (name, options) => this.#schedules.history(name, options);
  setCalendar: EngineApi["setCalendar"] = (name, days) => this.#schedules.setCalendar(name, days);
  removeCalendar: EngineApi["removeCalendar"] = (name) => this.#schedules.removeCalendar(name);
  calendars: EngineApi["calendars"] = () => this.#schedules.calendars();

  async waitTask(id: string, waitMs: number, signal?: AbortSignal): Promise<TaskDetail | undefined> {
    const seq = resolveTask(this.state, this.#options.library, id);
    if (seq === undefined) return undefined;
    // One that has ended stays in memory until that is durable, and nobody may be told before.
    const live = this.state.tasks.get(seq);
    if (live !== undefined) await this.#waits.for(`t${seq}`, this.#timeout(waitMs), signal);
    return this.task(`t${seq}`);
  }

  async waitRun(id: string, waitMs: number, signal?: AbortSignal): Promise<RunDetail | undefined> {
    const seq = runNumber(id);
    const live = this.state.runs.get(seq);
    if (live !== undefined) await this.#waits.for(`r${seq}`, this.#timeout(waitMs), signal);
    return this.run(id);
  }

  #timeout(waitMs: number): (callback: () => void) => () => void {
    const { clock } = this.#options;
    return (callback) => (waitMs === Infinity ? () => {} : clock.wakeAt(clock.now() + waitMs, callback));
  }

  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void {
    return this.#feed.subscribe(lastId, listener);
  }

  watchLogs(id: string, listener: () => void): () => void {
    const seq = resolveTask(this.state, this.#options.library, id);
    return seq === undefined ? () => {} : this.#workers.watchLogs(seq, listener);
  }

  beat(worker: string, session: string): boolean {
    return this.#workers.beat(worker, session);
  }

  connectWorker(port: WorkerPort, origin: WorkerOrigin = {}): WorkerSession {
    return this.#workers.connect(port, origin);
  }
}
