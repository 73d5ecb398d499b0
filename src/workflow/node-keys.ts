/**
 * Keys by which a task of a workflow says what it is in the graph: when it runs, for whom it waits, how often it is done,
 * what it leaves. Each reader puts what it read into the task's `NodeSpec`, or beside it where a container is made of it.
 */
import { type Json, TRIGGERS } from "../base/words.ts";
import { Name } from "../protocol/common.ts";
import { OUTPUT_TYPES, type OutputType } from "../protocol/node.ts";
import { show } from "../protocol/parse.ts";
import { PipelineSubmission } from "../protocol/pipeline.ts";
import { parseDuration } from "../base/duration.ts";
import { readExpression } from "./cel/cel.ts";
import { conditionOf, hasExpression, inlineValues, mapTexts } from "./expression.ts";
import {
  evaluated,
  evaluatedDeep,
  holdsExpression,
  isMapping,
  type KeyReader,
  type Place,
  readKeys,
  tell,
} from "./keys.ts";
import { tellExpression } from "./keys.ts";
import {
  checkNames,
  END_ROOTS,
  isDynamic,
  ITEM_ROOTS,
  readNames,
  STATIC_ROOTS,
  staticScope,
  TASK_ROOTS,
  withTaskNames,
  writeReading,
} from "./names.ts";
import type { Path } from "./problems.ts";

/** Times that a task is repeated unless it says otherwise. */
const REPEAT_LIMIT = 1000;
/** Items of a list that stands in the file. */
export const ITEMS_MAX = 1_000_000;

export const NODE_KEYS: Readonly<Record<string, KeyReader>> = {
  when: readWhen,
  trigger: readTrigger,
  each: readEach,
  matrix: readMatrix,
  maxParallel: readMaxParallel,
  failFast: readFlag,
  continueOn: readContinueOn,
  allowFailure: readFlag,
  outputs: readOutputs,
  repeat: readRepeat,
  approval: readApproval,
  compensate: readCompensate,
  artifacts: readArtifacts,
  estimate: (value, key, place) => {
    const ms = duration(value, key, place);
    if (ms !== undefined) place.task!.node.estimateMs = ms;
  },
  runTimeout: (value, key, place) => {
    const ms = duration(value, key, place);
    if (ms !== undefined) place.task!.container.timeout = ms;
  },
  target: readTarget,
};

/** Milliseconds, or nothing when a problem was told. */
export function duration(value: Json, key: string, place: Place, keys: Path = []): number | undefined {
  if (typeof value === "number") {
    tell(place, key, `must have a unit, not ${value}: write a unit, such as ${value}s`, keys);
    return undefined;
  }
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms === undefined || ms <= 0) tell(place, key, `must be a duration such as 90s or 10m, not ${show(value)}`, keys);
  return ms === undefined || ms <= 0 ? undefined : ms;
}

/** A whole number from 1. */
export function count(value: Json, key: string, place: Place, keys: Path = []): number | undefined {
  const read = typeof value === "string" ? evaluated(value, key, { ...place, roots: STATIC_ROOTS }, keys) : value;
  if (read === undefined) return undefined;
  // A param whose value comes later.
  if (typeof read === "string" && hasExpression(read)) return 1;
  if (Number.isSafeInteger(read) && (read as number) >= 1) return read as number;
  tell(place, key, `must be a whole number from 1, not ${show(read)}`, keys);
  return undefined;
}

/** The CEL text of a condition, its names checked, and what it names. */
export function readCondition(
  value: Json,
  key: string,
  place: Place,
  roots: Place["roots"],
  keys: Path = [],
): { text: string; items: boolean } | undefined {
  if (typeof value === "boolean") return { text: String(value), items: false };
  if (typeof value !== "string") {
    tell(place, key, `must be a condition such as tasks.a.outputs.n > 3, not ${show(value)}`, keys);
    return undefined;
  }
  try {
    const text = withTaskNames(conditionOf(value), place.scope.tasks);
    const references = checkNames(text, place.scope, roots);
    place.task!.note(references, [...place.path, key, ...keys]);
    const { type } = readExpression(text);
    if (type !== "bool" && type !== "dyn") {
      tell(place, key, `must be true or false, and ${show(text)} is of type ${type}`, keys);
      return undefined;
    }
    return { text, items: references.some(({ path }) => (ITEM_ROOTS as ReadonlySet<string>).has(path[0]!)) };
  } catch (error) {
    tellExpression(place, key, error, keys);
    return undefined;
  }
}

