/**
 * What becomes of tasks, counted in the loop that tells of every turn. Nothing is counted before somebody has asked for the
 * metrics once: a server that nobody watches pays nothing.
 *
 * MX2  Times between two events of a task are measured for at most `TIMED_MAX` tasks at once; the counts are of all.
 */
import { type Counter, Counters, Histograms } from "../../base/metrics.ts";
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

/** By type, then by state. */
type ArmCounts = Map<string, Map<TaskState, Counter>>;

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
  readonly #counts = new Map<string, ArmCounts>();
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
        this.#moved(task, event.state);
        note(this.#createdAt, event.task, now);
        if (event.state === "queued") note(this.#readyAt, event.task, now);
        return;
      case "TaskReady":
        note(this.#readyAt, event.task, now);
        return this.#moved(task, "queued");
      case "TaskScheduled":
        return this.#moved(task, "scheduled");
      case "AttemptStarted":
        this.#since(this.#readyAt, this.queueSeconds, task, now);
        return this.#moved(task, "running");
      case "AttemptEnded":
        return this.#attemptEnded(event, task, now);
      case "TaskEnded":
        return this.#ended(task, event.state, now);
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
    const arm = task.lane.arm.name;
    this.runSeconds.at(arm).observe((event.durationMs ?? now - event.startedAt) / 1000);
    if (event.dead === true) this.deadLetters.at(arm).count++;
    if (isEnded(event.next)) return this.#ended(task, event.next, now);
    if (event.next === "queued") note(this.#readyAt, event.task, now);
    this.retries.at(arm).count++;
    this.#moved(task, event.next);
  }

  #ended(task: Task | undefined, state: TaskState, now: number): void {
    this.#moved(task, state);
    if (task === undefined) return;
    this.#readyAt.delete(task.seq);
    this.#since(this.#createdAt, this.endToEndSeconds, task, now);
  }

  #since(times: Map<number, number>, seconds: Histograms, task: Task | undefined, now: number): void {
    if (task === undefined) return;
    const since = times.get(task.seq);
    if (since === undefined) return;
    times.delete(task.seq);
    seconds.at(task.lane.arm.name).observe((now - since) / 1000);
  }

  #moved(task: Task | undefined, to: TaskState): void {
    if (task === undefined) return;
    const arm = task.lane.arm.name;
    let byType = this.#counts.get(arm);
    if (byType === undefined) this.#counts.set(arm, (byType = new Map()));
    let byState = byType.get(task.type);
    if (byState === undefined) {
      const type = byType.size < TYPES_MAX ? task.type : OTHER;
      byState = byType.get(type) ?? new Map<TaskState, Counter>();
      byType.set(type, byState);
    }
    let counter = byState.get(to);
    if (counter === undefined) {
      const type = byType.get(task.type) === byState ? task.type : OTHER;
      byState.set(to, (counter = this.transitions.at(arm, type, to)));
    }
    counter.count++;
  }
}

function note(times: Map<number, number>, task: number, now: number): void {
  if (times.size < TIMED_MAX) times.set(task, now);
}
