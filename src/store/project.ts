/**
 * Events to rows. Each kind of event has its prepared statements; a turn's events run inside the one transaction that
 * `journal.ts` opened. The commonest three (submitted, started, ended) decide the speed of the whole system: an insert, an
 * update, an update with an insert.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { unreachable } from "../base/assert.ts";
import { isEnded } from "../base/words.ts";
import type { AttemptEnded, Event, TaskReopened, TaskSubmitted } from "../core/event.ts";
import { kindCode, outcomeCode, runStateCode, stateCode } from "./codes.ts";

export class Projection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #insertTask: StatementSync;
  readonly #startAttempt: StatementSync;
  readonly #endAttempt: StatementSync;
  readonly #endTask: StatementSync;
  readonly #finishTask: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insertTask = db.prepare(
      `INSERT INTO task (seq, state, created_at, due_at, ended_at, reason, key, hash, run, name, type, kind, handler, worker,
         arm, priority, policy, expires_at, needs, tags, work)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#startAttempt = db.prepare("UPDATE task SET state = 3, attempt = ?, on_worker = ?, started_at = ? WHERE seq = ?");
    this.#endAttempt = db.prepare(
      `INSERT INTO attempt (task, n, outcome, worker, started_at, ended_at, duration_ms, exit_code, signal, cpu_ms,
         max_rss_bytes, error, result, result_ref)
       SELECT seq, attempt, ?, on_worker, started_at, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM task WHERE seq = ?`,
    );
    this.#finishTask = db.prepare("UPDATE task SET state = 4, ended_at = ? WHERE seq = ?");
    this.#endTask = db.prepare(
      `UPDATE task SET state = ?, ended_at = ?, due_at = ?, ready_at = coalesce(?, ready_at), reason = ?,
         tries = coalesce(tries, 0) + ?, losses = coalesce(losses, 0) + ?, cancel = NULL WHERE seq = ?`,
    );
  }

  apply(event: Event, at: number): void {
    switch (event.type) {
      case "TaskSubmitted":
        return this.#taskSubmitted(event, at);
      case "AttemptStarted":
        this.#startAttempt.run(event.attempt, event.worker, at, event.task);
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
        this.#run("UPDATE task SET cancel = ? WHERE seq = ?", event.reason, event.task);
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
        this.#audit(at, "configure arm", event.arm, `enabled ${event.enabled}, maxParallel ${event.maxParallel ?? "none"}`);
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
    this.#insertTask.run(
      event.task,
      stateCode[event.state],
      at,
      event.dueAt ?? null,
      isEnded(event.state) ? at : null,
      event.reason ?? null,
      event.key ?? null,
      event.hash ?? null,
      event.run ?? null,
      event.name ?? null,
      event.taskType,
      kindCode[event.kind],
      event.handler === undefined || event.handler === event.taskType ? null : event.handler,
      event.worker ?? null,
      event.arm === "default" ? null : event.arm,
      event.priority === 5 ? null : event.priority,
      json(event.policy),
      event.expiresAt ?? null,
      json(event.needs),
      json(event.tags),
      event.work,
    );
  }

  #attemptEnded(event: AttemptEnded, at: number): void {
    this.#endAttempt.run(
      outcomeCode[event.outcome],
      at,
      event.durationMs ?? null,
      event.exitCode ?? null,
      event.signal ?? null,
      event.cpuMs ?? null,
      event.maxRssBytes ?? null,
      json(event.error),
      event.result ?? null,
      event.resultRef ?? null,
      event.task,
    );
    if (event.next === "succeeded") {
      this.#finishTask.run(at, event.task);
      return;
    }
    // Work that was taken back keeps the place in its queue that its old `ready_at` gives it.
    const readyAt = event.next === "queued" && event.counted ? at : null;
    this.#endTask.run(
      stateCode[event.next],
      isEnded(event.next) ? at : null,
      event.dueAt ?? null,
      readyAt,
      event.reason ?? null,
      event.counted ? 1 : 0,
      event.outcome === "lost" ? 1 : 0,
      event.task,
    );
  }

  #taskReopened(event: TaskReopened, at: number): void {
    this.#run(
      `UPDATE task SET state = ?, ended_at = NULL, due_at = NULL, reason = NULL, cancel = NULL, tries = NULL, losses = NULL,
         expires_at = NULL, ready_at = ? WHERE seq = ?`,
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
    this.#run("INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)", at, action, subject, detail ?? null);
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

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
