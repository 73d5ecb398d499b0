/**
 * Events to rows. Each kind of event has its prepared statements; a turn's events run inside the one transaction that
 * `journal.ts` opened. The commonest three (submitted, started, ended) decide the speed of the whole system: an insert, a
 * small insert into a table that fits one page, and an update.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { unreachable } from "../base/assert.ts";
import type { Event } from "../core/event.ts";
import type { AttemptEnded, TaskEnded, TaskReopened, TaskSubmitted } from "../core/task-events.ts";
import type { StoredMeter } from "../core/load.ts";
import { outcomeCode, stateCode } from "./codes.ts";
import {
  askReopened,
  askReplaced,
  askSubmitted,
  attemptLeft,
  cacheHit,
  callbackDue,
  taskMoved,
  tasksDismissed,
} from "./project-asks.ts";
import { containerCancelled, nodeReopened, nodeSubmitted, projectGraph, saidOfEnd } from "./project-graph.ts";
import { tasksDeleted } from "./project-removals.ts";
import { workflowRemoved, workflowSet } from "./project-workflows.ts";
import { ScheduleRows } from "./project-schedules.ts";
import { projectAccess } from "./project-access.ts";
import { projectPlugin } from "./project-plugins.ts";
import { projectRun, workerJoined } from "./project-runs.ts";
import { projectSettings } from "./project-settings.ts";
import { RunningRows } from "./running-rows.ts";
import { ATTEMPT_COLUMNS } from "./schema.ts";
import { TaskInserts } from "./task-inserts.ts";
import { json, Statements } from "./statements.ts";

export class Projection {
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #schedules: ScheduleRows;
  readonly #workerIds = new Map<string, number>();
  readonly #inserts: TaskInserts;
  readonly #running: RunningRows;
  readonly #succeed: StatementSync;
  readonly #succeedAdmitted: StatementSync;
  /** Tasks that became ready in this batch, while nothing else is known of them. */
  readonly #ready = new Set<number>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#schedules = new ScheduleRows(this.#statements);
    this.#inserts = new TaskInserts(db);
    this.#running = new RunningRows(db);
    this.#succeed = db.prepare(
      `UPDATE task SET state = 4, outcome = 0, attempt = ?, worker = ?, started_at = ?, ended_at = ?, duration_ms = ?, result = ?
       WHERE seq = ?`,
    );
    this.#succeedAdmitted = db.prepare(
      `UPDATE task SET state = 4, outcome = 0, attempt = ?, worker = ?, started_at = ?, ended_at = ?, duration_ms = ?, result = ?,
         admitted_at = ? WHERE seq = ?`,
    );
  }

  /** PJ1  What these events say is in the tables after `finish`, not before. */
  apply(event: Event, at: number): void {
    if (this.#ready.size > 0) this.#settle(event, at);
    this.#running.before(event);
    switch (event.type) {
      case "TaskSubmitted":
        return this.#taskSubmitted(event, at);
      case "AttemptStarted":
        return this.#running.started(event, at);
      case "AttemptEnded":
        return this.#attemptEnded(event, at);
      case "TaskReady":
        this.#ready.add(event.task);
        return;
      case "TaskScheduled":
        this.#statements.run("UPDATE task SET state = 1, due_at = ? WHERE seq = ?", event.dueAt, event.task);
        return;
      case "TaskEnded":
        return this.#taskEnded(event, at);
      case "CacheKeyed":
        this.#statements.run("UPDATE ask SET cache_key = ? WHERE task = ?", event.key, event.task);
        return;
      case "TaskMoved":
        return taskMoved(this.#statements, event, at);
      case "TaskPutOff":
        return this.#statements.run(
          "UPDATE task SET due_at = ? WHERE seq = ?",
          event.dueAt === 0 ? null : event.dueAt,
          event.task,
        );
      case "TaskReplaced":
        this.#inserts.replaceWhole(event, at);
        return askReplaced(this.#statements, event);
      case "TasksDismissed":
        return tasksDismissed(this.#statements, event, at);
      case "CallbackDue":
        return callbackDue(this.#statements, event);
      case "CallbackSent":
        this.#statements.run("DELETE FROM due WHERE due = ?", event.due);
        return;
      case "CancelRequested":
        this.#statements.run("UPDATE running SET cancel = ? WHERE task = ?", event.reason, event.task);
        containerCancelled(this.#statements, event);
        this.#statements.audit(at, "cancel", `t${event.task}`, event.reason);
        return;
      case "TaskReopened":
        return this.#taskReopened(event, at);
      case "TasksDeleted":
        return tasksDeleted(this.#statements, event);
      case "RunCreated":
      case "RunStarted":
      case "RunCancelRequested":
      case "RunTimedOut":
      case "RunPlanned":
      case "RunEnded":
      case "RunReopened":
      case "RunSealed":
      case "RunDropped":
      case "RunPaused":
      case "RunAdmitted":
      case "RunTurned":
        return projectRun(this.#statements, event, at);
      case "TaskPrepared":
      case "TaskOpened":
      case "TaskExpanded":
      case "ApprovalAsked":
      case "TaskApproved":
        return projectGraph(this.#statements, event, at);
      case "WorkflowSet":
        return workflowSet(this.#statements, event, at);
      case "WorkflowRemoved":
        return workflowRemoved(this.#statements, event.workflow, at);
      case "ArmConfigured":
      case "ArmRemoved":
      case "QuotaSet":
      case "BulkStarted":
      case "BulkProgressed":
        return projectSettings(this.#statements, event, at);
      case "ScheduleSet":
      case "ScheduleRemoved":
      case "ScheduleTicked":
      case "ScheduleFired":
      case "CalendarSet":
        return this.#schedules.apply(event, at);
      case "WorkerJoined":
        return workerJoined(this.#statements, event, at);
      case "WorkerDraining":
      case "WorkerResumed":
      case "WorkerForgotten":
      case "ClusterFounded":
      case "TokenCreated":
      case "TokenRevoked":
      case "KeyTrusted":
      case "KeyUntrusted":
        return projectAccess(this.#statements, event, at);
      case "PluginPublished":
      case "PluginRemoved":
        return projectPlugin(this.#statements, event, at);
      case "WorkerLeft":
        this.#statements.run(
          "UPDATE worker SET left_at = ?, left_reason = ?, seen_at = ? WHERE name = ?",
          at,
          event.reason,
          event.seenAt ?? at,
          event.worker,
        );
        return;
      default:
        unreachable(event);
    }
  }

  /**
   * A task that becomes ready and starts in one turn costs one small insert and no update: `running` says it all, and its
   * row keeps the state that it had before, by which its end knows when it became ready.
   */
  #settle(event: Event, at: number): void {
    if (!("task" in event) || !this.#ready.delete(event.task)) return;
    if (event.type !== "AttemptStarted") this.#becomeReady(event.task, at);
  }

  #becomeReady(task: number, at: number): void {
    this.#statements.run("UPDATE task SET state = 2, ready_at = ?, due_at = NULL WHERE seq = ?", at, task);
  }

  /** To be called after the last event of a batch. */
  finish(at: number): void {
    for (const task of this.#ready) this.#becomeReady(task, at);
    this.#ready.clear();
  }

  /** The turns until `finishMany` are one batch. `finish` is called after each of them as ever. */
  beginMany(): void {
    this.#running.putOff();
  }

  finishMany(): void {
    this.#running.flush();
  }

  #taskSubmitted(event: TaskSubmitted, at: number): void {
    this.#inserts.run(event, at);
    if (event.asks !== undefined || event.callbacks !== undefined) askSubmitted(this.#statements, event, at);
    if (event.run !== undefined || event.node !== undefined) nodeSubmitted(this.#statements, event);
  }

  #attemptEnded(event: AttemptEnded, at: number): void {
    const { task, attempt, worker, startedAt, next } = event;
    this.#running.ended(task);
    if (attempt > 1) this.#keepAttempt(task);
    if (event.cache !== undefined || event.artifacts !== undefined) attemptLeft(this.#statements, event);
    const duration = event.durationMs ?? null;
    // A first attempt finds the columns of its outcome empty.
    if (next === "succeeded" && attempt === 1 && event.exitCode === undefined && event.resultRef === undefined) {
      const { result = null, admittedAt } = event;
      const name = this.#workerId(worker);
      if (admittedAt === undefined) this.#succeed.run(attempt, name, startedAt, at, duration, result, task);
      else this.#succeedAdmitted.run(attempt, name, startedAt, at, duration, result, admittedAt, task);
      return;
    }
    // Work that was taken back keeps the place in its queue that its old `ready_at` gives it, or its start, when it became
    // ready and started in one turn.
    const readyAt = next === "queued" && event.counted ? at : null;
    this.#statements.run(
      `UPDATE task SET state = ?, outcome = ?, attempt = ?, worker = ?, started_at = ?, ended_at = ?, duration_ms = ?,
         result = ?, result_ref = ?, exit_code = ?, signal = ?, cpu_ms = ?, max_rss_bytes = ?, error = ?, due_at = ?,
         ready_at = coalesce(?, iif(state < 2, ?, ready_at)), reason = ?, tries = coalesce(tries, 0) + ?, losses = coalesce(losses, 0) + ?,
         dead = ?, allowed = ?, admitted_at = ?, was_ready_at = iif(state < 2, ?, coalesce(ready_at, created_at))
       WHERE seq = ?`,
      stateCode[next],
      outcomeCode[event.outcome],
      attempt,
      this.#workerId(worker),
      startedAt,
      at,
      duration,
      event.result ?? null,
      event.resultRef ?? null,
      event.exitCode ?? null,
      event.signal ?? null,
      event.cpuMs ?? null,
      event.maxRssBytes ?? null,
      json(event.error),
      event.dueAt ?? null,
      readyAt,
      startedAt,
      next === "succeeded" ? null : (event.reason ?? null),
      event.counted ? 1 : 0,
      event.outcome === "lost" ? 1 : 0,
      event.dead === true ? 1 : null,
      event.allowed === true ? 1 : null,
      event.admittedAt ?? null,
      startedAt,
      task,
    );
  }

  #taskEnded(event: TaskEnded, at: number): void {
    const { task, cachedFrom } = event;
    if (cachedFrom !== undefined) {
      this.#keepAttempt(task);
      cacheHit(this.#statements, task, cachedFrom);
    }
    this.#statements.run(
      "UPDATE task SET state = ?, ended_at = ?, reason = ?, due_at = NULL, dead = ? WHERE seq = ?",
      stateCode[event.state],
      at,
      event.reason ?? null,
      event.dead === true ? 1 : null,
      task,
    );
    if (event.said === undefined && event.allowed === undefined && event.result === undefined) return;
    this.#keepAttempt(task);
    saidOfEnd(this.#statements, event, at);
  }

  /** What limits over time have used; one that is back to full is forgotten. */
  saveMeters(meters: Iterable<StoredMeter>): void {
    for (const { name, at, used } of meters) {
      if (used === 0) this.#statements.run("DELETE FROM meter WHERE name = ?", name);
      else this.#statements.run("INSERT OR REPLACE INTO meter (name, at, used) VALUES (?, ?, ?)", name, at, used);
    }
  }

  /** The number by which rows name a worker; given on first use. */
  #workerId(name: string): number {
    let id = this.#workerIds.get(name);
    if (id === undefined) {
      this.#statements.run(
        "INSERT INTO worker_name (id, name) SELECT coalesce(max(id), 1) + 1, ? FROM worker_name WHERE true ON CONFLICT DO NOTHING",
        name,
      );
      id = (this.#db.prepare("SELECT id FROM worker_name WHERE name = ?").get(name) as { id: number }).id;
      this.#workerIds.set(name, id);
    }
    return id;
  }

  /** The transaction was rolled back: what was given in it was not. */
  forget(): void {
    this.#running.forget();
    this.#ready.clear();
    this.#workerIds.clear();
  }

  /** The attempt that the task's row tells of makes room for a newer one. */
  #keepAttempt(task: number): void {
    this.#statements.run(
      `INSERT OR REPLACE INTO attempt (task, ${ATTEMPT_COLUMNS}, admitted_at, ready_at)
       SELECT seq, ${ATTEMPT_COLUMNS}, admitted_at,
         coalesce(was_ready_at, ready_at, iif(due_at IS NULL AND needs IS NULL, created_at, started_at))
       FROM task WHERE seq = ? AND outcome IS NOT NULL`,
      task,
    );
  }

  #taskReopened(event: TaskReopened, at: number): void {
    this.#keepAttempt(event.task);
    this.#statements.run(
      `UPDATE task SET state = ?, outcome = NULL, due_at = NULL, duration_ms = NULL,
         reason = NULL, result = NULL, result_ref = NULL, exit_code = NULL, signal = NULL, cpu_ms = NULL, max_rss_bytes = NULL,
         error = NULL, tries = NULL, losses = NULL, expires_at = NULL, ready_at = ?, dead = NULL, allowed = NULL
       WHERE seq = ?`,
      stateCode[event.state],
      event.state === "queued" ? at : null,
      event.task,
    );
    nodeReopened(this.#statements, event, at);
    if (event.anew === true) this.#inserts.replace(event);
    if (event.asks !== undefined || event.anew === true) askReopened(this.#statements, event);
    if (event.state === "queued") this.#statements.audit(at, "retry", `t${event.task}`);
  }
}
