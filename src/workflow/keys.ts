/**
 * How a mapping of a workflow file is read: by a table that gives each known key its reader. Here are the machinery and
 * the readers that several tables share; the tables are in `task-keys.ts`, `node-keys.ts` and `workflow-keys.ts`.
 */
import type { Json } from "../base/words.ts";
import { Env } from "../protocol/common.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import { ExpressionError, type Root } from "./cel/cel.ts";
import type { WorkflowDocument } from "./document.ts";
import { escapeText, evaluateText, hasExpression, mapTexts, textOf } from "./expression.ts";
import { type Names, readNames, staticScope, writeReading } from "./names.ts";
import { type Path, pathText } from "./problems.ts";
import type { TaskReading } from "./task-reading.ts";

/** The place that is being read, and what it is read into. */
export interface Place {
  document: WorkflowDocument;
  scope: Names;
  /** What expressions may name here. */
  roots: ReadonlySet<Root>;
  /** Keys from the top of the file to the mapping that is read. */
  path: Path;
  draft: Record<string, unknown>;
  /** The task that is being read; none at the top of the file. */
  task?: TaskReading | undefined;
}

export type KeyReader = (value: Json, key: string, place: Place) => void;

/** Words of other systems, for "did you mean". */
const FOREIGN: Record<string, string> = {
  run: "shell",
  command: "shell",
  cmd: "shell",
  script: "shell",
  bash: "shell",
  function: "call",
  handler: "call",
  args: "input",
  executor: "uses",
  container: "docker",
  image: "docker",
  module: "wasm",
  depends_on: "needs",
  dependsOn: "needs",
  after: "needs",
  environment: "env",
  dir: "cwd",
  workdir: "cwd",
  queue: "arm",
  lane: "arm",
  retry: "retries",
  labels: "tags",
  inputs: "params",
  variables: "params",
  jobs: "tasks",
  steps: "tasks",
  stages: "tasks",
  nodes: "tasks",
  if: "when",
  condition: "when",
  preconditions: "when",
  foreach: "each",
  forEach: "each",
  withItems: "each",
  with_items: "each",
  loop: "each",
  trigger_rule: "trigger",
  triggerRule: "trigger",
  strategy: "matrix",
  continue_on_error: "allowFailure",
  "continue-on-error": "allowFailure",
  continueOnError: "allowFailure",
  handlers: "on",
  handlerOn: "on",
  parallelism: "maxParallel",
  max_parallel: "maxParallel",
  "max-parallel": "maxParallel",
  "fail-fast": "failFast",
  cron: "schedule",
};

/** Reads a mapping by its table of keys, in the order of the mapping. */
export function readKeys(value: Record<string, Json>, keys: Readonly<Record<string, KeyReader>>, place: Place): void {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(keys, key)) keys[key]!(value[key]!, key, place);
    else unknownKey(key, Object.keys(keys), place);
  }
}

/** Keys that are listed where one of them is probably meant. */
const LISTED_MAX = 20;

function unknownKey(key: string, all: string[], place: Place): void {
  const { problems } = place.document;
  const foreign = Object.hasOwn(FOREIGN, key) && all.includes(FOREIGN[key]!) ? FOREIGN[key] : undefined;
  const near = foreign === undefined ? problems.suggest(key, all) : ` (did you mean ${foreign}?)`;
  const where = place.path.length === 0 ? "a workflow" : pathText(place.path);
  // A long list helps only those who have no idea.
  const list = near !== "" && all.length > LISTED_MAX ? "" : `; known are ${all.join(", ")}`;
  const message = `${where} has the unknown key ${JSON.stringify(key)}${near}${list}`;
  problems.at(place.document.locate([...place.path, key], "key"), message);
}

/** Says what is wrong with a key of the place; `keys` lead on from it. */
export function tell(
  place: Place,
  key: string,
  message: string,
  keys: Path = [],
  part: "key" | "value" = "value",
): void {
  const path = [...place.path, key, ...keys];
  place.document.problems.at(place.document.locate(path, part), `${pathText(path)} ${message}`);
}

