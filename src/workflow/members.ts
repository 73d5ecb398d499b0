/**
 * The members of a task with `each` or `matrix`. The list is evaluated once; each member is made when it is asked for, so
 * that a hundred thousand of them cost no memory before their turn.
 */
import type { Json } from "../base/words.ts";
import { Name, Priority } from "../protocol/common.ts";
import { KeyText } from "../protocol/asks.ts";
import type { Prepared } from "../protocol/evaluator.ts";
import type { EachWork, NodeSpec } from "../protocol/node.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import { readExpression, type Scope } from "./cel/cel.ts";
import { evaluateAll, evaluateAt, Fault, type TextEvaluator } from "./evaluate-value.ts";
import { escapeText, hasExpression, inlineValues, mapTexts, textOf } from "./expression.ts";
import { ITEM_ROOTS } from "./names.ts";
import type { RunView } from "./run-view.ts";
import { readLater } from "./target-keys.ts";

const MEMBERS_MAX = 1_000_000;
/** Largest list, in characters of JSON: a hundred thousand items of some length. */
const LIST_MAX = 32 * 1024 * 1024;
/** Longest name that is made of the values of a matrix. */
const LABEL_MAX = 40;

interface Item {
  item: Json;
  /** What stands in brackets after the name. */
  label: string;
}

export function membersOf(spec: TaskSpec, each: EachWork, view: RunView): Prepared {
  const items = each.matrix === undefined ? listItems(each, view) : new Combinations(each, view);
  if (items.total > MEMBERS_MAX) {
    throw new Fault(`each stands for ${items.total} tasks; at most ${MEMBERS_MAX} may be`);
  }
  const isMatrix = each.matrix !== undefined;
  return {
    type: "each",
    total: items.total,
    member: (index) =>
      memberOf(spec, each.task, { ...items.at(index), index, isMatrix, ...(each.workers && { isBound: true }) }, view),
  };
}

interface Items {
  total: number;
  at(index: number): Item;
}

function listItems({ items = [], workers }: EachWork, view: RunView): Items {
  if (workers === true) {
    const names = items as string[];
    return { total: names.length, at: (index) => ({ item: names[index]!, label: names[index]! }) };
  }
  const list = typeof items === "string" ? listFor("each", items, view) : evaluateAll(items, view, "each");
  if (!Array.isArray(list)) throw new Fault(`each must be a list, not ${JSON.stringify(list).slice(0, 80)}`);
  return { total: list.length, at: (index) => ({ item: list[index]!, label: String(index) }) };
}

/** The list that a text stands for. */
function listFor(where: string, text: string, view: Pick<RunView, "evaluateText">): Json[] {
  const read = evaluateAt(where, text, (one) => view.evaluateText(one, undefined, LIST_MAX));
  if (Array.isArray(read)) return read;
  throw new Fault(`${where} must be a list, and ${text} is ${JSON.stringify(read).slice(0, 80)}`);
}

/** Every combination of the values of a matrix, but for those left out, and those beside them. */
class Combinations implements Items {
  readonly total: number;
  readonly #axes: [string, Json[]][];
  /** Numbers of the combinations that are left; undefined = all of them. */
  readonly #kept: number[] | undefined;
  readonly #include: readonly Record<string, Json>[];
  readonly #product: number;

  constructor({ matrix = {}, exclude = [], include = [] }: EachWork, view: Pick<RunView, "evaluateText">) {
    this.#axes = Object.entries(matrix).map(([axis, values]) => [
      axis,
      typeof values === "string"
        ? listFor(`matrix.${axis}`, values, view)
        : (evaluateAll(values, view, `matrix.${axis}`) as Json[]),
    ]);
    this.#include = evaluateAll(include as Json, view, "matrix.include") as Record<string, Json>[];
    const left = evaluateAll(exclude as Json, view, "matrix.exclude") as Record<string, Json>[];
    this.#product = this.#axes.length === 0 ? 0 : this.#axes.reduce((all, [, values]) => all * values.length, 1);
    if (this.#product > MEMBERS_MAX) {
      throw new Fault(`matrix stands for ${this.#product} combinations; at most ${MEMBERS_MAX} may be`);
    }
    if (left.length > 0) {
      const all = Array.from({ length: this.#product }, (_, index) => index);
      this.#kept = all.filter((index) => !left.some((one) => fits(one, this.#combination(index))));
    }
    this.total = (this.#kept?.length ?? this.#product) + this.#include.length;
  }

  at(index: number): Item {
    const plain = this.#kept?.length ?? this.#product;
    const item = index < plain ? this.#combination(this.#kept?.[index] ?? index) : this.#include[index - plain]!;
    const label = Object.values(item).map(textOf).join(",");
    return { item, label: label.length <= LABEL_MAX && /^[\w.,:/ -]+$/.test(label) ? label : String(index) };
  }

  #combination(index: number): Record<string, Json> {
    let rest = index;
    const values: [string, Json][] = [];
    for (const [axis, list] of this.#axes.toReversed()) {
      values.unshift([axis, list[rest % list.length]!]);
      rest = Math.floor(rest / list.length);
    }
    return Object.fromEntries(values);
  }
}

