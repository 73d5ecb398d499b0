/**
 * Where a task runs, as it stands in a workflow file. What of it names the item of a member is known as that is made: it is
 * kept as it stands and read then (`readLater`); everything else is checked as the file is compiled.
 */
import type { Json } from "../base/words.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import { isAllWorkers, placed, TargetSubmission } from "../protocol/target.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { early } from "./ask-keys.ts";
import { Fault } from "./evaluate-value.ts";
import { textOf } from "./expression.ts";
import { evaluatedDeep, holdsExpression, isMapping, type KeyReader, type Place, readKeys, tell } from "./keys.ts";

const any: KeyReader = (value, key, place) => {
  place.draft[key] = evaluatedDeep(value, key, place);
};

export const TARGET_KEYS: Readonly<Record<string, KeyReader>> = {
  worker: any,
  labels: any,
  prefer: any,
  apart: (value, key, place) => {
    place.draft[key] = keyText(evaluatedDeep(value, key, place));
  },
  spread: any,
  policy: any,
  near: any,
};

/** A number is a key as well. */
function keyText(value: Json): Json {
  return typeof value === "number" || typeof value === "boolean" ? textOf(value) : value;
}

export function readTarget(value: Json, key: string, place: Place): void {
  const read = readForm(value, key, early(place));
  if (read === undefined) return;
  // At the top of a file it is known when the params are.
  if (holdsExpression(read)) place.task?.patch(["targetLater"], read);
  else place.draft[key] = read;
}

function readForm(value: Json, key: string, place: Place): Json | undefined {
  if (typeof value === "string") return evaluatedDeep(value, key, place);
  if (!isMapping(value)) {
    tell(place, key, `must be the name of a worker, or {${Object.keys(TARGET_KEYS).join(", ")}}, not ${show(value)}`);
    return undefined;
  }
  const { count } = place.document.problems;
  const inner: Place = { ...place, path: [...place.path, key], draft: {} };
  readKeys(value, TARGET_KEYS, inner);
  return place.document.problems.count === count ? (inner.draft as Json) : undefined;
}

/** What the file says of a task is that each worker gets one. */
export function saysAllWorkers({ worker, target }: Record<string, Json>): boolean {
  return isAllWorkers(worker) || isAllWorkers(target) || (isMapping(target) && isAllWorkers(target["worker"]));
}

/** Gives a member the target that its file leaves open, with its values in their places. */
export function readLater(member: Omit<TaskSpec, "node" | "work">): void {
  const { targetLater, ...rest } = member;
  if (targetLater !== undefined) {
    const read = isMapping(targetLater) ? { ...targetLater } : targetLater;
    if (isMapping(read) && read["apart"] !== undefined) read["apart"] = keyText(read["apart"]);
    const parsed = TargetSubmission.safeParse(read);
    if (!parsed.success) {
      const [finding] = findingsOf(parsed.error, read);
      throw new Fault(`${["target", ...finding!.path].join(".")} ${finding!.message}`);
    }
    place(member, placed(rest.worker, parsed.data));
    delete member.targetLater;
  } else if (rest.worker !== undefined) place(member, placed(rest.worker, undefined));
}

function place(member: Omit<TaskSpec, "node" | "work">, read: ReturnType<typeof placed>): void {
  if (typeof read === "string") throw new Fault(`target ${read}`);
  if (isAllWorkers(read.worker)) throw new Fault("worker must not be ALL where each has items: leave the items out");
  delete member.worker;
  Object.assign(member, read);
}
