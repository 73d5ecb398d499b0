/**
 * How a submitted task becomes a row. Most say nothing beyond what they do, and binding a value costs whether it is NULL or
 * not; so there are three statements, for few, more and all columns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TaskSubmitted } from "../core/event.ts";
import type { Policy } from "../core/policy.ts";
import { kindCode, stateCode } from "./codes.ts";
import { json } from "./statements.ts";

export class TaskInserts {
  readonly #plain: StatementSync;
  readonly #ready: StatementSync;
  readonly #whole: StatementSync;

  constructor(db: DatabaseSync) {
    this.#plain = db.prepare(
      "INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work) VALUES (?1, 2, ?2, ?2, ?2, ?3, ?4, ?5)",
    );
    this.#ready = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, handler, arm, priority, policy)
       VALUES (?1, 2, ?2, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    );
    this.#whole = db.prepare(
      `INSERT INTO task (seq, state, created_at, started_at, ended_at, type, kind, work, due_at, reason, key, hash, run, name,
         handler, only_worker, arm, priority, policy, expires_at, needs, tags)
       VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)`,
    );
  }

  run(event: TaskSubmitted, at: number): void {
    const { task, taskType, kind, work } = event;
    if (!isReady(event)) this.#insertWhole(event, at);
    else if (isPlain(event)) this.#plain.run(task, at, taskType, kindCode[kind], work);
    else this.#ready.run(task, at, taskType, kindCode[kind], work, ...laneColumns(event));
  }

  #insertWhole(event: TaskSubmitted, at: number): void {
    const { task, state, taskType, kind, work } = event;
    const [handler, arm, priority, policy] = laneColumns(event);
    this.#whole.run(
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
      handler,
      event.worker ?? null,
      arm,
      priority,
      policy,
      event.expiresAt ?? null,
      json(event.needs),
      json(event.tags),
    );
  }
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

type LaneColumns = readonly [
  handler: string | null,
  arm: string | null,
  priority: number | null,
  policy: string | null,
];

/** What is as usual is NULL. */
function laneColumns({ handler, taskType, arm, priority, policy }: TaskSubmitted): LaneColumns {
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
