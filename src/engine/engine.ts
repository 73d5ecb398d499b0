/**
 * The engine as the outside sees it: `EngineApi`, handed to the parts (`parts.ts`). What is decided is core's business, when it
 * is decided `turns.ts`'s; the parts turn it into promises, messages and views.
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
import type { BulkSpec, EngineApi, WorkerOrigin, WorkerPort, WorkerSession } from "./api.ts";
import type { BulkFilter, RunFilter, TaskFilter } from "./filters.ts";
import type { AccessPeople } from "./access.ts";
import { explainRun } from "./explain-run.ts";
import type { Fleet } from "./fleet.ts";
import { compileRun } from "./graph/compiling.ts";
import type { EngineOptions } from "./options.ts";
import { Parts } from "./parts.ts";
import { runNumber } from "./people.ts";
import type { Catalogue } from "./plugins/catalogue.ts";
import type { PolicyJudge } from "./policy.ts";
import { resolveTask } from "./submission.ts";

export class Engine implements EngineApi {
  readonly #options: EngineOptions;
  readonly #parts: Parts;
  readonly fleet: Fleet;
  readonly access: AccessPeople;
  readonly plugins: Catalogue;
  readonly policy: PolicyJudge;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#parts = new Parts(options);
    this.fleet = this.#parts.fleet;
    this.access = this.#parts.access;
    this.plugins = this.#parts.plugins;
    this.policy = this.#parts.policy;
  }

  /** The live state; for tests, the simulator and the doctor. */
  get state(): State {
    return this.#parts.turns.state;
  }

  ready(): boolean {
    return this.#parts.turns.ready;
  }

  // --- one of several servers ---

  get role(): "leader" | "follower" {
    return this.#parts.turns.leads ? "leader" : "follower";
  }

  /** Follower: what the leader decided stands in the tables by now. All the batches of one transaction of theirs. */
  follow(batches: readonly Batch[]): void {
    this.#parts.turns.follow(batches);
  }

  /** Follower: output that the leader has taken in. */
  followOutput(chunks: readonly LogChunk[]): void {
    this.#parts.workers.followOutput(chunks);
  }

  /** Follower: an event of the leader that no batch holds, for the feed. */
  told(event: FeedEvent): void {
    this.#parts.feed.event(event);
    this.#parts.feed.flush();
  }

  /** Follower, at the end of the log: decides from now on, and goes on with what stood open. */
  lead(): void {
    this.#parts.turns.lead();
  }

  /** Decides nothing more: callers get the error, workers are cut. Resolves when memory is what the tables say. */
  stepDown(error: OctopusError): Promise<void> {
    return this.#parts.turns.stepDown(error);
  }

  /** Follower: the tables were replaced. */
  reload(): void {
    this.#parts.turns.reload();
  }

  /** Whoever reads waits for this: what is in memory may not be durable yet. Undefined: it is. */
  settled(): Promise<void> | undefined {
    return this.#parts.turns.settled();
  }

  /** Stops: no more commands; workers are told goodbye by the closing of their connections. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#parts.stop();
  }

  // --- what people ask for ---

  submit: EngineApi["submit"] = (specs, by) => this.#parts.submissions.submit(specs, by);
  submitRun: EngineApi["submitRun"] = (run, by) => this.#parts.submissions.submitRun(run, by);

  cancelTask: EngineApi["cancelTask"] = (id, reason = "cancelled by a person") =>
    this.#ofTask(id, this.#parts.people.cancelTask(id, reason));
  cancelRun: EngineApi["cancelRun"] = (id, reason = "the run was cancelled by a person") =>
    this.#ofRun(id, this.#parts.people.cancelRun(id, reason));
  retryTask: EngineApi["retryTask"] = (id, change, by) =>
    this.#ofTask(id, this.#parts.people.retryTask(id, change, by));
  pauseRun: EngineApi["pauseRun"] = (id, paused, reason) =>
    this.#ofRun(id, this.#parts.graph.people.pause(id, paused, reason));
  retryRun: EngineApi["retryRun"] = (id, retry) => this.#ofRun(id, this.#parts.graph.people.retry(id, retry));
  approveTask: EngineApi["approveTask"] = (id, approve, verdict) =>
    this.#ofTask(id, this.#parts.graph.people.approve(id, approve, verdict));
  markTask: EngineApi["markTask"] = (id, mark) => this.#ofTask(id, this.#parts.graph.people.mark(id, mark));
  dismissTask = (id: string) => this.#ofTask(id, this.#parts.people.dismissTask(id));
  rescheduleTask: EngineApi["rescheduleTask"] = (id, dueAt) =>
    this.#ofTask(id, this.#parts.edits.reschedule(id, dueAt));
  replaceTask: EngineApi["replaceTask"] = (id, spec, by) => this.#ofTask(id, this.#parts.edits.replace(id, spec, by));
  moveTask: EngineApi["moveTask"] = (id, change, by) => this.#ofTask(id, this.#parts.people.moveTask(id, change, by));

  compileRun: EngineApi["compileRun"] = (submission) => compileRun(this.#options, submission);
  setWorkflow: EngineApi["setWorkflow"] = (submission, by, only) =>
    this.#parts.graph.workflows.set(submission, by, only);
  removeWorkflow: EngineApi["removeWorkflow"] = (name) => this.#parts.graph.workflows.remove(name);
  workflow: EngineApi["workflow"] = (name) => this.#parts.graph.workflows.one(name);
  workflows: EngineApi["workflows"] = (recent) => this.#parts.graph.workflows.all(recent);
  workflowVersions: EngineApi["workflowVersions"] = (name) => this.#parts.graph.workflows.versions(name);
  workflowVersion: EngineApi["workflowVersion"] = (name, hash) => this.#parts.graph.workflows.version(name, hash);
  workflowGrid: EngineApi["workflowGrid"] = (name, page) => this.#parts.graph.workflows.grid(name, page);

  async deleteTask(id: string): Promise<void> {
    await this.#parts.retention.remove((state) => [this.#parts.people.deletable(state, id)]);
    this.#parts.feed.event({ type: "task_deleted", id, at: this.#options.clock.now() });
  }

  clearEnded(keep: number): Promise<number> {
    return this.#parts.retention.clear(keep);
  }

  configureArm = (name: string, change: ArmChange): Promise<ArmView> => this.#parts.limits.configureArm(name, change);
  removeArm = (name: string): Promise<void> => this.#parts.limits.removeArm(name);
  arm = (name: string) => this.#parts.limits.arm(name);
  setQuota = (owner: string, quota: Quota) => this.#parts.limits.setQuota(owner, quota);
  removeQuota = (owner: string): Promise<void> => this.#parts.limits.removeQuota(owner);
  quotas = () => this.#parts.limits.quotas();

  countTasks = (filter: BulkFilter): Promise<number> => this.#parts.bulk.count(filter);
  startBulk = (spec: BulkSpec): Promise<BulkView> => this.#parts.bulk.start(spec);
  cancelBulk = (id: string): Promise<BulkView> => this.#parts.bulk.cancel(id);
  bulk = (id: string): BulkView | undefined => this.#parts.bulk.bulk(id);
  bulks = (): BulkView[] => this.#parts.bulk.bulks();

  /** What a task is after that was done to it. */
  async #ofTask(id: string, done: Promise<void>): Promise<TaskView> {
    await done;
    const task = this.task(id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${id} any more`);
    return task;
  }

  async #ofRun(id: string, done: Promise<void>): Promise<RunView> {
    await done;
    return this.#parts.reads.runView(id)!;
  }

  // --- reads ---

  task = (id: string): TaskDetail | undefined => this.#parts.reads.task(id);
  tasks = (filter: TaskFilter) => this.#parts.reads.tasks(filter);
  listTasks = (filter: TaskFilter) => this.#parts.reads.listTasks(filter);
  run = (id: string): RunDetail | undefined => this.#parts.reads.run(id);
  runs = (filter: RunFilter) => this.#parts.reads.runs(filter);
  arms = () => this.#parts.reads.arms();
  workers = () => this.#parts.reads.workers();
  status = () => this.#parts.reads.status();
  metrics = (): string => this.#parts.metrics.text();
  history: EngineApi["history"] = (minutes, arm) => this.#parts.histories.read(minutes, this.#options.clock.now(), arm);
  explain = (id: string) => this.#parts.reads.explain(id);
  explainRun = (id: string) => explainRun(this.#parts.reads, id);
  artifacts: EngineApi["artifacts"] = (id, attempt) => this.#parts.reads.artifacts(id, attempt);
  readArtifact: EngineApi["readArtifact"] = (id, path, attempt) => this.#parts.reads.readArtifact(id, path, attempt);
  putArtifact: EngineApi["putArtifact"] = () => this.#parts.results.sink();
  openArtifact: EngineApi["openArtifact"] = (sha256) => this.#options.artifacts.open(sha256);
  logs: EngineApi["logs"] = (id, options) => this.#parts.reads.logs(id, options);
  logPage: EngineApi["logPage"] = (id, asked) => this.#parts.reads.logPage(id, asked);
  logExtent: EngineApi["logExtent"] = (id, attempt) => this.#parts.reads.logExtent(id, attempt);
  findInLog: EngineApi["findInLog"] = (id, search, signal) => this.#parts.reads.findInLog(id, search, signal);
  resultText = (id: string) => this.#parts.reads.resultText(id);

  setSchedule: EngineApi["setSchedule"] = (spec, by) => this.#parts.schedules.set(spec, by);
  previewSchedule: EngineApi["previewSchedule"] = (spec, count) => this.#parts.schedules.preview(spec, count);
  removeSchedule: EngineApi["removeSchedule"] = (name) => this.#parts.schedules.remove(name);
  pauseSchedule: EngineApi["pauseSchedule"] = (name, paused) => this.#parts.schedules.pause(name, paused);
  triggerSchedule: EngineApi["triggerSchedule"] = (name) => this.#parts.schedules.trigger(name);
  backfillSchedule: EngineApi["backfillSchedule"] = (name, from, to, options) =>
    this.#parts.schedules.backfill(name, from, to, options);
  schedule: EngineApi["schedule"] = (name) => this.#parts.schedules.one(name);
  schedules: EngineApi["schedules"] = (results) => this.#parts.schedules.all(results);
  scheduleHeat: EngineApi["scheduleHeat"] = (name, question) => this.#parts.schedules.heat(name, question);
  nextTicks: EngineApi["nextTicks"] = (name, count, after) => this.#parts.schedules.next(name, count, after);
  ticks: EngineApi["ticks"] = (name, options) => this.#parts.schedules.history(name, options);
  setCalendar: EngineApi["setCalendar"] = (name, days) => this.#parts.schedules.setCalendar(name, days);
  removeCalendar: EngineApi["removeCalendar"] = (name) => this.#parts.schedules.removeCalendar(name);
  calendars: EngineApi["calendars"] = () => this.#parts.schedules.calendars();

  async waitTask(id: string, waitMs: number, signal?: AbortSignal): Promise<TaskDetail | undefined> {
    const seq = resolveTask(this.state, this.#options.library, id);
    if (seq === undefined) return undefined;
    await this.#untilEnded({ kind: "tasks", seq }, waitMs, signal);
    return this.task(`t${seq}`);
  }

  async waitRun(id: string, waitMs: number, signal?: AbortSignal): Promise<RunDetail | undefined> {
    await this.#untilEnded({ kind: "runs", seq: runNumber(id) }, waitMs, signal);
    return this.run(id);
  }

  /** Resolves when nothing that may not be durable is in sight, too: the time may be over in the midst of an append. */
  async #untilEnded(
    { kind, seq }: { kind: "tasks" | "runs"; seq: number },
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    await this.#parts.waits.for({
      subject: `${kind === "tasks" ? "t" : "r"}${seq}`,
      // One that has ended stays in memory until that is durable, and nobody may be told before.
      isLive: () => this.state[kind].get(seq) !== undefined,
      timeout: (callback) => (waitMs === Infinity ? () => {} : clock.wakeAt(clock.now() + waitMs, callback)),
      signal,
    });
    for (let settled = this.settled(); settled !== undefined; settled = this.settled()) await settled;
  }

  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void {
    return this.#parts.feed.subscribe(lastId, listener);
  }

  subscribeOthers(listener: (event: FeedEvent) => void): () => void {
    return this.#parts.feed.subscribeOthers(listener);
  }

  watchLogs(id: string, listener: () => void): () => void {
    const seq = resolveTask(this.state, this.#options.library, id);
    return seq === undefined ? () => {} : this.#parts.workers.watchLogs(seq, listener);
  }

  beat(worker: string, session: string): boolean {
    return this.#parts.workers.beat(worker, session);
  }

  connectWorker(port: WorkerPort, origin: WorkerOrigin = {}): WorkerSession {
    return this.#parts.workers.connect(port, origin);
  }
}
