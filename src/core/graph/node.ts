/**
 * What core holds of a task that is more than one among others of its run: its rule, and how far it has come by that. Plain
 * tasks, and those that only need others, have no node and cost nothing.
 *
 * ND1  A task that has begun and has no attempt is a container; its `box` says what it holds.
 * ND2  A role is a matter of runs: outside of one it means nothing.
 */
import type { Task } from "../task.ts";
import type { Role } from "../../base/words.ts";
import type { ApprovalRule, Members, NodeRule, Tally, Undone } from "./rule.ts";
import type { Room } from "./room.ts";
import type { State } from "../state.ts";

export class TaskNode {
  readonly rule: NodeRule;
  /** Number of the `each` that holds it; 0 = none. */
  readonly inside: number;
  /** Number of the task that it undoes; 0 = none. */
  readonly of: number;
  /** What makes it wait for the end of its run's main part; a member has the role of what holds it. */
  role: Role | undefined = undefined;
  /** How its needs have ended; only where its trigger is not the usual one. */
  tally: Tally | undefined = undefined;
  /** What it says was evaluated. */
  prepared = false;
  /** A person is being asked. */
  asked = false;
  /** When silence becomes an answer; 0 = never. */
  askedUntil = 0;
  /** A person agreed. */
  approved = false;
  /** It has ended with leave. */
  allowed = false;
  /** How the task has ended that it undoes. */
  undone: Undone | undefined = undefined;
  /** Of a `workflow`: number of the run that it holds, or that is being made for it; 0 = none. */
  run = 0;
  /** What it holds, once it has begun. */
  box: Box | undefined = undefined;

  constructor(rule: NodeRule, inside: number, of: number) {
    this.rule = rule;
    this.inside = inside;
    this.of = of;
  }
}

/** What a container that has begun holds: members, or a run (which counts as one). */
export class Box {
  readonly total: number;
  /** Epoch milliseconds; its timeout counts from here. */
  readonly openedAt: number;
  made = 0;
  /** Members that have not ended. */
  live = 0;
  /** See `Members`. */
  failed = 0;
  allowed = 0;
  readonly names: string[] = [];
  /** The member whose failure was the first without leave, as long as this process knows; 0 = none. */
  firstFailed = 0;
  /** It is being cancelled, and why. */
  cancel: string | undefined = undefined;
  /** Which of its members go on, where these hold others and it limits them; see `room.ts`. */
  room: Room | undefined = undefined;
  /** Numbers of its members as stretches: first, last, first, last. Some may stand in two of them. */
  readonly #stretches: number[] = [];

  constructor(total: number, openedAt: number) {
    this.total = total;
    this.openedAt = openedAt;
  }

  know({ made, failed, allowed, names = [] }: Members): void {
    this.made = made;
    this.failed = failed;
    this.allowed = allowed;
    this.names.push(...names);
  }

  add(seq: number): void {
    const stretches = this.#stretches;
    if (stretches.at(-1) === seq - 1) stretches[stretches.length - 1] = seq;
    else stretches.push(seq, seq);
  }

  /** Numbers among which all its members are; others may be there, too. */
  *numbers(): Generator<number> {
    for (let at = 0; at < this.#stretches.length; at += 2) {
      for (let seq = this.#stretches[at]!; seq <= this.#stretches[at + 1]!; seq++) yield seq;
    }
  }
}

/** Names of failed members that are kept for the words at the end. */
export const NAMES_KEPT = 3;

/** A task of a kind that holds others. */
export function isContainer(task: Task): boolean {
  const { kind } = task.lane.requires;
  return kind === "each" || kind === "workflow";
}

/** What a task says of the person that has to agree, if one has to. */
export function approvalOf(task: Task): ApprovalRule | undefined {
  return task.node?.rule.approval ?? (task.lane.requires.kind === "approval" ? ANYBODY : undefined);
}

const ANYBODY: ApprovalRule = Object.freeze({});

/** What makes it, or what holds it, wait for the end of its run's main part. */
export function roleOf(task: Task): Role | undefined {
  return task.node?.role;
}

/** The container that holds the task, while it lives and has begun. */
export function boxAround(state: State, { node }: Task): Box | undefined {
  return node === undefined || node.inside === 0 ? undefined : state.tasks.get(node.inside)?.node?.box;
}

/** The failure of such a task counts as passed, when it ended with this exit code. */
export function hasLeave(task: Task, exitCode?: number): true | undefined {
  const allow = task.node?.rule.allow;
  if (allow === undefined) return undefined;
  return allow === true || (exitCode !== undefined && allow.includes(exitCode)) ? true : undefined;
}
