/**
 * What the ends of its needs mean for a task: the table of triggers. A need counts as passed, failed or skipped; a task
 * whose trigger is the usual one needs no tally, because the first need that has not passed ends it.
 */
import { isEnded, type TaskState } from "../../base/words.ts";
import type { Task } from "../task.ts";
import type { NodeRule, Tally } from "./rule.ts";

/** A need that has ended, as its children see it. */
export interface Ended {
  readonly state: TaskState;
  /** It failed with leave. */
  readonly allowed?: boolean | undefined;
  /** Its children go on although it was skipped. */
  readonly allowSkip?: boolean | undefined;
}

export function endOf({ state, node }: Task): Ended {
  return node === undefined ? { state } : { state, allowed: node.allowed, allowSkip: node.rule.allowSkip === true };
}

export function noTally(): Tally {
  return { passed: 0, succeeded: 0, failed: 0, skipped: 0 };
}

/** Adds a need that has ended; `by` -1 takes it back. */
export function tallyUp(tally: Tally, need: Ended, by: 1 | -1): void {
  switch (need.state) {
    case "succeeded":
      tally.passed += by;
      tally.succeeded += by;
      return;
    case "skipped":
      if (need.allowSkip === true) tally.passed += by;
      else tally.skipped += by;
      return;
    default:
      tally.failed += by;
      if (need.allowed === true) tally.passed += by;
  }
}

/** What becomes of a blocked task: it goes on waiting, is ready, or ends. */
export type Verdict = "waits" | "ready" | "skipped" | "upstream_failed";

/** The usual trigger, when a need of the task has ended so. */
export function usual(need: Ended): "passes" | "skipped" | "upstream_failed" {
  if (need.state === "succeeded" || !isEnded(need.state)) return "passes";
  if (need.state === "skipped") return need.allowSkip === true ? "passes" : "skipped";
  return need.allowed === true ? "passes" : "upstream_failed";
}

/** Any other trigger, when `need` was the last to end; `waiting` = needs that have not ended. */
export function verdict(rule: NodeRule, tally: Tally, waiting: number, need: Ended | undefined): Verdict {
  switch (rule.trigger) {
    case "all_done":
      return waiting === 0 ? "ready" : "waits";
    case "any_succeeded":
      if (tally.succeeded > 0) return "ready";
      if (waiting > 0) return "waits";
      return tally.failed > 0 ? "upstream_failed" : "skipped";
    case "any_failed":
      if (tally.failed > 0) return "ready";
      return waiting > 0 ? "waits" : "skipped";
    case "none_failed":
      if (need !== undefined && usual(need) === "upstream_failed") return "upstream_failed";
      return waiting === 0 ? "ready" : "waits";
    default: {
      const one = need === undefined ? "passes" : usual(need);
      if (one !== "passes") return one;
      return waiting === 0 ? "ready" : "waits";
    }
  }
}
