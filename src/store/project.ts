/**
 * Events to rows. Each kind of event has its prepared statements; a turn's events run inside the one transaction that
 * `journal.ts` opened. The commonest three (submitted, started, ended) decide the speed of the whole system: an insert, a
 * small insert into a table that fits one page, and an update.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { unreachable } from "../base/assert.ts";
import type { AttemptEnded, Event, TaskReopened, TaskSubmitted } from "../core/event.ts";
import { kindCode, outcomeCode, runStateCode, stateCode } from "./codes.ts";
import { ATTEMPT_COLUMNS } from "./schema.ts";

export class Projection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #workerIds = new Map<string, number>();
  readonly #insertTask: StatementSync;
  readonly #insertPlainTask: StatementSync;
  readonly #start: StatementSync;
  readonly #stop: StatementSync;
  readonly #succeed: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insertPlainTask = db.prepare(
      "INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work) VALUES (?1, 2, ?2, ?2, ?2, ?3, ?4, ?5)",
    );
    this.#insertTask = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, due_at, reason, key, hash, run, name,
         handler, only_worker, arm, priority, policy, expires_at, needs, tags)
       VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)`,
    );
    this.#start = db.prepare("INSERT INTO running (task, attempt, worker, started_at) VALUES (?, ?, ?, ?)");
    this.#stop = db.prepare("DELETE FROM running WHERE task = ?");
    this.#succeed = db.prepare(
      `UPDATE task SET state = 4, outcome = 0, attempt = ?, worker = ?, started_at = ?, ended_at = ?, duration_ms = ?, result = ?
       WHERE seq = ?`,
    );
  }

  apply(event: Event, at: number): void {
    switch (event.type) {
      case "TaskSubmitted":
        return this.#taskSubmitted(event, at);
      case "AttemptStarted":
        this.#start.run(event.task, event.attempt, event.worker, at);
        return;
      case "AttemptEnded":
        return this.#attemptEnded(event, at);
      case "TaskReady":
        this.#run("UPDATE task SET state = 2, ready_at = ?, due_at = NULL WHERE seq = ?", at, event.task);
        return;
      case "TaskScheduled":
        this.#run("UPDATE task SET state = 1, due_at = ? WHERE seq = ?", event.dueAt, event.task);
        return;
      case "TaskEnded":
        this.#run(
          "UPDATE task SET state = ?, ended_at = ?, reason = ?, due_at = NULL WHERE seq = ?",
          stateCode[event.state],
          at,
          event.reason ?? null,
          event.task,
        );
        return;
      case "CancelRequested":
        this.#run("UPDATE running SET cancel = ? WHERE task = ?", event.reason, event.task);
        this.#audit(at, "cancel", `t${event.task}`, event.reason);
        return;
      case "TaskReopened":
        return this.#taskReopened(event, at);
      case "TasksDeleted":
        return this.#tasksDeleted(event.tasks);
      case "RunCreated":
        this.#run(
          "INSERT INTO run (seq, workflow, state, created_at, params, definition) VALUES (?, ?, 0, ?, ?, ?)",
          event.run,
          event.workflow,
          at,
          json(event.params),
          event.definition ?? null,
        );
        return;
      case "RunStarted":
        this.#run("UPDATE run SET state = 1, started_at = ? WHERE seq = ?", at, event.run);
        return;
      case "RunCancelRequested":
        this.#run("UPDATE run SET cancelled = 1 WHERE seq = ?", event.run);
        this.#audit(at, "cancel", `r${event.run}`, undefined);
        return;
      case "RunEnded":
        this.#run(
          "UPDATE run SET state = ?, ended_at = ?, counts = ? WHERE seq = ?",
          runStateCode[event.state],
          at,
          JSON.stringify(event.counts),
          event.run,
        );
        return;
      case "RunReopened":
        this.#run("UPDATE run SET state = 1, cancelled = 0, ended_at = NULL, counts = NULL WHERE seq = ?", event.run);
        return;
      case "ArmConfigured":
        this.#run(
          `INSERT INTO arm (name, enabled, max_parallel) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET enabled = excluded.enabled, max_parallel = excluded.max_parallel`,
          event.arm,
          event.enabled ? 1 : 0,
          event.maxParallel ?? null,
        );
        this.#audit(
          at,
          "configure arm",
          event.arm,
          `enabled ${event.enabled}, maxParallel ${event.maxParallel ?? "none"}`,
        );
        return;
      case "WorkerJoined":
        this.#run(
          `INSERT INTO worker (name, slots, kinds, functions, host, pid, octopus, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET slots = excluded.slots, kinds = excluded.kinds, functions = excluded.functions,
             host = excluded.host, pid = excluded.pid, octopus = excluded.octopus, joined_at = excluded.joined_at,
             left_at = NULL, left_reason = NULL`,
          event.worker,
          event.slots,
          JSON.stringify(event.kinds),
          JSON.stringify(event.functions),
          event.host,
          event.pid,
          event.octopus,
          at,
        );
        return;
      case "WorkerDraining":
        return;
      case "WorkerLeft":
        this.#run("UPDATE worker SET left_at = ?, left_reason = ? WHERE name = ?", at, event.reason, event.worker);
        return;
      default:
        unreachable(event);
    }
  }

  #taskSubmitted(event: TaskSubmitted, at: number): void {
    const { task, state, taskType, kind, work } = event;
    if (isPlain(event)) {
      this.#insertPlainTask.run(task, at, taskType, kindCode[kind], work);
      return;
    }
    this.#insertTask.run(
      task,
      stateCode[state],
      at,
      taskType,
      kindCode[kind],
      work,
      event.dueAt ?? null,
      event.reason ?? null,
      event.key ?? null,
      event.hash ?? null,
      event.run ?? null,
      event.name ?? null,
      event.handler === undefined || event.handler === taskType ? null : event.handler,
      event.worker ?? null,
      event.arm === "default" ? null : event.arm,
      event.priority === 5 ? null : event.priority,
      json(event.policy),
      event.expiresAt ?? null,
      json(event.needs),
      json(event.tags),
    );
  }

  #attemptEnded(event: AttemptEnded, at: number): void {
    const { task, attempt, worker, startedAt, next } = event;
    this.#stop.run(task);
    if (attempt > 1) this.#keepAttempt(task);
    const duration = event.durationMs ?? null;
    if (next === "succeeded" && event.exitCode === undefined && event.resultRef === undefined) {
      this.#succeed.run(attempt, this.#workerId(worker), startedAt, at, duration, event.result ?? null, task);
      return;
    }
    // Work that was taken back keeps the place in its queue that its old `ready_at` gives it.
    const readyAt = next === "queued" && event.counted ? at : null;
    this.#run(
      `UPDATE task SET state = ?, outcome = ?, attempt = ?, worker = ?, started_at = ?, ended_at = ?, duration_ms = ?,
         result = ?, result_ref = ?, exit_code = ?, signal = ?, cpu_ms = ?, max_rss_bytes = ?, error = ?, due_at = ?,
         ready_at = coalesce(?, ready_at), reason = ?, tries = coalesce(tries, 0) + ?, losses = coalesce(losses, 0) + ?
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
      next === "succeeded" ? null : (event.reason ?? null),
      event.counted ? 1 : 0,
      event.outcome === "lost" ? 1 : 0,
      task,
    );
  }

  /** The number by which rows name a worker; given on first use. */
  #workerId(name: string): number {
    let id = this.#workerIds.get(name);
    if (id === undefined) {
      this.#run(
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
    this.#workerIds.clear();
  }

  /** The attempt that the task's row tells of makes room for a newer one. */
  #keepAttempt(task: number): void {
    this.#run(
      `INSERT OR REPLACE INTO attempt (task, ${ATTEMPT_COLUMNS}) SELECT seq, ${ATTEMPT_COLUMNS} FROM task WHERE seq = ? AND outcome IS NOT NULL`,
      task,
    );
  }

  #taskReopened(event: TaskReopened, at: number): void {
    this.#keepAttempt(event.task);
    this.#run(
      `UPDATE task SET state = ?, outcome = NULL, due_at = NULL, duration_ms = NULL,
         reason = NULL, result = NULL, result_ref = NULL, exit_code = NULL, signal = NULL, cpu_ms = NULL, max_rss_bytes = NULL,
         error = NULL, tries = NULL, losses = NULL, expires_at = NULL, ready_at = ? WHERE seq = ?`,
      stateCode[event.state],
      event.state === "queued" ? at : null,
      event.task,
    );
    if (event.state === "queued") this.#audit(at, "retry", `t${event.task}`, undefined);
  }

  #tasksDeleted(tasks: readonly number[]): void {
    for (const task of tasks) {
      this.#run("DELETE FROM attempt WHERE task = ?", task);
      this.#run("DELETE FROM task WHERE seq = ?", task);
    }
  }

  #audit(at: number, action: string, subject: string, detail: string | undefined): void {
    this.#run(
      "INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)",
      at,
      action,
      subject,
      detail ?? null,
    );
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    statement.run(...values);
  }
}

/** True when a submission says nothing beyond what it does: most do, and need six values instead of twenty-one. */
function isPlain(event: TaskSubmitted): boolean {
  return (
    event.state === "queued" &&
    event.arm === "default" &&
    event.priority === 5 &&
    event.key === undefined &&
    event.run === undefined &&
    event.name === undefined &&
    event.policy === undefined &&
    event.needs === undefined &&
    event.tags === undefined &&
    event.worker === undefined &&
    event.expiresAt === undefined &&
    event.dueAt === undefined &&
    (event.handler === undefined || event.handler === event.taskType)
  );
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
