/** What a task of a workflow is beyond a task that needs others, as the API shows it. */
import type { TaskState } from "../base/words.ts";
import type { ApprovalWork } from "../protocol/node.ts";
import { ALL_WORKERS } from "../protocol/target.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { TaskView } from "../protocol/views.ts";
import { FIRST_END_CODE, kindCode, stateCode } from "./codes.ts";
import { ruleOf, type TaskRow } from "./rows.ts";

/** What views of tasks look up of other tasks. */
export interface Others {
  /** The id that people see of a task's number. */
  idOf(task: number): string;
  nameOf(task: number): string | undefined;
  /** `endedAt`: when the container ended, if it has: nothing becomes of its members after that. */
  memberCounts(container: number, endedAt?: number): Partial<Record<TaskState, number>>;
  subRun(task: number): number | undefined;
}

/** Fields of a view that only tasks of workflows have. */
export function nodeView(row: TaskRow, others: Others): Partial<TaskView> | undefined {
  if (!hasNode(row)) return undefined;
  const rule = row.rule === null ? undefined : ruleOf(row.rule);
  return {
    ...(row.allowed === 1 && row.state >= FIRST_END_CODE && { allowed: true }),
    ...(rule?.trigger !== undefined && { trigger: rule.trigger }),
    ...(rule?.role !== undefined && { role: rule.role }),
    ...(row.undoes !== null && { compensates: others.nameOf(row.undoes) ?? others.idOf(row.undoes) }),
    ...(row.inside !== null && { inside: others.idOf(row.inside) }),
    ...containerView(row, others),
    ...((rule?.approval !== undefined || row.kind === kindCode.approval) && { approval: approvalView(row) }),
    ...(row.marked === 1 && { marked: { ...by(row.marked_by), ...note(row.marked_note) } }),
  };
}

/** There is something to say of it: it is of a run, holds others or is held, or a person said how it ended. */
function hasNode({ run, marked, inside, rule }: TaskRow): boolean {
  return run !== null || marked !== null || inside !== null || rule !== null;
}

function containerView(row: TaskRow, others: Others): Pick<TaskView, "members" | "subRun" | "worker"> {
  if (row.kind === kindCode.workflow) {
    const run = others.subRun(row.seq);
    return run === undefined ? {} : { subRun: `r${run}` };
  }
  if (row.kind !== kindCode.each) return {};
  const onAll = row.rule !== null && ruleOf(row.rule).workers === true;
  const worker = onAll ? { worker: ALL_WORKERS } : {};
  if (row.total === null) return worker;
  const endedAt = row.state >= FIRST_END_CODE ? row.ended_at : undefined;
  return { ...worker, members: { total: row.total, counts: others.memberCounts(row.seq, endedAt) } };
}

function approvalView(row: TaskRow): NonNullable<TaskView["approval"]> {
  const waits = row.asked === 1 && row.state === stateCode.queued;
  const state = row.verdict ?? (waits ? "waiting" : undefined);
  const message = row.message ?? messageOf(row);
  return {
    ...(message !== undefined && { message }),
    ...(state !== undefined && { state }),
    ...by(row.verdict_by),
    ...note(row.verdict_note),
    ...(waits && row.until !== null && { until: new Date(row.until).toISOString() }),
  };
}

/** What its file asks, before its values are in their places. */
function messageOf({ spec, kind, work }: TaskRow): string | undefined {
  const said = spec === null ? undefined : (JSON.parse(spec) as Partial<TaskSpec>).node?.approval?.message;
  if (said !== undefined || kind !== kindCode.approval) return said;
  return (JSON.parse(work) as { approval?: ApprovalWork }).approval?.message;
}

function by(name: string | null): { by?: string } {
  return name === null ? {} : { by: name };
}

function note(text: string | null): { note?: string } {
  return text === null ? {} : { note: text };
}
