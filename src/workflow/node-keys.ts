/**
 * Keys by which a task of a workflow says what it is in the graph: when it runs, for whom it waits, how often it is done,
 * what it leaves. Each reader puts what it read into the task's `NodeSpec`, or beside it where a container is made of it.
 */
import { type Json, TRIGGERS } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { count, duration, readCondition } from "./conditions.ts";
import { readOutputs, readRepeat } from "./end-keys.ts";
import { hasExpression } from "./expression.ts";
import { readApproval, readArtifacts } from "./gate-keys.ts";
import { evaluated, evaluatedDeep, isMapping, type KeyReader, type Place, readKeys, tell } from "./keys.ts";
import { TASK_ROOTS } from "./names.ts";
import type { Path } from "./problems.ts";

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
};

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
    const near = typeof value === "string" ? place.document.problems.suggest(value, TRIGGERS) : "";
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

export const CONTINUE_KEYS: Readonly<Record<string, KeyReader>> = {
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

function readCompensate(value: Json, key: string, place: Place): void {
  if (place.task!.isInner) tell(place, key, "belongs to a task of the workflow itself");
  else place.task!.compensate = value;
}
