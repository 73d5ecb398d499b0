/**
 * What becomes of tasks, counted in the loop that tells of every turn. Nothing is counted before somebody has asked for the
 * metrics once: a server that nobody watches pays nothing.
 *
 * MX2  Times between two events of a task are measured for at most `TIMED_MAX` tasks at once; the counts are of all.
 */
import { type Counter, Counters, type Histogram, Histograms } from "../../base/metrics.ts";
import { isEnded, type TaskState, type TickAction } from "../../base/words.ts";
import type { Event } from "../../core/event.ts";
import type { State } from "../../core/state.ts";
import type { Task } from "../../core/task.ts";
import type { Turn } from "../../core/turn.ts";

const TIMED_MAX = 4096;
/** Types that are told apart in each arm. */
const TYPES_MAX = 50;
const OTHER = "other";
const MISSED: ReadonlySet<TickAction> = new Set(["skipped", "missed", "failed"]);

/** What is counted of one arm: found once, so that an event costs no look-up by labels. */
interface ArmRecord {
  readonly name: string;
  readonly queue: Histogram;
  readonly run: Histogram;
  readonly endToEnd: Histogram;
  readonly retries: Counter;
  readonly dead: Counter;
  /** By type, then by state. */
  readonly types: Map<string, Partial<Record<TaskState, Counter>>>;
}

export class TaskMetrics {
  readonly transitions = new Counters("octopus_task_transitions_total", "Tasks that came into a state.", [
    "arm",
    "type",
    "to",
  ]);
  readonly retries = new Counters("octopus_retries_total", "Attempts that were followed by another try.", ["arm"]);
  readonly deadLetters = new Counters("octopus_dead_letters_total", "Tasks that failed with no try left.", ["arm"]);
  readonly queueSeconds = new Histograms("octopus_task_queue_seconds", "From ready to started.", ["arm"]);
  readonly runSeconds = new Histograms("octopus_task_run_seconds", "Length of attempts.", ["arm"]);
  readonly endToEndSeconds = new Histograms("octopus_task_end_to_end_seconds", "From submitted to ended.", ["arm"]);
  readonly scheduleLag = new Histograms("octopus_schedule_lag_seconds", "From due to fired, of ticks.");
  readonly missedTicks = new Counters("octopus_missed_ticks_total", "Ticks that were not fired.", ["action"]);
  readonly families = [
    ...[this.transitions, this.retries, this.deadLetters, this.queueSeconds, this.runSeconds],
    ...[this.endToEndSeconds, this.scheduleLag, this.missedTicks],
  ];
  readonly #arms = new Map<string, ArmRecord>();
  /** Since when a task is ready, and when it was submitted: epoch milliseconds. */
  readonly #readyAt = new Map<number, number>();
  readonly #createdAt = new Map<number, number>();

  /** Called after the append, before what has ended is forgotten. */
  follow({ events, state, now }: Turn): void {
    for (const event of events) this.#take(event, "task" in event ? state.tasks.get(event.task) : undefined, now);
  }

  /** Forgets those that are gone without an end: they would take the places of others. */
  sweep({ tasks }: State): void {
    for (const times of [this.#readyAt, this.#createdAt]) {
      for (const seq of times.keys()) if (tasks.get(seq) === undefined) times.delete(seq);
    }
  }

  #take(event: Event, task: Task | undefined, now: number): void {
    switch (event.type) {
      case "TaskSubmitted":
      case "TaskReopened":
        note(this.#createdAt, event.task, now);
        return this.#moved(task, event.state, now);
      case "TaskReady":
        return this.#moved(task, "queued", now);
      case "TaskScheduled":
        return this.#moved(task, "scheduled", now);
      case "AttemptStarted":
        return this.#moved(task, "running", now);
      case "AttemptEnded":
        return this.#attemptEnded(event, task, now);
      case "TaskEnded":
        return this.#moved(task, event.state, now);
      case "ScheduleFired":
        return this.scheduleLag.at().observe(Math.max(0, now - event.tick) / 1000);
      case "ScheduleTicked":
        if (MISSED.has(event.action)) this.missedTicks.at(event.action).count++;
        return;
      default:
    }
  }

  #attemptEnded(event: Extract<Event, { type: "AttemptEnded" }>, task: Task | undefined, now: number): void {
    if (task === undefined) return;
    const arm = this.#arm(task.lane.arm.name);
    arm.run.observe((event.durationMs ?? now - event.startedAt) / 1000);
    if (event.dead === true) arm.dead.count++;
    if (!isEnded(event.next)) arm.retries.count++;
    this.#moved(task, event.next, now);
  }

  /** A task came into this state. */
  #moved(task: Task | undefined, to: TaskState, now: number): void {
    if (task === undefined) return;
    const { seq } = task;
    const arm = this.#arm(task.lane.arm.name);
    this.#counter(arm, task.type, to).count++;
    if (to === "queued") note(this.#readyAt, seq, now);
    else if (to === "running") observe(this.#readyAt, seq, arm.queue, now);
    else if (isEnded(to)) {
      this.#readyAt.delete(seq);
      observe(this.#createdAt, seq, arm.endToEnd, now);
    }
  }

  #arm(name: string): ArmRecord {
    let arm = this.#arms.get(name);
    if (arm === undefined) {
      arm = {
        name,
        queue: this.queueSeconds.at(name),
        run: this.runSeconds.at(name),
        endToEnd: this.endToEndSeconds.at(name),
        retries: this.retries.at(name),
        dead: this.deadLetters.at(name),
        types: new Map(),
      };
      this.#arms.set(name, arm);
    }
    return arm;
  }

  #counter({ name, types }: ArmRecord, type: string, to: TaskState): Counter {
    let counts = types.get(type);
    if (counts === undefined) {
      if (types.size > TYPES_MAX && type !== OTHER) return this.#counter(this.#arm(name), OTHER, to);
      types.set(type, (counts = {}));
    }
    return (counts[to] ??= this.transitions.at(name, type, to));
  }
}

function observe(times: Map<number, number>, task: number, seconds: Histogram, now: number): void {
  const since = times.get(task);
  if (since === undefined) return;
  times.delete(task);
  seconds.observe((now - since) / 1000);
}

function note(times: Map<number, number>, task: number, now: number): void {
  if (times.size < TIMED_MAX) times.set(task, now);
}
