/**
 * What core is told of a task's place in its workflow, and what of its file the engine keeps to evaluate it. Most tasks of
 * a workflow only need others: they get neither.
 */
import { isEngineKind } from "../base/words.ts";
import type { NodeRule } from "../core/graph/rule.ts";
import type { NodeSpec } from "../protocol/node.ts";
import type { TaskSpec } from "../protocol/task.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The rule of this task in the graph, or undefined when it is the usual one. */
export function nodeRuleOf(spec: TaskSpec): NodeRule | undefined {
  const { node, kind, work } = spec;
  if (node === undefined && !isEngineKind(kind)) return undefined;
  const rule: Mutable<NodeRule> = node === undefined ? {} : ruleOf(node);
  if (kind === "each" || kind === "workflow") rule.prepare = true;
  if (kind === "approval") rule.approval ??= {};
  if (work.kind === "each") {
    if (work.each.workers === true) rule.workers = true;
    if (work.each.failFast === true) rule.failFast = true;
    if (work.each.maxParallel !== undefined) rule.maxParallel = work.each.maxParallel;
  }
  return Object.keys(rule).length === 0 ? undefined : rule;
}

function ruleOf(node: NodeSpec): Mutable<NodeRule> {
  const { trigger, approval, allow, role, repeat, outputs, inputs } = node;
  const rule: Mutable<NodeRule> = {};
  if (trigger !== undefined && trigger !== "all_succeeded") rule.trigger = trigger;
  if (node.dynamic === true || node.when !== undefined) rule.prepare = true;
  if (approval !== undefined) {
    const { timeoutMs, onTimeout } = approval;
    rule.approval = { ...(timeoutMs !== undefined && { timeoutMs }), ...(onTimeout !== undefined && { onTimeout }) };
  }
  if (allow !== undefined) rule.allow = allow;
  if (node.allowSkip === true) rule.allowSkip = true;
  if (role !== undefined) rule.role = role;
  if (repeat !== undefined || (outputs !== undefined && Object.keys(outputs).length > 0)) rule.judged = true;
  if (inputs !== undefined && inputs.length > 0) rule.inputs = true;
  return rule;
}

/**
 * The text that is kept of a task whose file says something that has to be evaluated later. The work is not in it: it
 * stands beside it, and would be there twice.
 */
export function specText(spec: TaskSpec): string | undefined {
  const { node, kind } = spec;
  if (node === undefined && !isEngineKind(kind)) return undefined;
  const isPlain =
    node !== undefined &&
    ![node.dynamic, node.when, node.approval, node.repeat, node.outputs, node.inputs].some(
      (each) => each !== undefined,
    );
  if (isPlain && !isEngineKind(kind)) return undefined;
  const { work: _work, id: _id, needs: _needs, ...rest } = spec;
  return JSON.stringify(rest);
}
