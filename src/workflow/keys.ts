/**
 * How a mapping of a workflow file is read: by a table that gives each known key its reader. Here are the machinery and
 * the readers that several tables share; the tables are in `task-keys.ts` and `workflow-keys.ts`.
 */
import type { Json } from "../base/words.ts";
import { Env } from "../protocol/common.ts";
import { findingsOf, show } from "../protocol/parse.ts";
import type { WorkflowDocument } from "./document.ts";
import { evaluate, type ExpressionError, hasExpression, interpolate, type Scope, textOf } from "./expression.ts";
import { type Path, pathText } from "./problems.ts";

/** The place that is being read, and what it is read into. */
export interface Place {
  document: WorkflowDocument;
  scope: Scope;
  /** Keys from the top of the file to the mapping that is read. */
  path: Path;
  draft: Record<string, unknown>;
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
  with: "input",
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
};

/** Reads a mapping by its table of keys, in the order of the table. */
export function readKeys(value: Record<string, Json>, keys: Readonly<Record<string, KeyReader>>, place: Place): void {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(keys, key)) keys[key]!(value[key]!, key, place);
    else unknownKey(key, Object.keys(keys), place);
  }
}

function unknownKey(key: string, known: string[], place: Place): void {
  const { problems } = place.document;
  const foreign = Object.hasOwn(FOREIGN, key) && known.includes(FOREIGN[key]!) ? FOREIGN[key] : undefined;
  const near = foreign === undefined ? problems.suggest(key, known) : ` (did you mean ${foreign}?)`;
  const where = place.path.length === 0 ? "a workflow" : pathText(place.path);
  const message = `${where} has the unknown key ${JSON.stringify(key)}${near}; known are ${known.join(", ")}`;
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

export function tellExpression(place: Place, key: string, error: ExpressionError, keys: Path = []): void {
  tell(place, key, error.message + place.document.problems.suggest(error.word, error.candidates), keys);
}

/** Taken as it is. Expressions may not stand there. */
export function plain(value: Json, key: string, place: Place): void {
  if (
    typeof value === "string" ? hasExpression(value) : typeof value === "object" && hasExpression(JSON.stringify(value))
  ) {
    tell(place, key, "must not hold ${{ }}: it may stand in http url, headers and body, in input, env, cwd and stdin");
    return;
  }
  place.draft[key] = value;
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
  place.draft[key] = interpolate(value, place.scope, (keys, error) => tellExpression(place, key, error, keys));
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

export function evaluated(text: string, key: string, place: Place, keys: Path = []): Json | undefined {
  const result = evaluate(text, place.scope);
  if (result.ok) return result.value;
  tellExpression(place, key, result.error, keys);
  return undefined;
}

export function isMapping(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