function readWhen(value: Json, key: string, place: Place): void {
  const read = readCondition(value, key, place, place.roots);
  if (read === undefined) return;
  const task = place.task!;
  if (read.items) task.memberWhen = read.text;
  else task.node.when = read.text;
}

function readTrigger(value: Json, key: string, place: Place): void {
  const trigger = TRIGGERS.find((one) => one === value);
  if (trigger === undefined) {
    const near = place.document.problems.suggest(String(value), TRIGGERS);
    tell(place, key, `must be ${TRIGGERS.join(", ")}, not ${show(value)}${near}`);
  } else if (trigger !== "all_succeeded") place.task!.node.trigger = trigger;
}

function readEach(value: Json, key: string, place: Place): void {
  const task = place.task!;
  const own = { ...place, roots: TASK_ROOTS };
  const read = typeof value === "string" ? evaluated(value, key, own) : evaluatedDeep(value, key, own);
  if (read === undefined) return;
  const isLater = typeof read === "string" && hasExpression(read);
  if (!isLater && !Array.isArray(read)) {
    return tell(place, key, `must be a list, or \${{ }} that stands for one, not ${show(read)}`);
  }
  if (Array.isArray(read) && read.length > ITEMS_MAX) {
    return tell(place, key, `holds ${read.length} items; at most ${ITEMS_MAX} may be`);
  }
  task.container.items = read;
}