/** The same for what is odd, and no error. */
export function warn(place: Place, key: string, message: string, keys: Path = []): void {
  const path = [...place.path, key, ...keys];
  place.document.problems.warn(place.document.locate(path), `${pathText(path)} ${message}`);
}

export function tellExpression(place: Place, key: string, error: unknown, keys: Path = []): void {
  if (!(error instanceof ExpressionError)) throw error;
  tell(place, key, error.message, keys);
}

const STANDS =
  "it may stand in http url, headers and body, in input, args, kwargs, with, env, cwd and stdin, in keys, when, each, matrix, params, outputs and message";

/** Taken as it is. Expressions may not stand there. */
export function plain(value: Json, key: string, place: Place): void {
  if (holdsExpression(value)) tell(place, key, `must not hold \${{ }}: ${STANDS}`);
  else place.draft[key] = value;
}

/** All keys of a schema, taken as they stand. */
export function allPlain(shape: object): Record<string, KeyReader> {
  return Object.fromEntries(Object.keys(shape).map((key) => [key, plain]));
}

export function holdsExpression(value: Json): boolean {
  if (typeof value === "string") return hasExpression(value);
  return typeof value === "object" && value !== null && hasExpression(JSON.stringify(value));
}

/** A duration. A bare number is refused: its unit would be a guess. */
export function readDuration(value: Json, key: string, place: Place): void {
  if (typeof value === "number") tell(place, key, `must have a unit, not ${value}: write a unit, such as ${value}s`);
  else plain(value, key, place);
}

/** A text in which expressions may stand. */
export function readText(value: Json, key: string, place: Place): void {
  const read = typeof value === "string" ? evaluated(value, key, place) : value;
  if (read === undefined) return;
  if (typeof read === "string" && read !== "") place.draft[key] = read;
  else tell(place, key, `must be text, not ${show(read)}`);
}

/** Any value, with expressions in its texts. */
export function readInput(value: Json, key: string, place: Place): void {
  place.draft[key] = evaluatedDeep(value, key, place);
}

export function readEnv(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of names to values, not ${show(value)}`);
  const env: Record<string, string> = {};
  for (const [name, one] of Object.entries(value)) {
    const read = typeof one === "string" ? evaluated(one, key, place, [name]) : one;
    if (read !== undefined) env[name] = typeof one === "string" ? textOf(read) : (one as unknown as string);
  }
  const parsed = Env.safeParse(env);
  if (parsed.success) place.draft[key] = parsed.data;
  else for (const { path, message } of findingsOf(parsed.error, env)) tell(place, key, message, path as Path);
}

/**
 * The value of a text, or the text that is evaluated later. Texts out of values are escaped where they would be taken for
 * expressions then; `TaskReading.finish` undoes it where there is no later.
 */
export function evaluated(text: string, key: string, place: Place, keys: Path = []): Json | undefined {
  if (!hasExpression(text)) return text;
  try {
    const reading = readNames(text, place.scope, place.roots);
    if (reading.dynamic) {
      place.task?.refer(reading.references, place, key, keys);
      return writeReading(reading);
    }
    const value = evaluateText(writeReading(reading), staticScope(place.scope));
    if (!holdsExpression(value)) return value;
    if (place.task === undefined) return value;
    place.task.markEscaped();
    return mapTexts(value, escapeText);
  } catch (error) {
    tellExpression(place, key, error, keys);
    return undefined;
  }
}

/** `value` with every text in it evaluated, however deep. */
export function evaluatedDeep(value: Json, key: string, place: Place, keys: Path = []): Json {
  if (!holdsExpression(value)) return value;
  return mapTexts(value, (text, path) => evaluated(text, key, place, [...keys, ...path]) ?? text);
}

export function isMapping(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
