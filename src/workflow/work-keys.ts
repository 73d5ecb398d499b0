/**
 * Keys of work that is neither a command nor a request: plugins, containers, modules and executors of one's own. Values are
 * evaluated as JSON where JSON is asked for, and as text where text is; none of them becomes part of a command line.
 */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { DockerWork } from "../protocol/work/docker.ts";
import { PluginWork } from "../protocol/work/plugin.ts";
import { WasmWork } from "../protocol/work/wasm.ts";
import { isShell, readCommand } from "./command.ts";
import { hasExpression } from "./expression.ts";
import {
  allPlain,
  evaluated,
  evaluatedDeep,
  holdsExpression,
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readEnv,
  readKeys,
  readText,
  tell,
} from "./keys.ts";
import { STATIC_ROOTS } from "./names.ts";

export const PLUGIN_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(PluginWork.shape),
  args: (value, key, place) => readValues(value, key, place, { path: ["plugin", key], empty: [] }),
  kwargs: (value, key, place) => readValues(value, key, place, { path: ["plugin", key], empty: {} }),
  env: readEnv,
  grace: readDuration,
};

export const DOCKER_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(DockerWork.shape),
  image: readText,
  command: readContainerCommand,
  env: readEnv,
  stdin: readText,
  volumes: readKnown,
  tmpfs: readKnown,
  network: readText,
  user: readText,
  grace: readDuration,
};

export const WASM_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(WasmWork.shape),
  args: (value, key, place) => readValues(asTexts(value), key, place, { path: ["wasm", key], empty: [] }),
  env: readEnv,
  stdin: readText,
  dirs: readKnown,
};

export const WORK_KEYS: Readonly<Record<string, KeyReader>> = {
  plugin: (value, key, place) => readLong(value, key, place, PLUGIN_KEYS),
  docker: (value, key, place) =>
    isMapping(value) ? readLong(value, key, place, DOCKER_KEYS) : readText(value, key, place),
  wasm: (value, key, place) => readLong(value, key, place, WASM_KEYS),
  uses: plain,
  with: (value, key, place) => readValues(value, key, place, { path: ["custom", key], empty: {} }),
};

/** The short form, or a mapping with these keys. */
function readLong(value: Json, key: string, place: Place, keys: Readonly<Record<string, KeyReader>>): void {
  if (!isMapping(value)) return plain(value, key, place);
  const inner: Place = { ...place, path: [...place.path, key], draft: {} };
  readKeys(value, keys, inner);
  place.draft[key] = inner.draft;
}

/** A list or a mapping of values, or one expression for all of it. `empty` stands there until its value is known. */
function readValues(
  value: Json,
  key: string,
  place: Place,
  { path, empty }: { path: readonly string[]; empty: Json },
): void {
  if (typeof value !== "string" || !hasExpression(value)) {
    place.draft[key] = evaluatedDeep(value, key, place);
    return;
  }
  const read = evaluated(value, key, place);
  if (read === undefined) return;
  if (typeof read === "string" && hasExpression(read) && place.task?.dynamic === true) {
    place.task.patch(["work", ...path], read);
    place.draft[key] = empty;
  } else place.draft[key] = read;
}

/** Texts that decide where it runs and what it sees of its machine: nothing that another task made may stand in them. */
function readKnown(value: Json, key: string, place: Place): void {
  const read = evaluatedDeep(value, key, { ...place, roots: STATIC_ROOTS });
  // What could not be evaluated has been told.
  if (!holdsExpression(read)) place.draft[key] = read;
}

/**
 * Text is a command line for the shell in the container. In a list each item is an argument and stays one, but for the
 * command line of a shell that stands there by name.
 */
function readContainerCommand(value: Json, key: string, place: Place): void {
  if (!Array.isArray(value)) return readCommand(value, key, place);
  if (!holdsExpression(value)) return plain(asTexts(value), key, place);
  place.draft[key] = value.map((item, index) => {
    if (typeof item !== "string" || !hasExpression(item)) return item;
    if (index === 0) {
      tell(place, key, "must name its program without ${{ }}: a value decides what it gets, not what runs", [index]);
      return item;
    }
    if (!isCommandLine(value.slice(0, index))) return evaluated(item, key, place, [index]) ?? item;
    const line: Place = { ...place, draft: {} };
    readCommand(item, key, line);
    return line.draft[key];
  });
  if (!(place.draft[key] as Json[]).every((item) => typeof item === "string" || typeof item === "number"))
    tell(place, key, `must be a list of texts, not ${show(value)}`);
  else place.draft[key] = (place.draft[key] as (string | number)[]).map(String);
}

/** Is what stands behind these arguments a command line: `sh -ec …`, also behind `env` and the like? */
function isCommandLine(before: readonly Json[]): boolean {
  const option = before.at(-1);
  if (typeof option !== "string" || !/^-\w*c$/.test(option)) return false;
  return before.some((one) => typeof one === "string" && isShell(one));
}

/** Numbers and words that YAML reads as truth values, as they are meant in a list of arguments. */
function asTexts(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === "number" || typeof item === "boolean" ? String(item) : item));
}
