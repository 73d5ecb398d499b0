/**
 * Every key that a task may have in a workflow file, each with the function that reads it. The language grows by one
 * entry here. A reader puts what it read into the draft of a `TaskSubmission`, whose schema then has the last word.
 */
import type { Json } from "../base/words.ts";
import { parseHttpLine } from "../protocol/http-line.ts";
import { show } from "../protocol/parse.ts";
import { HttpWork, ShellWork } from "../protocol/task.ts";
import { ASK_KEYS } from "./ask-keys.ts";
import { hasExpression, interpolate, textOf } from "./expression.ts";
import {
  evaluated,
  isMapping,
  type KeyReader,
  type Place,
  plain,
  readDuration,
  readEnv,
  readInput,
  readKeys,
  readText,
  tell,
  tellExpression,
} from "./keys.ts";

export const TASK_KEYS: Readonly<Record<string, KeyReader>> = {
  shell: readShell,
  http: readHttp,
  call: plain,
  input: readInput,
  type: plain,
  name: plain,
  needs: readNeeds,
  depends: readDepends,
  env: readEnv,
  cwd: readText,
  timeout: readDuration,
  retries: readRetries,
  priority: plain,
  arm: plain,
  tags: plain,
  delay: readDuration,
  runAt: plain,
  expiresAt: plain,
  worker: plain,
  onLost: plain,
  ...ASK_KEYS,
  on: readCallbacks,
  onFailure: readFollowers,
  finally: readFollowers,
};

/** A task within a task, read and still to be completed by what the workflow says for all tasks. */
export class Follower {
  readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }
}

const SHELL_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(ShellWork.shape),
  command: readCommand,
  env: readEnv,
  cwd: readText,
  stdin: readText,
  grace: readDuration,
};

const HTTP_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(HttpWork.shape),
  url: readText,
  headers: readHeaders,
  body: readInput,
};

const RETRIES_KEYS: Readonly<Record<string, KeyReader>> = {
  limit: plain,
  backoff: plain,
  delay: readDuration,
  maxDelay: readDuration,
  jitter: plain,
  exitCodes: plain,
  rules: readRules,
};

const RULE_KEYS: Readonly<Record<string, KeyReader>> = {
  exitCodes: plain,
  errors: plain,
  statuses: plain,
  limit: plain,
  backoff: plain,
  delay: readDuration,
  maxDelay: readDuration,
};

const CALLBACK_KEYS: Readonly<Record<string, KeyReader>> = {
  webhook: readInput,
  retries: plain,
  call: plain,
  arm: plain,
  task: readFollowers,
};

function readShell(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return readCommand(value, key, place);
  const inner: Place = { ...place, path: [...place.path, key], draft: {} };
  readKeys(value, SHELL_KEYS, inner);
  place.draft[key] = inner.draft;
}

/** A command. Values from outside would become part of it, so they come as environment variables. */
function readCommand(value: Json, key: string, place: Place): void {
  if (typeof value === "string" && hasExpression(value)) {
    const param = /\$\{\{\s*(params|env)\.(\w+)/.exec(value);
    const variable = param === null ? "OCTOPUS_PARAM_…" : param[1] === "env" ? param[2] : `OCTOPUS_PARAM_${param[2]}`;
    tell(
      place,
      key,
      `must not hold \${{ }}, which would make a value part of the command: write "$${variable}", an environment variable that every shell task gets`,
    );
    // Kept, so that the task is not said to do nothing as well.
    place.draft[key] = "refused";
  } else place.draft[key] = value;
}

function readHttp(value: Json, key: string, place: Place): void {
  if (isMapping(value)) {
    const inner: Place = { ...place, path: [...place.path, key], draft: {} };
    readKeys(value, HTTP_KEYS, inner);
    place.draft[key] = inner.draft;
  } else if (typeof value === "string" && hasExpression(value)) {
    // Split before values are filled in: a value with a space must not become a body.
    const line = parseHttpLine(value.replace(/\$\{\{[^}]*\}\}/g, (expression) => expression.replace(/\s+/g, "")));
    place.draft[key] = interpolate(line as Json, place.scope, (_keys, error) => tellExpression(place, key, error));
  } else place.draft[key] = value;
}

export function readRetries(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return plain(value, key, place);
  const inner: Place = { ...place, path: [...place.path, key], draft: {} };
  readKeys(value, RETRIES_KEYS, inner);
  place.draft[key] = inner.draft;
}

/** Exceptions from the rest, each with keys of its own. */
function readRules(value: Json, key: string, place: Place): void {
  place.draft[key] = eachOf(value, key, place, RULE_KEYS);
}

/** Every mapping of a list, or the one that stands alone, by a table of keys. Anything else is left to the schema. */
function eachOf(value: Json, key: string, place: Place, keys: Readonly<Record<string, KeyReader>>): unknown {
  const read = (one: Json, path: Place["path"]): unknown => {
    if (!isMapping(one)) return one;
    const inner: Place = { ...place, path, draft: {} };
    readKeys(one, keys, inner);
    return inner.draft;
  };
  const path = [...place.path, key];
  return Array.isArray(value) ? value.map((one, index) => read(one, [...path, index])) : read(value, path);
}

/** Tasks that follow from this one: a command, or the keys of a task without needs; one or a list of them. */
function readFollowers(value: Json, key: string, place: Place): void {
  const { needs: _needs, depends: _depends, ...keys } = TASK_KEYS;
  const read = (one: Json, path: Place["path"]): unknown => {
    const long = typeof one === "string" ? { shell: one } : one;
    if (!isMapping(long)) return one;
    const inner: Place = { ...place, path, draft: {} };
    readKeys(long, keys, inner);
    return new Follower(inner);
  };
  const path = [...place.path, key];
  place.draft[key] = Array.isArray(value) ? value.map((one, index) => read(one, [...path, index])) : read(value, path);
}

/** Who is told of what: for each moment one callback or a list of them. */
function readCallbacks(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of moments to callbacks, not ${show(value)}`);
  const inner: Place = { ...place, path: [...place.path, key] };
  const moments = Object.entries(value).map(([on, one]) => [on, eachOf(one, on, inner, CALLBACK_KEYS)]);
  place.draft[key] = Object.fromEntries(moments);
}

/** Header values are text, whatever the expression in one stands for. */
function readHeaders(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return plain(value, key, place);
  const headers = Object.entries(value).map(([name, one]) => {
    const read = typeof one === "string" ? evaluated(one, key, place, [name]) : one;
    return [name, typeof one === "string" ? textOf(read ?? "") : one];
  });
  place.draft[key] = Object.fromEntries(headers);
}

function readNeeds(value: Json, key: string, place: Place): void {
  if ("needs" in place.draft) tell(place, key, "must not stand beside depends, which says the same");
  else plain(value, key, place);
}

/** `depends` is another word for `needs`. */
function readDepends(value: Json, key: string, place: Place): void {
  if ("needs" in place.draft) tell(place, key, "must not stand beside needs, which says the same");
  else plain(value, "needs", place);
}

function allPlain(shape: object): Record<string, KeyReader> {
  return Object.fromEntries(Object.keys(shape).map((key) => [key, plain]));
}
