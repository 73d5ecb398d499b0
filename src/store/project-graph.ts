/**
 * Rows of what tasks of workflows are beyond tasks that need others: `node`, and the columns of `task` that only they use.
 *
 * NR1  A task has a row in `node` when its definition has a rule, undoes a task or holds others, when the engine has to
 *      prepare it, or when a person said how it ended.
 * NR2  `template` is what the task does as its file says it, exactly while `work` is what came of that.
 */
import type { Event } from "../core/event.ts";
import type { TaskDefinition, TaskEnded, TaskReopened, TaskSubmitted } from "../core/task-events.ts";
import { isHolder, isNode, stateCode } from "./codes.ts";
import { json, type Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;
export type GraphEvent = EventOf<"TaskPrepared" | "TaskOpened" | "TaskExpanded" | "ApprovalAsked" | "TaskApproved">;

function rowOf(definition: TaskDefinition & { spec?: string | undefined }): boolean {
  const { node, of, kind, spec } = definition;
  if (of !== undefined || spec !== undefined || isHolder(kind)) return true;
  // A member without a rule is one without a row: there may be a million.
  return node !== undefined && (!isNode(definition) || Object.keys(node).length > 0);
}

/** A task was accepted; its row in `task` is there. */
export function nodeSubmitted(statements: Statements, event: TaskSubmitted): void {
  const { task, node, spec = null, of = null } = event;
  if (node === undefined && spec === null && of === null && !isHolder(event.kind)) return;
  if (!rowOf(event)) return;
  statements.run("INSERT INTO node (task, rule, spec, undoes) VALUES (?, ?, ?, ?)", task, json(node), spec, of);
}

export function projectGraph(statements: Statements, event: GraphEvent, at: number): void {
  const { task } = event;
  switch (event.type) {
    case "TaskPrepared":
      return taskPrepared(statements, event);
    case "TaskOpened":
      statements.run("UPDATE node SET prepared = 1, total = ?, made = 0 WHERE task = ?", event.total, task);
      begun(statements, task, at);
      return;
    case "TaskExpanded":
      statements.run("UPDATE node SET made = ? WHERE task = ?", event.made, task);
      return;
    case "ApprovalAsked":
      statements.run("UPDATE node SET asked = 1, until = ? WHERE task = ?", event.until ?? null, task);
      return;
    case "TaskApproved":
      statements.run(
        "UPDATE node SET asked = NULL, verdict = 'approved', verdict_by = ?, verdict_note = ? WHERE task = ?",
        event.by ?? null,
        event.note ?? null,
        task,
      );
      if (event.by !== undefined) statements.audit(at, "approve", `t${task}`, verdictText(event));
      return;
  }
}

function taskPrepared(statements: Statements, event: EventOf<"TaskPrepared">): void {
  const { task, work, cacheHash } = event;
  if (work !== undefined) {
    const template = "coalesce(template, (SELECT work FROM task WHERE seq = node.task))";
    statements.run(`UPDATE node SET template = ${template} WHERE task = ?`, task);
    statements.run("UPDATE task SET work = ? WHERE seq = ?", work, task);
  }
  statements.run("UPDATE node SET prepared = 1, message = ? WHERE task = ?", event.message ?? null, task);
  if (cacheHash === undefined) return;
  statements.run("UPDATE ask SET asks = json_set(asks, '$.cache.hash', ?) WHERE task = ?", cacheHash, task);
}

/** The row of a container that has begun is `running` by itself: it has no attempt. */
function begun(statements: Statements, task: number, at: number): void {
  const sql = "UPDATE task SET state = ?, started_at = ?, due_at = NULL WHERE seq = ?";
  statements.run(sql, stateCode.running, at, task);
}

/** Columns of the newest attempt, where the row tells of none. */
const NO_ATTEMPT =
  "outcome = NULL, duration_ms = NULL, exit_code = NULL, signal = NULL, cpu_ms = NULL, max_rss_bytes = NULL, error = NULL";

/**
 * More of what the end of a task says than most have to say. Its row tells of the end already, and its attempts stand in a
 * table of their own.
 */
export function saidOfEnd(statements: Statements, event: TaskEnded, at: number): void {
  const { task, said, by = null, note = null, reason, result = null } = event;
  // What an attempt left is no part of it: that stands with the attempt, if there was one.
  const sql = `UPDATE task SET allowed = ?, result = ?, result_ref = NULL, ${NO_ATTEMPT} WHERE seq = ?`;
  statements.run(sql, event.allowed === true ? 1 : null, result, task);
  if (said === "rejected") {
    const sql = "UPDATE node SET asked = NULL, verdict = 'rejected', verdict_by = ?, verdict_note = ? WHERE task = ?";
    statements.run(sql, by, note, task);
    const error = JSON.stringify({ message: reason ?? "rejected", kind: "rejected" });
    statements.run("UPDATE task SET error = ? WHERE seq = ?", error, task);
    if (by !== null) statements.audit(at, "reject", `t${task}`, verdictText(event));
  } else if (said === "marked") {
    statements.run(
      `INSERT INTO node (task, marked, marked_by, marked_note) VALUES (?, 1, ?, ?)
       ON CONFLICT DO UPDATE SET asked = NULL, marked = 1, marked_by = excluded.marked_by, marked_note = excluded.marked_note`,
      task,
      by,
      note,
    );
    statements.audit(at, `mark ${event.state}`, `t${task}`, verdictText(event));
  }
}

function verdictText({ by, note }: { by?: string | undefined; note?: string | undefined }): string | undefined {
  const text = [by, note].filter((part) => part !== undefined).join(": ");
  return text === "" ? undefined : text;
}

/** It begins anew. What it does is once more what its file says, unless that was changed. */
export function nodeReopened(statements: Statements, event: TaskReopened, at: number): void {
  const { task, work = null, spec = null, holds, node, attempt } = event;
  const known = statements.get("SELECT template FROM node WHERE task = ?", task) as
    | { template: string | null }
    | undefined;
  // One that keeps what it holds goes on with the list of which that was made.
  const template = holds === undefined ? (known?.template ?? null) : null;
  if (work !== null || template !== null)
    statements.run("UPDATE task SET work = ? WHERE seq = ?", work ?? template, task);
  if (known === undefined) {
    if (!rowOf(event)) return;
    statements.run("INSERT INTO node (task) VALUES (?)", task);
  }
  // One that keeps what it holds was agreed to, and goes on from there.
  const said = holds === undefined ? "NULL, verdict_by = NULL, verdict_note = NULL" : "'approved'";
  statements.run(
    `UPDATE node SET rule = ?, spec = ${event.anew === true ? "?" : "coalesce(?, spec)"}, prepared = ?, template = ${holds === undefined ? "NULL" : "template"}, message = NULL, asked = NULL,
       until = NULL, verdict = ${said}, total = ?, made = ?, cancel = NULL, marked = NULL, marked_by = NULL,
       marked_note = NULL, reopened_at = ? WHERE task = ?`,
    json(node),
    spec,
    holds === undefined ? null : 1,
    holds?.total ?? null,
    holds?.made ?? null,
    attempt,
    task,
  );
  if (holds !== undefined) begun(statements, task, at);
}

/** Somebody wants an opened container to end: it has no row in `running` that could say so. */
export function containerCancelled(statements: Statements, event: EventOf<"CancelRequested">): void {
  const isOpen = "task IN (SELECT seq FROM task WHERE seq = ?2 AND state = 3)";
  statements.run(`UPDATE node SET cancel = ?1 WHERE ${isOpen}`, event.reason, event.task);
}

/** Rows that speak of tasks which are no more; `tasks` is a JSON list of their numbers. */
export function forgetNodes(statements: Statements, tasks: string): void {
  statements.run("DELETE FROM node WHERE task IN (SELECT value FROM json_each(?))", tasks);
}