function readMatrix(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of names to lists, not ${show(value)}`);
  const { container } = place.task!;
  const own = { ...place, roots: TASK_ROOTS };
  const matrix: Record<string, Json> = {};
  for (const [axis, list] of Object.entries(value)) {
    if (axis === "include" || axis === "exclude") {
      if (Array.isArray(list) && list.every(isMapping)) {
        container[axis] = evaluatedDeep(list, key, own, [axis]) as Record<string, Json>[];
      } else tell(place, key, `must be a list of mappings, not ${show(list)}`, [axis]);
      continue;
    }
    if (!/^[A-Za-z_]\w*$/.test(axis)) {
      tell(place, key, "must have a name of letters, digits and _ that begins with no digit", [axis], "key");
      continue;
    }
    const read = typeof list === "string" ? evaluated(list, key, own, [axis]) : evaluatedDeep(list, key, own, [axis]);
    if (read === undefined) continue;
    const fits = Array.isArray(read) ? read.length > 0 : typeof read === "string" && hasExpression(read);
    if (fits) matrix[axis] = read;
    else tell(place, key, `must be a list, or \${{ }} that stands for one, not ${show(read)}`, [axis]);
  }
  const size = Object.values(matrix).reduce<number>((all, list) => all * (Array.isArray(list) ? list.length : 1), 1);
  if (size > ITEMS_MAX) tell(place, key, `stands for ${size} combinations; at most ${ITEMS_MAX} may be`);
  else if (Object.keys(matrix).length === 0 && container.include === undefined) {
    tell(place, key, "has no lists: write matrix: {node: [20, 22]}");
  } else container.matrix = matrix;
}

function readMaxParallel(value: Json, key: string, place: Place): void {
  const read = count(value, key, place);
  if (read !== undefined) place.task!.container.maxParallel = read;
}

function readFlag(value: Json, key: string, place: Place): void {
  if (typeof value !== "boolean") return tell(place, key, `must be true or false, not ${show(value)}`);
  if (!value) return;
  if (key === "failFast") place.task!.container.failFast = true;
  else place.task!.node.allow = true;
}

const CONTINUE_KEYS: Readonly<Record<string, KeyReader>> = {
  exitCodes: (value, key, place) => readCodes(value, key, place, []),
  failed: (value, key, place) => {
    if (typeof value !== "boolean") tell(place, key, `must be true or false, not ${show(value)}`);
    else if (value) place.task!.node.allow = true;
  },
  skipped: (value, key, place) => {
    if (typeof value !== "boolean") tell(place, key, `must be true or false, not ${show(value)}`);
    else if (value) place.task!.node.allowSkip = true;
  },
};

function readContinueOn(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return readCodes(value, key, place, []);
  readKeys(value, CONTINUE_KEYS, { ...place, path: [...place.path, key] });
}

function readCodes(value: Json, key: string, place: Place, keys: Path): void {
  const list = Array.isArray(value) ? value : [value];
  const wrong = list.findIndex((one) => !Number.isInteger(one) || (one as number) < 0 || (one as number) > 255);
  if (list.length === 0 || wrong >= 0) {
    const seen = list.length === 0 ? value : list[wrong]!;
    return tell(
      place,
      key,
      `must be exit codes from 0 to 255, or {exitCodes, failed, skipped}, not ${show(seen)}`,
      keys,
    );
  }
  const { node } = place.task!;
  if (node.allow !== true) node.allow = list as number[];
}

const REPEAT_KEYS: Readonly<Record<string, KeyReader>> = {
  while: readRepeatCondition,
  until: readRepeatCondition,
  interval: (value, key, place) => {
    const ms = value === 0 || value === "0s" ? 0 : duration(value, key, place);
    if (ms !== undefined) place.draft["intervalMs"] = ms;
  },
  limit: (value, key, place) => {
    const limit = count(value, key, place);
    if (limit !== undefined) place.draft["limit"] = limit;
  },
};

function readRepeat(value: Json, key: string, place: Place): void {
  const { node } = place.task!;
  if (!isMapping(value)) {
    const limit = count(value, key, place);
    if (limit !== undefined) node.repeat = { intervalMs: 0, limit };
    return;
  }
  const draft: Record<string, unknown> = {};
  readKeys(value, REPEAT_KEYS, { ...place, path: [...place.path, key], draft });
  const asks = draft["while"] !== undefined || draft["until"] !== undefined;
  if ("while" in value && "until" in value) tell(place, key, "must have only one of while, until");
  else if (!("while" in value) && !("until" in value) && !("limit" in value)) {
    tell(place, key, "must say how often: while, until or limit");
  } else node.repeat = { intervalMs: asks ? 1000 : 0, limit: REPEAT_LIMIT, ...draft };
}

function readRepeatCondition(value: Json, key: string, place: Place): void {
  const text = readEndExpression(value, key, place, [], true);
  if (text !== undefined) place.draft[key] = text;
}

/** CEL over what an attempt left. Params are not at hand then: they are written into it. */
function readEndExpression(
  value: Json,
  key: string,
  place: Place,
  keys: Path,
  isCondition: boolean,
): string | undefined {
  const items = place.task!.isEach ? ITEM_ROOTS : new Set<never>();
  const roots = END_ROOTS.union(STATIC_ROOTS).union(items);
  try {
    if (isCondition) {
      const read = readCondition(value, key, place, roots, keys);
      return read && inlineValues(readExpression(read.text), STATIC_ROOTS, staticScope(place.scope));
    }
    const reading = readNames(value as string, place.scope, roots);
    for (const piece of reading.pieces) {
      if (typeof piece === "string") continue;
      piece.expression = inlineValues(readExpression(piece.expression), STATIC_ROOTS, staticScope(place.scope));
    }
    const [first] = reading.pieces;
    return reading.pieces.length === 1 && typeof first === "object" ? first.expression : writeReading(reading);
  } catch (error) {
    tellExpression(place, key, error, keys);
    return undefined;
  }
}

/** What a task leaves: words of a command, or values out of its result. */
function readOutputs(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of names to outputs, not ${show(value)}`);
  const task = place.task!;
  for (const [name, one] of Object.entries(value)) {
    if (!Name.safeParse(name).success) {
      tell(place, key, "must have a name of letters, digits and _ . : / -", [name], "key");
      continue;
    }
    if (isComputed(one)) {
      const { value: text, type, ...more } = isMapping(one) ? one : ({ value: one } as Record<string, Json>);
      const odd = Object.keys(more)[0];
      if (odd !== undefined) tell(place, key, `does not go with value: an output is {value, type}`, [name, odd], "key");
      if (type !== undefined && !OUTPUT_TYPES.includes(type as OutputType)) {
        tell(place, key, `must be ${OUTPUT_TYPES.join(", ")}, not ${show(type)}`, [name, "type"]);
      }
      const cel = isMapping(one) && !hasExpression(String(text)) ? `\${{ ${String(text)} }}` : text!;
      const read = readEndExpression(cel, key, place, isMapping(one) ? [name, "value"] : [name], false);
      if (read === undefined) continue;
      task.outputs.set(name, { value: read, ...(type !== undefined && { type: type as OutputType }) });
    } else task.declared[name] = one;
  }
}

