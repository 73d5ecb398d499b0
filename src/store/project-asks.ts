/**
 * Rows of what tasks ask for beyond their arm: `ask`, unique keys, the cache, callbacks that are due, files they leave.
 * A plain task never comes here.
 */
import { isEnded } from "../base/words.ts";
import type { Origin } from "../core/asks.ts";
import type { Event } from "../core/event.ts";
import type { AttemptEnded, TaskReopened, TaskReplaced, TaskSubmitted } from "../core/task-events.ts";
import { stateCode } from "./codes.ts";
import { json, type Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;

/** A task with wishes was accepted; its row in `task` is there. */
export function askSubmitted(statements: Statements, event: TaskSubmitted, at: number): void {
  insertAsks(statements, event);
  const { task, asks, cachedFrom } = event;
  if (asks?.unique !== undefined) uniqueSubmitted(statements, event, at);
  if (cachedFrom !== undefined) copyResult(statements, task, cachedFrom);
}

type AskFields = Pick<TaskSubmitted, "task" | "asks" | "callbacks" | "cacheKey" | "cachedFrom">;

function insertAsks(statements: Statements, event: AskFields): void {
  const { task, asks = {}, callbacks = null, cacheKey = null, cachedFrom = null } = event;
  statements.run(
    `INSERT INTO ask (task, asks, callbacks, cache_key, cached_from, owner, concurrency_key, schedule, tick, callback_of)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    task,
    JSON.stringify(asks),
    callbacks,
    cacheKey,
    cachedFrom,
    asks.owner ?? null,
    asks.concurrency?.key ?? null,
    ...originColumns(asks.origin),
  );
}

const NO_ORIGIN = [null, null, null] as const;

/** Schedule, tick, and the task that a callback tells of. */
function originColumns(origin: Origin | undefined): readonly [string | null, number | null, number | null] {
  if (origin === undefined) return NO_ORIGIN;
  return origin.type === "schedule" ? [origin.schedule, origin.tick, null] : [null, null, origin.task];
}

function uniqueSubmitted(statements: Statements, { task, asks, state }: TaskSubmitted, at: number): void {
  const { key, scope, periodMs = 0 } = asks!.unique!;
  if (scope === "period") {
    const sql = "INSERT OR REPLACE INTO unique_key (key, task, until) VALUES (?, ?, ?)";
    statements.run(sql, key, task, at + periodMs);
  } else if (!isEnded(state)) takeKey(statements, key);
}

/** A live task has the key now, and with its end the key is free: what was left of another one's time means nothing more. */
function takeKey(statements: Statements, key: string): void {
  statements.run("DELETE FROM unique_key WHERE key = ?", key);
}

/** A task ended with the result of another one; an attempt that it had makes room. */
export function cacheHit(statements: Statements, task: number, from: number): void {
  statements.run("UPDATE ask SET cached_from = ? WHERE task = ?", from, task);
  copyResult(statements, task, from);
}

/** Result and files, so that they stay when the task that made them goes. Copied files count as left by attempt 0. */
function copyResult(statements: Statements, task: number, from: number): void {
  statements.run(
    `UPDATE task SET outcome = NULL, duration_ms = NULL, exit_code = NULL, signal = NULL, cpu_ms = NULL,
       max_rss_bytes = NULL, error = NULL,
       (result, result_ref) = (SELECT origin.result, origin.result_ref FROM task AS origin WHERE origin.seq = ?2)
     WHERE seq = ?1`,
    task,
    from,
  );
  statements.run(
    `INSERT OR REPLACE INTO artifact (task, attempt, path, hash, bytes)
     SELECT ?1, 0, path, hash, bytes FROM artifact
     WHERE task = ?2 AND attempt = (SELECT max(attempt) FROM artifact WHERE task = ?2)`,
    task,
    from,
  );
}

/** What the end of an attempt leaves beside the task's row. */
export function attemptLeft(statements: Statements, event: AttemptEnded): void {
  const { task, attempt, cache, artifacts } = event;
  if (cache !== undefined) {
    statements.run("INSERT OR REPLACE INTO cache (key, task, until) VALUES (?, ?, ?)", cache.key, task, cache.until);
  }
  for (const { path, hash, bytes } of artifacts ?? []) {
    const sql = "INSERT OR REPLACE INTO artifact (task, attempt, path, hash, bytes) VALUES (?, ?, ?, ?, ?)";
    statements.run(sql, task, attempt, path, hash, bytes);
  }
}

/** It is another task from now on. Its unique key, if it has one, is the same. */
export function askReplaced(statements: Statements, event: TaskReplaced): void {
  statements.run("DELETE FROM ask WHERE task = ?", event.task);
  if (event.asks !== undefined || event.callbacks !== undefined) insertAsks(statements, event);
}

/** It begins anew: what the cache knew of it is no longer so. */
export function askReopened(statements: Statements, event: TaskReopened): void {
  const { task, asks, attempt } = event;
  if (event.anew === true) statements.run("DELETE FROM ask WHERE task = ?", task);
  if (asks === undefined) return;
  if (event.anew === true) insertAsks(statements, { task, asks });
  const { unique } = asks;
  if (unique?.scope === "active" || (unique?.scope === "queued" && attempt === 0)) takeKey(statements, unique.key);
  statements.run(
    "UPDATE ask SET cache_key = NULL, cached_from = NULL, asks = coalesce(?, asks) WHERE task = ?",
    json(asks),
    task,
  );
  statements.run("DELETE FROM cache WHERE task = ?", task);
}

/** Another arm or priority. A task that waits in a queue goes to its end; one that runs keeps its place for later. */
export function taskMoved(statements: Statements, event: EventOf<"TaskMoved">, at: number): void {
  const { task, arm, priority } = event;
  statements.run(
    `UPDATE task SET arm = ?, priority = ?,
       ready_at = CASE WHEN state = ${stateCode.queued} AND seq NOT IN (SELECT task FROM running) THEN ? ELSE ready_at END
     WHERE seq = ?`,
    arm === "default" ? null : arm,
    priority === 5 ? null : priority,
    at,
    task,
  );
  statements.audit(at, "move", `t${task}`, `arm ${arm}, priority ${priority}`);
}

export function tasksDismissed(statements: Statements, event: EventOf<"TasksDismissed">, at: number): void {
  for (const task of event.tasks) {
    statements.run("UPDATE task SET dead = NULL WHERE seq = ?", task);
    statements.audit(at, "dismiss", `t${task}`);
  }
}

export function callbackDue(statements: Statements, event: EventOf<"CallbackDue">): void {
  const { due, task, on, state, attempt } = event;
  const sql = "INSERT INTO due (due, task, moment, state, attempt) VALUES (?, ?, ?, ?, ?)";
  statements.run(sql, due, task, on, stateCode[state], attempt);
  statements.run("UPDATE meta SET last_due = max(last_due, ?)", due);
}

/** Rows that speak of tasks which are no more; `tasks` is a JSON list of their numbers. */
export function forgetAsks(statements: Statements, tasks: string): void {
  for (const table of ["ask", "artifact", "cache", "unique_key", "due"]) {
    statements.run(`DELETE FROM ${table} WHERE task IN (SELECT value FROM json_each(?))`, tasks);
  }
}
