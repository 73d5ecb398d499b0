/**
 * The engine: puts the turn loop, the workers, the feed and the reads together behind `EngineApi`. What is decided is
 * core's business, when it is decided `turns.ts`'s; here it is turned into promises, messages and views.
 */
import { OctopusError } from "../base/errors.ts";
import type { Quota } from "../core/asks.ts";
import type { ArmChange } from "../core/command.ts";
import type { Batch } from "../core/event.ts";
import type { State } from "../core/state.ts";
import type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { ArmView, BulkView, TaskDetail, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type {
  BulkFilter,
  BulkSpec,
  EngineApi,
  RunFilter,
  TaskFilter,
  WorkerOrigin,
  WorkerPort,
  WorkerSession,
} from "./api.ts";
import { AccessPeople } from "./access.ts";
import { AfterTurn } from "./after-turn.ts";
import { Bulk } from "./bulk.ts";
import { CacheKeys } from "./cache.ts";
import { Callbacks } from "./callbacks.ts";
import { Edits } from "./edits.ts";
import { explainRun } from "./explain-run.ts";
import { Feed } from "./feed.ts";
import { Fleet } from "./fleet.ts";
import { compileRun } from "./graph/compiling.ts";
import { Evaluation } from "./graph/evaluation.ts";
import { Graph } from "./graph/graph.ts";
import { Judge } from "./graph/judge.ts";
import { Limits } from "./limits.ts";
import { ArmHistories } from "./metrics/history.ts";
import { EngineMetrics } from "./metrics/metrics.ts";
import type { EngineOptions } from "./options.ts";
import { People, runNumber } from "./people.ts";
import { Catalogue } from "./plugins/catalogue.ts";
import { Plans } from "./plans.ts";
import { PolicyJudge } from "./policy.ts";
import { Reads } from "./reads.ts";
import { Results } from "./results.ts";
import { Retention } from "./retention.ts";
import { type Preparation, resolveTask } from "./submission.ts";
import { RunIntake } from "./run-intake.ts";
import { Submissions } from "./submissions.ts";
import { Scaling } from "./scaling/scaling.ts";
import { Schedules } from "./schedules.ts";
import { type TurnHooks, Turns } from "./turns.ts";
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
  readonly #edits: Edits;
  readonly #callbacks: Callbacks;
  readonly #cacheKeys: CacheKeys;
  readonly #graph: Graph;
  readonly #plans: Plans;
  readonly #bulk: Bulk;
  readonly #scaling: Scaling;
  readonly #metrics: EngineMetrics;
  readonly #histories = new ArmHistories();
  readonly fleet: Fleet;
  readonly access: AccessPeople;
  readonly plugins: Catalogue;
  readonly policy: PolicyJudge;
  readonly #afterTurn: AfterTurn;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.policy = new PolicyJudge(options.policy);
    const policy = this.policy.isOn ? this.policy : undefined;
    this.#preparation = {
      ...options.defaults,
      policy,
      digest: (text) => options.outside.digest(text),
      plugins: () => this.state.plugins,
    };
    this.#feed = new Feed(options.boot, () => options.clock.now());
    this.#turns = new Turns({ ...options, calendar: options.outside.calendar }, this.#hooks());
    const results = new Results(options);
    const evaluation = new Evaluation(options.outside);
    const judge = new Judge(options.library, evaluation);
    this.#workers = new Workers({ ...options, results, judge }, this.#turns, this.#works, this.#feed);
    this.#reads = new Reads({ ...options, evaluation }, this.#turns, this.#workers);
    this.#results = results;
    this.#scaling = new Scaling(options, this.#turns, (worker) => this.#workers.release(worker));
    this.fleet = new Fleet(this.#turns, this.#reads, this.#workers, this.#scaling);
    this.access = new AccessPeople(this.#turns);
    this.plugins = new Catalogue({ ...options, results }, this.#turns, this.#workers.sessions);
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
    this.#people = new People({ ...options, policy, workBytesMax: options.defaults.workBytesMax }, this.#turns);
    this.#edits = new Edits(world, this.#people);
    this.#callbacks = new Callbacks(world, this.#turns);
    this.#cacheKeys = new CacheKeys(options, this.#turns);
    const around = { turns: this.#turns, evaluation, people: this.#people, schedules: this.#schedules };
    this.#graph = new Graph({ ...world, intake: this.#intake }, { ...around, cacheKeys: this.#cacheKeys });
    this.#plans = new Plans(world, this.#turns);
    const parts = { turns: this.#turns, people: this.#people, retention: this.#retention, feed: this.#feed };
    this.#bulk = new Bulk({ ...options, policy }, parts);
    this.#afterTurn = new AfterTurn({
      ...{ turns: this.#turns, feed: this.#feed, waits: this.#waits, works: this.#works, workers: this.#workers },
      ...{ schedules: this.#schedules, callbacks: this.#callbacks, graph: this.#graph, plans: this.#plans },
      ...{ retention: this.#retention, scaling: this.#scaling, metrics: this.#metrics, histories: this.#histories },
    });
    if (this.#turns.leads) this.#resume();
  }

  /** What happens around a turn. */
  #hooks(): TurnHooks {
    return {
      appended: (turn) => this.#afterTurn.led(turn),
      followed: (turn) => this.#afterTurn.followed(turn),
      recovered: () => {
        this.#afterTurn.wakeGone();
        this.#resume();
      },
      reloaded: () => {
        this.#schedules.ticks.reset(STALE);
        this.#afterTurn.wakeGone();
        this.#feed.event({ type: "resync", at: this.#options.clock.now() });
        this.#feed.flush();
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
        if (this.#turns.isSettled) this.#afterTurn.wakeGone();
      },
    };
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

  // --- one of several servers ---

  get role(): "leader" | "follower" {
    return this.#turns.leads ? "leader" : "follower";
  }

  /** Follower: what the leader decided stands in the tables by now. All the batches of one transaction of theirs. */
  follow(batches: readonly Batch[]): void {
    this.#turns.follow(batches);
  }

  /** Follower: output that the leader has taken in. */
  followOutput(chunks: readonly LogChunk[]): void {
    this.#workers.followOutput(chunks);
  }

  /** Follower: an event of the leader that no batch holds, for the feed. */
  told(event: FeedEvent): void {
    this.#feed.event(event);
    this.#feed.flush();
  }

  /** Follower, at the end of the log: decides from now on, and goes on with what stood open. */
  lead(): void {
    this.#turns.lead();
  }

  /** Decides nothing more: callers get the error, workers are cut. Resolves when memory is what the tables say. */
  stepDown(error: OctopusError): Promise<void> {
    return this.#turns.stepDown(error);
  }

  /** Follower: the tables were replaced. */
  reload(): void {
    this.#turns.reload();
  }

  /** Whoever reads waits for this: what is in memory may not be durable yet. Undefined: it is. */
  settled(): Promise<void> | undefined {
    return this.#turns.settled();
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

  submit: EngineApi["submit"] = (specs, by) => this.#submissions.submit(specs, by);
  submitRun: EngineApi["submitRun"] = (run, by) => this.#submissions.submitRun(run, by);

  cancelTask: EngineApi["cancelTask"] = (id, reason = "cancelled by a person") =>
    this.#ofTask(id, this.#people.cancelTask(id, reason));
  cancelRun: EngineApi["cancelRun"] = (id, reason = "the run was cancelled by a person") =>
    this.#ofRun(id, this.#people.cancelRun(id, reason));
  retryTask: EngineApi["retryTask"] = (id, change, by) => this.#ofTask(id, this.#people.retryTask(id, change, by));
  pauseRun: EngineApi["pauseRun"] = (id, paused, reason) =>
    this.#ofRun(id, this.#graph.people.pause(id, paused, reason));
  retryRun: EngineApi["retryRun"] = (id, retry) => this.#ofRun(id, this.#graph.people.retry(id, retry));
  approveTask: EngineApi["approveTask"] = (id, approve, verdict) =>
    this.#ofTask(id, this.#graph.people.approve(id, approve, verdict));
  markTask: EngineApi["markTask"] = (id, mark) => this.#ofTask(id, this.#graph.people.mark(id, mark));
  dismissTask = (id: string) => this.#ofTask(id, this.#people.dismissTask(id));
  rescheduleTask: EngineApi["rescheduleTask"] = (id, dueAt) => this.#ofTask(id, this.#edits.reschedule(id, dueAt));
  replaceTask: EngineApi["replaceTask"] = (id, spec, by) => this.#ofTask(id, this.#edits.replace(id, spec, by));
  moveTask: EngineApi["moveTask"] = (id, change, by) => this.#ofTask(id, this.#people.moveTask(id, change, by));

  compileRun: EngineApi["compileRun"] = (submission) => compileRun(this.#options, submission);
  setWorkflow: EngineApi["setWorkflow"] = (submission, by, only) => this.#graph.workflows.set(submission, by, only);
  removeWorkflow: EngineApi["removeWorkflow"] = (name) => this.#graph.workflows.remove(name);
  workflow: EngineApi["workflow"] = (name) => this.#graph.workflows.one(name);
  workflows: EngineApi["workflows"] = (recent) => this.#graph.workflows.all(recent);
  workflowVersions: EngineApi["workflowVersions"] = (name) => this.#graph.workflows.versions(name);
  workflowVersion: EngineApi["workflowVersion"] = (name, hash) => this.#graph.workflows.version(name, hash);
  workflowGrid: EngineApi["workflowGrid"] = (name, page) => this.#graph.workflows.grid(name, page);

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

  countTasks = (filter: BulkFilter): Promise<number> => this.#bulk.count(filter);
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

  // --- reads ---

  task = (id: string): TaskDetail | undefined => this.#reads.task(id);
  tasks = (filter: TaskFilter) => this.#reads.tasks(filter);
  listTasks = (filter: TaskFilter) => this.#reads.listTasks(filter);
  run = (id: string): RunDetail | undefined => this.#reads.run(id);
  runs = (filter: RunFilter) => this.#reads.runs(filter);
  arms = () => this.#reads.arms();
  workers = () => this.#reads.workers();
  status = () => this.#reads.status();
  metrics = (): string => this.#metrics.text();
  history: EngineApi["history"] = (minutes, arm) => this.#histories.read(minutes, this.#options.clock.now(), arm);
  explain = (id: string) => this.#reads.explain(id);
  explainRun = (id: string) => explainRun(this.#reads, id);
  artifacts: EngineApi["artifacts"] = (id, attempt) => this.#reads.artifacts(id, attempt);
  readArtifact: EngineApi["readArtifact"] = (id, path, attempt) => this.#reads.readArtifact(id, path, attempt);
  putArtifact: EngineApi["putArtifact"] = () => this.#results.sink();
  openArtifact: EngineApi["openArtifact"] = (sha256) => this.#options.artifacts.open(sha256);
  logs: EngineApi["logs"] = (id, options) => this.#reads.logs(id, options);
  logPage: EngineApi["logPage"] = (id, asked) => this.#reads.logPage(id, asked);
  logExtent: EngineApi["logExtent"] = (id, attempt) => this.#reads.logExtent(id, attempt);
  findInLog: EngineApi["findInLog"] = (id, search, signal) => this.#reads.findInLog(id, search, signal);
  resultText = (id: string) => this.#reads.resultText(id);

  setSchedule: EngineApi["setSchedule"] = (spec, by) => this.#schedules.set(spec, by);
  previewSchedule: EngineApi["previewSchedule"] = (spec, count) => this.#schedules.preview(spec, count);
  removeSchedule: EngineApi["removeSchedule"] = (name) => this.#schedules.remove(name);
  pauseSchedule: EngineApi["pauseSchedule"] = (name, paused) => this.#schedules.pause(name, paused);
  triggerSchedule: EngineApi["triggerSchedule"] = (name) => this.#schedules.trigger(name);
  backfillSchedule: EngineApi["backfillSchedule"] = (name, from, to, options) =>
    this.#schedules.backfill(name, from, to, options);
  schedule: EngineApi["schedule"] = (name) => this.#schedules.one(name);
  schedules: EngineApi["schedules"] = (results) => this.#schedules.all(results);
  scheduleHeat: EngineApi["scheduleHeat"] = (name, question) => this.#schedules.heat(name, question);
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

  subscribeOthers(listener: (event: FeedEvent) => void): () => void {
    return this.#feed.subscribeOthers(listener);
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

const STALE = new OctopusError("not_leader", "this server has begun anew from a snapshot", { retryable: true });