/** A text with an expression, or a mapping that says its value. */
function isComputed(value: Json): boolean {
  return typeof value === "string" ? hasExpression(value) : isMapping(value) && typeof value["value"] === "string";
}

const APPROVAL_KEYS: Readonly<Record<string, KeyReader>> = {
  message: (value, key, place) => {
    if (typeof value !== "string") return tell(place, key, `must be text, not ${show(value)}`);
    const read = evaluated(value, key, { ...place, roots: TASK_ROOTS });
    if (read !== undefined) place.draft[key] = typeof read === "string" ? read : JSON.stringify(read);
  },
  timeout: (value, key, place) => {
    const ms = duration(value, key, place);
    if (ms !== undefined) place.draft["timeoutMs"] = ms;
  },
  onTimeout: (value, key, place) => {
    if (value === "reject" || value === "approve") place.draft[key] = value;
    else tell(place, key, `must be reject or approve, not ${show(value)}`);
  },
};

function readApproval(value: Json, key: string, place: Place): void {
  if (value === false) return;
  const inner: Place = { ...place, draft: {} };
  if (typeof value === "string") APPROVAL_KEYS["message"]!(value, key, inner);
  else if (isMapping(value)) readKeys(value, APPROVAL_KEYS, { ...inner, path: [...place.path, key] });
  else if (value !== true) {
    return tell(place, key, `must be true, a message, or {message, timeout, onTimeout}, not ${show(value)}`);
  }
  const message =
    typeof value === "string" ? (inner.draft["approval"] ?? inner.draft["message"]) : inner.draft["message"];
  const { timeoutMs, onTimeout } = inner.draft;
  place.task!.node.approval = {
    ...(message !== undefined && { message: message as string }),
    ...(timeoutMs !== undefined && { timeoutMs: timeoutMs as number }),
    ...(onTimeout !== undefined && { onTimeout: onTimeout as "reject" | "approve" }),
  };
}

function readCompensate(value: Json, key: string, place: Place): void {
  if (place.task!.isInner) tell(place, key, "belongs to a task of the workflow itself");
  else place.task!.compensate = value;
}

const INPUT_KEYS: Readonly<Record<string, KeyReader>> = {
  from: readInputText,
  path: readInputText,
  to: readInputText,
};

function readInputText(value: Json, key: string, place: Place): void {
  if (typeof value === "string" && value !== "" && !hasExpression(value)) place.draft[key] = value;
  else tell(place, key, `must be text without \${{ }}, not ${show(value)}`);
}

