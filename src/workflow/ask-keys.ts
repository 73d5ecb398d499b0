/** What a task asks for beside its work (keys, rates, a cache, resources), as it stands in a workflow file. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { textOf } from "./expression.ts";
import {
  evaluated,
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readInput,
  readKeys,
  tell,
} from "./keys.ts";

/** A text that tells things apart. A number that a param stands for is such a text, too. */
function readKeyText(value: Json, key: string, place: Place): void {
  const read = typeof value === "string" ? evaluated(value, key, place) : value;
  if (read === undefined) return;
  if (typeof read === "object" || read === "") tell(place, key, `must be text, not ${show(read)}`);
  else place.draft[key] = typeof value === "string" ? textOf(read) : read;
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

export const ASK_KEYS: Readonly<Record<string, KeyReader>> = {
  owner: readKeyText,
  concurrencyKey: mapping({ key: readKeyText, limit: plain }, readKeyText),
  uniqueKey: mapping({ key: readKeyText, scope: plain, period: readDuration, policy: plain }, readKeyText),
  mutex: (value, key, place) => (Array.isArray(value) ? readInput : readKeyText)(value, key, place),
  rate: mapping({ key: readKeyText, limit: plain, per: readDuration, burst: plain }, plain),
  cache: mapping({ key: readKeyText, inputs: readInput, files: readInput, ttl: readDuration, refresh: plain }, plain),
  resources: plain,
};
