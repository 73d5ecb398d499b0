/**
 * What a task of a workflow is beyond a task that waits for others: plain data, in events and on disk, hence fields are only
 * ever added. Tasks that only need others have none of it; equal rules are one object where they come together.
 *
 * Words: a **container** is a task that holds others (`each`, `workflow`) and ends with the last of them; a **member** is a
 * task that an `each` holds; a **role** makes a task wait for the end of the run's main part.
 */
import type { Role, TaskState, Trigger } from "../../base/words.ts";

export interface NodeRule {
  /** Absent = all_succeeded. */
  readonly trigger?: Trigger | undefined;
  /** When its needs are met the engine evaluates what it says (`when`, values, the list of an `each`) before it may go on. */
  readonly prepare?: true | undefined;
  /** A person has to agree before it starts. */
  readonly approval?: ApprovalRule | undefined;
  /** Its failures that count as passed: all of them, or those with these exit codes. The run is then `partial`. */
  readonly allow?: true | readonly number[] | undefined;
  /** Its children go on although it was skipped. */
  readonly allowSkip?: true | undefined;
  /** For an `each`: the first failure of a member cancels the others. */
  readonly failFast?: true | undefined;
  /** For an `each`: most members that run at once. */
  readonly maxParallel?: number | undefined;
  /** For an `each`: it has a member for each worker. */
  readonly workers?: true | undefined;
  readonly role?: Role | undefined;
  /** When an attempt has succeeded, the engine reads what it left before it ends: `repeat`, outputs by expressions. */
  readonly judged?: true | undefined;
  /** Its attempts get files of other tasks. */
  readonly inputs?: true | undefined;
}

export interface ApprovalRule {
  /** How long it waits for an answer; absent = for ever. */
  readonly timeoutMs?: number | undefined;
  /** What silence means then. */
  readonly onTimeout?: "reject" | "approve" | undefined;
}

/** How the tasks that a task needs have ended so far. */
export interface Tally {
  /** Succeeded, or failed with leave (see `NodeRule.allow`). */
  passed: number;
  /** Of those, the ones that did succeed. */
  succeeded: number;
  /** Failed with leave or without, could not run, were cancelled, expired. */
  failed: number;
  /** Skipped, without leave to go on. */
  skipped: number;
}

/** What an `each` that has begun knows of its members. */
export interface Members {
  /** Members that were made so far. */
  made: number;
  /** How many of them failed, could not run, expired or were cancelled, without leave. */
  failed: number;
  /** How many ended with leave: failed, or (a container) succeeded though something in them failed. */
  allowed: number;
  /** Names of the first of those that failed; words for people. */
  names?: readonly string[] | undefined;
}

/** How the task has ended that a compensation undoes, and when (epoch milliseconds). */
export interface Undone {
  state: TaskState;
  at: number;
}

/** Runs inside runs: a run that would be deeper is refused. */
export const RUN_DEPTH_MAX = 16;
/** Members that one `each` may have. */
export const MEMBERS_MAX = 1_000_000;

/** A run's place in a group that limits how many of it go on at once. */
export interface RunGroup {
  readonly name: string;
  readonly limit: number;
  readonly overlap: "queue" | "skip" | "cancel_previous";
}
