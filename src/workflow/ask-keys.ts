/** What a task asks for beside its work (keys, rates, a cache, resources), as it stands in a workflow file. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { hasExpression, textOf } from "./expression.ts";
import {
  evaluated,
  evaluatedDeep,
  holdsExpression,
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readInput,
  readKeys,
  tell,
} from "./keys.ts";
import { MEMBER_ROOTS, STATIC_ROOTS } from "./names.ts";

/** Stands for a text that is known later. */
const LATER = "later";

/** Where what decides over where and when a task runs takes its values from: for a member, from its item too. */
export function early(place: Place): Place {
  const { task } = place;
  return { ...place, roots: task?.isEach === true && !task.isInner ? MEMBER_ROOTS : STATIC_ROOTS };
}

/** A value that is known as the file is compiled, or as the member is made; `stand` takes its place until then. */
export function later(stand: Json): KeyReader {
  return (value, key, place) => {
    if (!holdsExpression(value)) return plain(value, key, place);
    const read = evaluatedDeep(value, key, early(place));
    if (!holdsExpression(read)) place.draft[key] = read;
    else {
      place.draft[key] = Array.isArray(read) ? read.map((_, index) => `${LATER}-${index}`) : stand;
      place.task!.patch(taskPath(place, key), read);
    }
  };
}

/** Keys from the task to this one. */
function taskPath({ path }: Place, key: string): string[] {
  return [...path.slice(2), key].map(String);
}

/** A text that tells things apart. A number that a param stands for is such a text, too. */
function readKeyText(value: Json, key: string, place: Place): void {
  const read = typeof value === "string" ? evaluated(value, key, early(place)) : value;
  if (read === undefined) return;
  if (typeof read === "object" || read === "") tell(place, key, `must be text, not ${show(read)}`);
  else if (typeof read === "string" && typeof value === "string" && hasExpression(value) && hasExpression(read)) {
    place.draft[key] = LATER;
    const path = taskPath(place, key);
    place.task!.patch(key === "concurrencyKey" || key === "uniqueKey" ? [...path, "key"] : path, read);
  } else place.draft[key] = typeof value === "string" ? textOf(read) : read;
}

/** A mapping by its own table of keys; anything else is a short form that `short` reads. */
function mapping(keys: Readonly<Record<string, KeyReader>>, short: KeyReader): KeyReader {
  return (value, key, place) => {
    if (!isMapping(value)) return short(value, key, place);
    const inner: Place = { ...place, path: [...place.path, key], draft: {} };
    readKeys(value, keys, inner);
    place.draft[key] = inner.draft;
  };
}

/** Names that it holds: they come out in order, so names that are known later take the place of all. */
function readMutex(value: Json, key: string, place: Place): void {
  if (!Array.isArray(value)) return later(LATER)(value, key, place);
  const read = evaluatedDeep(value, key, early(place));
  place.draft[key] = read;
  if (holdsExpression(read)) place.task!.patch(taskPath(place, key), read);
}

export const ASK_KEYS: Readonly<Record<string, KeyReader>> = {
  owner: readKeyText,
  concurrencyKey: mapping({ key: readKeyText, limit: plain }, readKeyText),
  uniqueKey: mapping({ key: readKeyText, scope: plain, period: readDuration, policy: plain }, readKeyText),
  mutex: readMutex,
  rate: mapping({ key: readKeyText, limit: plain, per: readDuration, burst: plain }, plain),
  cache: mapping({ key: readInput, inputs: readInput, files: readInput, ttl: readDuration, refresh: plain }, plain),
  resources: plain,
};
