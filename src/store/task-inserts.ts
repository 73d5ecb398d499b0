/**
 * How a submitted task becomes a row. Most say nothing beyond what they do, and binding a value costs whether it is NULL or
 * not; so there are five statements: for few, more and all columns, and two for tasks of runs that say no more than most.
 *
 * A task that is ready has a placeholder in `admitted_at`, too: the moment at which it was submitted, which says nothing beyond
 * `ready_at`. Where its arm was closed or full, its end writes the real one, and a row that does not change its size is
 * written in place.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TaskDefinition, TaskReopened, TaskReplaced, TaskSubmitted } from "../core/task-events.ts";
import type { Policy } from "../core/policy.ts";
import { kindCode, stateCode } from "./codes.ts";
import { json } from "./statements.ts";

export class TaskInserts {
  readonly #plain: StatementSync;
  readonly #ready: StatementSync;
  readonly #node: StatementSync;
  readonly #graph: StatementSync;
  readonly #whole: StatementSync;
  readonly #replace: StatementSync;
  readonly #renew: StatementSync;

  constructor(db: DatabaseSync) {
    this.#plain = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, admitted_at, type, kind, work)
       VALUES (?1, 2, ?2, ?2, ?2, ?2, ?3, ?4, ?5)`,
    );
    this.#ready = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, admitted_at, type, kind, work, handler, arm, priority, policy)
       VALUES (?1, 2, ?2, ?2, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    );
    this.#node = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, run, name, needs, inside, rank)
       VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
    );
    this.#graph = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, handler, arm, priority, policy, run,
         name, needs, inside, rank)
       VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`,
    );
    this.#whole = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, handler, arm, priority, policy, run,
         name, needs, inside, rank, due_at, reason, key, hash, only_worker, expires_at, tags)
       VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)`,
    );
    this.#replace = db.prepare(
      `UPDATE task SET type = ?, kind = ?, handler = ?, arm = ?, priority = ?, policy = ?, name = ?, rank = ?, only_worker = ?,
         expires_at = ? WHERE seq = ?`,
    );
    this.#renew = db.prepare(
      `UPDATE task SET type = ?, kind = ?, handler = ?, arm = ?, priority = ?, policy = ?, name = ?, rank = ?, only_worker = ?,
         expires_at = ?, state = ?, due_at = ?, ready_at = ?, needs = ?, tags = ?, hash = ?, work = ? WHERE seq = ?`,
    );
  }

  run(event: TaskSubmitted, at: number): void {
    const { task, taskType, kind, work } = event;
    if (isReady(event)) {
      if (isPlain(event)) this.#plain.run(task, at, taskType, kindCode[kind], work);
      else this.#ready.run(task, at, taskType, kindCode[kind], work, ...laneColumns(event));
    } else if (!isGraph(event)) this.#insertWhole(event, at);
    else if (isPlain(event)) this.#insertNode(event, at);
    else this.#graph.run(...graphColumns(event, at));
  }

  #insertNode(event: TaskSubmitted, at: number): void {
    const { task, state, taskType, kind, work, run = null, name = null, needs, inside = null, rank = null } = event;
    const needsText = needs === undefined ? null : `[${needs.join()}]`;
    this.#node.run(task, stateCode[state], at, taskType, kindCode[kind], work, run, name, needsText, inside, rank);
  }

  /** A member takes the place of an earlier one: it is another task with the same number. */
  replace(event: TaskReopened): void {
    this.#replace.run(
      event.taskType,
      kindCode[event.kind],
      ...laneColumns(event),
      event.name ?? null,
      event.rank ?? null,
      event.worker ?? null,
      event.expiresAt ?? null,
      event.task,
    );
  }

  /** A task that has not started is another one. What it has of its first attempt are placeholders. */
  replaceWhole(event: TaskReplaced, at: number): void {
    const { state, dueAt = null, needs, tags, hash = null, work } = event;
    this.#renew.run(
      event.taskType,
      kindCode[event.kind],
      ...laneColumns(event),
      event.name ?? null,
      null,
      event.worker ?? null,
      event.expiresAt ?? null,
      stateCode[state],
      dueAt,
      state === "queued" ? at : null,
      needs === undefined ? null : `[${needs.join()}]`,
      json(tags),
      hash,
      work,
      event.task,
    );
  }

  #insertWhole(event: TaskSubmitted, at: number): void {
    this.#whole.run(
      ...graphColumns(event, at),
      event.dueAt ?? null,
      event.reason ?? null,
      event.key ?? null,
      event.hash ?? null,
      event.worker ?? null,
      event.expiresAt ?? null,
      json(event.tags),
    );
  }
}

function graphColumns(event: TaskSubmitted, at: number): GraphColumns {
  const { task, state, taskType, kind, work, run, name, needs, inside, rank } = event;
  const [handler, arm, priority, policy] = laneColumns(event);
  return [
    task,
    stateCode[state],
    at,
    taskType,
    kindCode[kind],
    work,
    handler,
    arm,
    priority,
    policy,
    run ?? null,
    name ?? null,
    needs === undefined ? null : `[${needs.join()}]`,
    inside ?? null,
    rank ?? null,
  ];
}

/** True for a task of a run that says no more than what it does, where, how, and what it needs. */
function isGraph(event: TaskSubmitted): boolean {
  return (
    event.key === undefined &&
    event.dueAt === undefined &&
    event.reason === undefined &&
    event.hash === undefined &&
    event.worker === undefined &&
    event.expiresAt === undefined &&
    event.tags === undefined
  );
}

/** True for a task that is ready and says nothing beyond what it does, where and how: it needs half of the values. */
function isReady(event: TaskSubmitted): boolean {
  return (
    event.state === "queued" &&
    event.key === undefined &&
    event.run === undefined &&
    event.name === undefined &&
    event.needs === undefined &&
    event.tags === undefined &&
    event.worker === undefined &&
    event.expiresAt === undefined &&
    event.dueAt === undefined
  );
}

/** True when it says no more than what it does. Most tasks do, and need six values instead of twenty-one. */
function isPlain(event: TaskSubmitted): boolean {
  return (
    event.arm === "default" &&
    event.priority === 5 &&
    event.policy === undefined &&
    (event.handler === undefined || event.handler === event.taskType)
  );
}

type GraphColumns = readonly [
  task: number,
  state: number,
  at: number,
  type: string,
  kind: number,
  work: string,
  ...LaneColumns,
  run: number | null,
  name: string | null,
  needs: string | null,
  inside: number | null,
  rank: number | null,
];

type LaneColumns = readonly [
  handler: string | null,
  arm: string | null,
  priority: number | null,
  policy: string | null,
];

/** What is as usual is NULL. */
function laneColumns({ handler, taskType, arm, priority, policy }: TaskDefinition): LaneColumns {
  return [
    handler === undefined || handler === taskType ? null : handler,
    arm === "default" ? null : arm,
    priority === 5 ? null : priority,
    policy === undefined ? null : policyText(policy),
  ];
}

/** Tasks that come together often share one policy. */
const POLICY_TEXTS = new WeakMap<Policy, string>();

function policyText(policy: Policy): string {
  let text = POLICY_TEXTS.get(policy);
  if (text === undefined) {
    text = JSON.stringify(policy);
    POLICY_TEXTS.set(policy, text);
  }
  return text;
}
