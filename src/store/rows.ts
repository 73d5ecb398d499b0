/** Rows of `task` as objects: the columns each reader needs, and what core makes of them. */
import type { TaskDefinition } from "../core/event.ts";
import type { Policy } from "../core/policy.ts";
import { kindOfCode } from "./codes.ts";

export interface TaskRow {
  seq: number;
  state: number;
  attempt: number | null;
  tries: number | null;
  losses: number | null;
  created_at: number;
  ready_at: number | null;
  due_at: number | null;
  started_at: number | null;
  ended_at: number | null;
  on_worker: string | null;
  reason: string | null;
  cancel: string | null;
  key: string | null;
  hash: string | null;
  run: number | null;
  name: string | null;
  type: string;
  kind: number;
  handler: string | null;
  worker: string | null;
  arm: string | null;
  priority: number | null;
  policy: string | null;
  expires_at: number | null;
  needs: string | null;
  tags: string | null;
  work: string;
}

/** Everything but the work, which may be large and is not for core. */
export const LIVE_COLUMNS =
  "seq, state, attempt, tries, losses, created_at, ready_at, due_at, started_at, ended_at, on_worker, reason, cancel, key, " +
  "hash, run, name, type, kind, handler, worker, arm, priority, policy, expires_at, needs, tags";

/** What the task was submitted as. */
export function definitionOf(row: TaskRow): TaskDefinition {
  const kind = kindOfCode(row.kind);
  return {
    key: row.key ?? undefined,
    hash: row.hash ?? undefined,
    run: row.run ?? undefined,
    name: row.name ?? undefined,
    taskType: row.type,
    kind,
    handler: row.handler ?? (kind === "call" ? row.type : undefined),
    worker: row.worker ?? undefined,
    arm: row.arm ?? "default",
    priority: row.priority ?? 5,
    policy: row.policy === null ? undefined : (JSON.parse(row.policy) as Policy),
    expiresAt: row.expires_at ?? undefined,
    needs: needsOf(row),
  };
}

export function needsOf(row: { needs: string | null }): number[] | undefined {
  return row.needs === null ? undefined : (JSON.parse(row.needs) as number[]);
}