/** Members, where all lists stand in the file. */
export function countMembers(each: EachWork): number | undefined {
  const { items, matrix, include, exclude } = each;
  if (matrix === undefined) return Array.isArray(items) ? items.length : undefined;
  if (!Object.values(matrix).every(Array.isArray) || hasExpression(JSON.stringify([matrix, include, exclude])))
    return undefined;
  return new Combinations(each, { evaluateText: (text) => text }).total;
}

function fits(wanted: Record<string, Json>, values: Record<string, Json>): boolean {
  return Object.entries(wanted).every(([axis, value]) => JSON.stringify(values[axis]) === JSON.stringify(value));
}

interface Place extends Item {
  index: number;
  isMatrix: boolean;
  /** Its item is the worker on which it runs. */
  isBound?: boolean;
}

function memberOf(
  spec: TaskSpec,
  template: TaskSpec,
  { item, label, index, isMatrix, isBound }: Place,
  view: RunView,
): TaskSpec {
  const scope: Scope = { item, index, ...(isMatrix && { matrix: item }) };
  const texts: TextEvaluator = { evaluateText: (text) => view.evaluateText(text, scope) };
  const { node, work, ...fields } = template;
  const name = `${spec.id ?? spec.name ?? ""}[${label}]`;
  const member: TaskSpec = {
    ...evaluateFields(fields, texts),
    work: memberWork(work, texts),
    id: name,
    name,
  };
  if (isBound === true) member.worker = item as string;
  if (node !== undefined) member.node = memberNode(node, scope, view);
  return member;
}

/** The work of a member. A workflow is evaluated again when its turn has come: what came out of values stays what it is. */
function memberWork(work: Work, texts: TextEvaluator): Work {
  if (work.kind !== "workflow") return evaluateAll(work, texts, work.kind);
  const { params, pipeline, ...rest } = work.workflow;
  const fixed = <T extends Json>(value: T, where: string): T =>
    mapTexts(evaluateAll(value, texts, where), escapeText) as T;
  return {
    kind: "workflow",
    workflow: {
      ...rest,
      ...(params !== undefined && { params: fixed(params, "params") }),
      ...(pipeline !== undefined && { pipeline: fixed(pipeline, "pipeline") }),
    },
  };
}

/** Rules and conditions of a member, with its item in the place of its name. */
function memberNode(node: NodeSpec, scope: Scope, view: RunView): NodeSpec {
  const made: NodeSpec = { ...node };
  if (node.when !== undefined) {
    const holds = evaluateAt("when", node.when, (text) => view.evaluate(text, scope));
    if (typeof holds !== "boolean")
      throw new Fault(`when is ${JSON.stringify(holds)}, and not true or false: ${node.when}`);
    // Its end is told by the engine, as that of every task that is skipped.
    if (holds) delete made.when;
    else made.when = `false // ${node.when.replaceAll("\n", " ")}`;
  }
  if (node.repeat !== undefined) {
    const { while: again, until, ...rest } = node.repeat;
    made.repeat = {
      ...rest,
      ...(again !== undefined && { while: inlined(again, scope) }),
      ...(until !== undefined && { until: inlined(until, scope) }),
    };
  }
  const message = node.approval?.message;
  if (message !== undefined) {
    const asked = evaluateAt("approval", message, (text) => view.evaluateText(text, scope));
    made.approval = { ...node.approval, message: textOf(asked) };
  }
  if (node.outputs !== undefined) {
    const outputs = Object.entries(node.outputs).map(([name, output]) => {
      return [name, hasExpression(output.value) ? output : { ...output, value: inlined(output.value, scope) }] as const;
    });
    made.outputs = Object.fromEntries(outputs);
  }
  return made;
}

function inlined(text: string, scope: Scope): string {
  return inlineValues(readExpression(text), ITEM_ROOTS, scope);
}

type Fields = Omit<TaskSpec, "node" | "work">;

/** What the schema checked by something in its place is checked now. */
function evaluateFields(fields: Fields, texts: TextEvaluator): Fields {
  const read = evaluateAll(fields as Json & Fields, texts, "task") as Fields;
  if (read === fields) return fields;
  readLater(read);
  checkAs(read.arm, Name, "arm");
  checkAs(read.worker, Name, "worker");
  checkAs(read.owner, Name, "owner");
  checkAs(read.priority, Priority, "priority");
  for (const tag of read.tags ?? []) checkAs(tag, Name, "tags");
  const mutex = read.mutex as string | string[] | undefined;
  if (mutex !== undefined) {
    read.mutex = [...new Set(typeof mutex === "string" ? [mutex] : mutex)].map(asText).toSorted();
    for (const one of read.mutex) checkAs(one, KeyText, "mutex");
  }
  for (const key of ["concurrencyKey", "uniqueKey", "rate"] as const) {
    const asked = read[key];
    if (asked === undefined) continue;
    asked.key = asText(asked.key);
    checkAs(asked.key, KeyText, `${key}.key`);
  }
  if (read.cache?.key !== undefined) read.cache.key = asText(read.cache.key);
  return read;
}

function asText(value: Json): string {
  return textOf(value);
}

interface Schema {
  safeParse(value: unknown): { success: boolean; error?: { issues: readonly { message: string }[] } };
}

function checkAs(value: unknown, schema: Schema, where: string): void {
  if (value === undefined) return;
  const parsed = schema.safeParse(value);
  if (parsed.success) return;
  throw new Fault(`${where} ${parsed.error!.issues[0]!.message}, not ${JSON.stringify(value).slice(0, 80)}`);
}
