/**
 * The engine: puts the turn loop, the workers, the feed and the reads together behind `EngineApi`. What is decided is
 * core's business, when it is decided `turns.ts`'s; here it is turned into promises, messages and views.
 */
import { OctopusError } from "../base/errors.ts";
import { isEnded, type TaskState } from "../base/words.ts";
import type { Quota } from "../core/asks.ts";
import type { ArmChange, Command, NewTask } from "../core/command.ts";
import type { Event } from "../core/event.ts";
import type { AcceptedTask, Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { ArmView, RunDetail, RunView, Submitted, TaskDetail, TaskView } from "../protocol/views.ts";
import type { EngineApi, RunFilter, RunSpec, TaskFilter, WorkerPort, WorkerSession } from "./api.ts";
import { Feed } from "./feed.ts";
import { Limits, RoomCheck } from "./limits.ts";
import type { Artifacts, Clock, Journal, Library, Log, LogStore, Outside } from "./ports.ts";
import { rejected } from "./refusals.ts";
import { Reads } from "./reads.ts";
import { Results } from "./results.ts";
import { routeTasks } from "./routing.ts";
import { Retention, type RetentionPolicy } from "./retention.ts";
import {
  BulkCheck,
  linkTasks,
  type Preparation,
  prepareTasks,
  resolveTask,
  type TaskDefaults,
  type World,
} from "./submission.ts";
import { tell } from "./tell.ts";
import { Schedules } from "./schedules.ts";
import { Turns } from "./turns.ts";
import { Waits } from "./waits.ts";
import { WorkCache } from "./work-cache.ts";
import { Workers } from "./workers.ts";

export interface EngineOptions {
  clock: Clock;
  journal: Journal;
  library: Library;
  logs: LogStore;
  artifacts: Artifacts;
  outside: Outside;
  log: Log;
  version: string;
  dataDir: string;
  /** Distinguishes this process's feed from the one before; any short text without a dash. */
  boot: string;
  leaseMs: number;
  heartbeatMs: number;
  /** Results of more JSON bytes than this are kept as artifacts. */
  resultBytesMax: number;
  defaults: TaskDefaults;
  retention: RetentionPolicy;
  /** Called after every turn; for tests and the simulator. */
  inspect?: ((state: State, turn: Turn) => void) | undefined;
}

/** Tasks of one bulk submission decided in one command. */
const BULK_STEP = 512;

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
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#preparation = { ...options.defaults, digest: (text) => options.outside.digest(text) };
    this.#feed = new Feed(options.boot, () => options.clock.now());
    this.#turns = new Turns(
      { ...options, calendar: options.outside.calendar },
      {
        appended: (turn) => this.#appended(turn),
        recovered: () => this.#schedules.ticks.resume(),
        flush: () => {
          this.#workers.flush();
          this.#feed.flush();
        },
        reset: (error) => {
          this.#works.clear();
          this.#workers.reset();
          this.#schedules.ticks.reset(error);
        },
      },
    );
    const results = new Results(options);
    this.#workers = new Workers({ ...options, results }, this.#turns, this.#works, this.#feed);
    this.#reads = new Reads(options, this.#turns, this.#workers);
    this.#limits = new Limits(this.#turns, options.clock);
    this.#retention = new Retention({ ...options, results }, this.#turns);
    this.#schedules = new Schedules({ ...options, preparation: this.#preparation }, this.#turns);
    this.#schedules.ticks.resume();
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
    await this.#turns.stop();
    this.#workers.close();
    this.#waits.wakeAll();
  }

  // --- what people ask for ---

  async submit(specs: TaskSpec[]): Promise<Submitted[]> {
    const { clock } = this.#options;
    if (specs.length <= BULK_STEP) return this.#submitStep(specs, prepareTasks(specs, this.#preparation, false));
    // Every step is looked over before the first one is accepted, and none holds the loop for long.
    const check = new BulkCheck(specs);
    const room = new RoomCheck();
    const steps: { specs: TaskSpec[]; tasks: NewTask[] }[] = [];
    for (let from = 0; from < specs.length; from += BULK_STEP) {
      const step = specs.slice(from, from + BULK_STEP);
      const tasks = prepareTasks(step, this.#preparation, false);
      check.check(tasks, from, this.#world());
      routeTasks(tasks, step, this.state, this.#options.defaults, { from });
      room.check(tasks, from, this.#world());
      steps.push({ specs: step, tasks });
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
    return (await Promise.all(steps.map((step) => this.#submitStep(step.specs, step.tasks)))).flat();
  }

  #world(): World {
    return { state: this.state, library: this.#options.library };
  }

  #submitStep(specs: readonly TaskSpec[], tasks: NewTask[]): Promise<Submitted[]> {
    return new Promise((resolve, reject) => {
      this.#turns.push({
        command: () => {
          linkTasks(tasks, specs, this.#world());
          routeTasks(tasks, specs, this.state, this.#options.defaults);
          return { type: "SubmitTasks", tasks };
        },
        done: (reply) => (reply.ok ? resolve(reply.tasks!.map(submitted)) : reject(rejected(reply.rejection))),
        failed: reject,
      });
    });
  }

  async submitRun(run: RunSpec): Promise<{ id: string }> {
    const { workflow, params, definition } = run;
    const tasks = prepareTasks(run.tasks, this.#preparation, true);
    linkTasks(tasks, run.tasks, undefined);
    const reply = await this.#ask((state) => {
      routeTasks(tasks, run.tasks, state, this.#options.defaults);
      return { type: "SubmitRun", workflow, params, definition, tasks };
    });
    return { id: `r${reply.run!}` };
  }

  async cancelTask(id: string, reason = "cancelled by a person"): Promise<TaskView> {
    await this.#ask((state) => {
      const task = this.#find(state, id);
      if (state.tasks.get(task) === undefined) {
        const ended = this.#options.library.stateOf(task)!;
        throw new OctopusError("conflict", `task ${id} has ended already: it is ${ended}`);
      }
      return { type: "CancelTask", task, reason };
    });
    return this.#mustSee(id);
  }

  async cancelRun(id: string, reason = "the run was cancelled by a person"): Promise<RunView> {
    await this.#ask((state) => {
      const run = runNumber(id);
      const live = state.runs.get(run);
      if (live === undefined || live.open === 0) {
        const ended = this.#options.library.run(run);
        if (ended === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
        throw new OctopusError("conflict", `run ${id} has ended already: it is ${ended.state}`);
      }
      return { type: "CancelRun", run, reason, tasks: this.#options.library.taskSeqsOfRun(run) };
    });
    return this.run(id)!;
  }

  async retryTask(id: string): Promise<TaskView> {
    const { library } = this.#options;
    await this.#ask((state) => {
      const seq = this.#find(state, id);
      const live = state.tasks.get(seq);
      if (live !== undefined) throw new OctopusError("conflict", `task ${id} cannot be retried: it is ${live.state}`);
      const task = library.endedTask(seq);
      if (task === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
      for (const need of task.definition.needs ?? []) {
        const needState = library.stateOf(need);
        if (needState === undefined || needState === "succeeded") continue;
        const message = `task ${id} needs t${need}, which is ${needState}; retry that one, and this one follows`;
        throw new OctopusError("conflict", message);
      }
      const run = task.definition.run === undefined ? undefined : library.endedRun(task.definition.run);
      return { type: "RetryTask", task, dependents: library.dependents(task), children: library.blockedOn(seq), run };
    }, true);
    return this.#mustSee(id);
  }

  async deleteTask(id: string): Promise<void> {
    await this.#retention.remove((state) => {
      const task = this.#find(state, id);
      const live = state.tasks.get(task);
      if (live !== undefined)
        throw new OctopusError("conflict", `task ${id} is ${live.state}; cancel it before deleting it`);
      const { state: ended, definition } = this.#options.library.endedTask(task)!;
      // The outcome of a run is made from its tasks: they go together, after it has ended.
      if (definition.run !== undefined && (state.runs.get(definition.run)?.open ?? 0) > 0) {
        throw new OctopusError(
          "conflict",
          `task ${id} belongs to r${definition.run}, which has not ended; delete it after that`,
        );
      }
      return [{ task, state: ended }];
    });
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

  async #ask(command: (state: State) => Command, alone = false): Promise<Extract<Reply, { ok: true }>> {
    const reply = await (alone ? this.#turns.askAlone(command) : this.#turns.ask(command));
    if (!reply.ok) throw rejected(reply.rejection);
    return reply;
  }

  #find(state: State, id: string): number {
    const seq = resolveTask(state, this.#options.library, id);
    if (seq === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
    return seq;
  }

  #mustSee(id: string): TaskView {
    const task = this.task(id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${id} any more`);
    return task;
  }

  // --- after a turn ---

  /** The turn is durable: feed, waits, and messages to workers follow. */
  #appended(turn: Turn): void {
    for (const event of turn.events) this.#follow(event, turn);
    this.#workers.carryOut(turn);
  }

  #follow(event: Event, turn: Turn): void {
    tell(this.#feed, event, turn);
    this.#schedules.ticks.follow(event);
    switch (event.type) {
      case "TaskSubmitted":
        this.#works.add(event.task, event.work);
        return this.#taskMoved(event.task, event.state);
      case "AttemptEnded":
        this.#workers.forgetProgress(event.task);
        return this.#taskMoved(event.task, event.next);
      case "TaskEnded":
        return this.#taskMoved(event.task, event.state);
      case "RunEnded":
        return this.#waits.wake(`r${event.run}`);
      default:
    }
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
  runs = (filter: RunFilter) => this.#options.library.runs(filter);
  arms = () => this.#reads.arms();
  workers = () => this.#reads.workers();
  status = () => this.#reads.status();
  explain = (id: string) => this.#reads.explain(id);
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

  connectWorker(port: WorkerPort, local = false): WorkerSession {
    return this.#workers.connect(port, local);
  }
}

function submitted(task: AcceptedTask): Submitted {
  const id = task.key ?? `t${task.task}`;
  return task.existed ? { id, state: task.state, existed: true } : { id, state: task.state };
}

function runNumber(id: string): number {
  const match = /^r?(\d+)$/.exec(id);
  return match === null ? -1 : Number(match[1]);
}
