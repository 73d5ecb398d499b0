/**
 * Every key that a task may have in a workflow file, each with the function that reads it. The language grows by one
 * entry here. A reader puts what it read into the draft of a `TaskSubmission`, whose schema then has the last word.
 */
import type { Json } from "../base/words.ts";
import { parseHttpLine } from "../protocol/http-line.ts";
import { HttpWork, ShellWork } from "../protocol/task.ts";
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
};

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
