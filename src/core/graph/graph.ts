/** The part of the state that belongs to workflows as a whole; what belongs to one task stands on its node. */
import type { Task } from "../task.ts";
import type { NodeRule } from "./rule.ts";

export interface Graph {
  /** Names of the registered workflows. */
  readonly workflows: Set<string>;
  /** Tasks that wait for a person since this command; `decide` says so in an event. */
  readonly asking: Task[];
  /** Equal rules are one object. */
  readonly rules: Map<string, NodeRule>;
  readonly ruleOf: WeakMap<NodeRule, NodeRule>;
}

export function createGraph(): Graph {
  return { workflows: new Set(), asking: [], rules: new Map(), ruleOf: new WeakMap() };
}

/** More distinct rules than this are not worth sharing: the table starts afresh. */
const RULES_MAX = 10_000;

/** The one object for rules equal to this one. */
export function sharedRule({ rules, ruleOf }: Graph, rule: NodeRule): NodeRule {
  const known = ruleOf.get(rule);
  if (known !== undefined) return known;
  const key = JSON.stringify(rule);
  let shared = rules.get(key);
  if (shared === undefined) {
    if (rules.size >= RULES_MAX) rules.clear();
    shared = rule;
    rules.set(key, shared);
  }
  ruleOf.set(rule, shared);
  return shared;
}