function readArtifacts(value: Json, key: string, place: Place): void {
  const task = place.task!;
  const list = Array.isArray(value) ? value : [value];
  for (const [index, one] of list.entries()) {
    const keys = Array.isArray(value) ? [index] : [];
    const draft: Record<string, unknown> = {};
    if (typeof one === "string") draft["from"] = one;
    else if (isMapping(one)) readKeys(one, INPUT_KEYS, { ...place, path: [...place.path, key, ...keys], draft });
    else tell(place, key, `must be the name of a task, or {from, path, to}, not ${show(one)}`, keys);
    const { from, path, to } = draft as { from?: string; path?: string; to?: string };
    if (from === undefined) {
      if (isMapping(one) && !("from" in one)) tell(place, key, "must say from which task: {from, path, to}", keys);
      continue;
    }
    const at = [...place.path, key, ...keys, ...(isMapping(one) ? ["from"] : [])];
    if (!place.scope.tasks.has(from)) {
      const near = place.document.problems.suggest(from, [...place.scope.tasks]);
      tell(place, key, `names the unknown task ${JSON.stringify(from)}${near}`, at.slice(place.path.length + 1));
      continue;
    }
    if (to !== undefined && (to.startsWith("/") || to.split(/[\\/]/).includes(".."))) {
      tell(place, key, `must be a path below the folder of inputs, not ${show(to)}`, [...keys, "to"]);
      continue;
    }
    task.references.push({ task: from, field: "artifacts", output: undefined, path: at });
    (task.node.inputs ??= []).push({ from, ...(path !== undefined && { path }), ...(to !== undefined && { to }) });
  }
}

function readTarget(value: Json, key: string, place: Place): void {
  const name = isMapping(value) ? value["worker"] : value;
  if (isMapping(value) && Object.keys(value).some((one) => one !== "worker")) {
    return tell(place, key, `must be the name of a worker, or {worker: NAME}, not ${show(value)}`);
  }
  if (typeof name !== "string" || name === "") tell(place, key, `must be the name of a worker, not ${show(value)}`);
  else if (place.draft["worker"] !== undefined) tell(place, key, "must not stand beside worker, which says the same");
  else place.draft["worker"] = name;
}

/** `workflow`, `pipeline` and `params`: a run inside the run. */
export const RUN_KEYS: Readonly<Record<string, KeyReader>> = {
  workflow: (value, key, place) => {
    const task = place.task!;
    if (typeof value === "string" && value !== "" && !hasExpression(value)) task.workflow.use = value;
    else if (isMapping(value)) task.workflow.definition = value;
    else tell(place, key, `must be a path, the name of a workflow, or a mapping with tasks, not ${show(value)}`);
    place.draft["call"] ??= "octopus:workflow";
  },
  pipeline: (value, key, place) => {
    if (!isMapping(value)) return tell(place, key, `must be a mapping with stages, not ${show(value)}`);
    const before = place.document.problems.count;
    const read = evaluatedDeep(value, key, place);
    place.task!.workflow.pipeline = read;
    place.draft["call"] ??= "octopus:pipeline";
    if (place.document.problems.count > before || holdsExpression(read)) return;
    const parsed = PipelineSubmission.safeParse(read);
    if (parsed.success) return;
    for (const issue of parsed.error.issues.slice(0, 10)) tell(place, key, issue.message, issue.path as Path);
  },
  params: (value, key, place) => {
    if (!isMapping(value)) return tell(place, key, `must be a mapping of names to values, not ${show(value)}`);
    place.task!.workflow.params = evaluatedDeep(value, key, place) as Record<string, Json>;
  },
};

/** Texts of a value, each with names read for later, none evaluated. */
export function namesRead(value: Json, key: string, place: Place): Json {
  return mapTexts(value, (text, keys) => {
    if (!hasExpression(text)) return text;
    try {
      const reading = readNames(text, place.scope, place.roots);
      for (const reference of reading.references)
        if (isDynamic(reference, place.scope)) place.task?.note([reference], [...place.path, key, ...keys]);
      return writeReading(reading);
    } catch (error) {
      tellExpression(place, key, error, keys);
      return text;
    }
  });
}
