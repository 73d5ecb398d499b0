/**
 * Every key that a task may have in a workflow file, each with the function that reads it. The language grows by one
 * entry here. A reader puts what it read into the draft of a `TaskSubmission`, whose schema then has the last word.
 */
import type { Json } from "../base/words.ts";
import { parseHttpLine } from "../protocol/http-line.ts";
import { show } from "../protocol/parse.ts";
import { HttpWork } from "../protocol/work/http.ts";
import { ShellWork } from "../protocol/work/shell.ts";
import { ASK_KEYS, later } from "./ask-keys.ts";
import { readCommand, checkProgram } from "./command.ts";
import { hasExpression, piecesOf, textOf } from "./expression.ts";
import {
  allPlain,
  evaluated,
  evaluatedDeep,
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
import { ITEM_ROOTS, STATIC_ROOTS } from "./names.ts";
import { NODE_KEYS } from "./node-keys.ts";
import { RUN_KEYS } from "./run-keys.ts";
import { readTarget } from "./target-keys.ts";
import { TaskReading } from "./task-reading.ts";
import { WORK_KEYS } from "./work-keys.ts";

export const TASK_KEYS: Readonly<Record<string, KeyReader>> = {
  shell: readShell,
  http: readHttp,
  call: plain,
  input: readInput,
  ...WORK_KEYS,
  ...RUN_KEYS,
  type: plain,
  name: plain,
  needs: readNeeds,
  depends: readDepends,
  ...NODE_KEYS,
  env: readEnv,
  cwd: readText,
  timeout: readDuration,
  retries: readRetries,
  priority: later(5),
  arm: later("later"),
  tags: later(["later"]),
  delay: readDuration,
  runAt: plain,
  expiresAt: plain,
  worker: later("later"),
  target: readTarget,
  onLost: plain,
  ...ASK_KEYS,
  on: readCallbacks,
  onFailure: readFollowers,
  finally: readFollowers,
};

const GRAPH_ONLY = ["needs", "depends"];

/** A task within a task, read and still to be completed by what the workflow says for all tasks. */
export class Follower {
  readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }
}

export const SHELL_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(ShellWork.shape),
  command: readCommand,
  env: readEnv,
  cwd: readText,
  stdin: readText,
  grace: readDuration,
};

export const HTTP_KEYS: Readonly<Record<string, KeyReader>> = {
  ...allPlain(HttpWork.shape),
  url: readText,
  headers: readHeaders,
  body: readInput,
};

export const RETRIES_KEYS: Readonly<Record<string, KeyReader>> = {
  limit: plain,
  backoff: plain,
  delay: readDuration,
  maxDelay: readDuration,
  jitter: plain,
  exitCodes: plain,
  rules: readRules,
};

export const RULE_KEYS: Readonly<Record<string, KeyReader>> = {
  exitCodes: plain,
  errors: plain,
  statuses: plain,
  limit: plain,
  backoff: plain,
  delay: readDuration,
  maxDelay: readDuration,
};

export const CALLBACK_KEYS: Readonly<Record<string, KeyReader>> = {
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
  checkProgram(inner);
  place.draft[key] = inner.draft;
}

/** Stands for a URL that is known later. */
const LATER_URL = "http://later.invalid/";

function readHttp(value: Json, key: string, place: Place): void {
  const draft: Record<string, unknown> = {};
  if (isMapping(value)) readKeys(value, HTTP_KEYS, { ...place, path: [...place.path, key], draft });
  else if (typeof value === "string" && hasExpression(value)) readHttpText(value, key, { ...place, draft });
  else {
    place.draft[key] = value;
    return;
  }
  const { url } = draft;
  if (typeof url === "string" && hasExpression(url) && place.task?.dynamic === true) {
    place.task.patch(["work", "http", "url"], url);
    draft["url"] = LATER_URL;
  }
  place.draft[key] = draft;
}

/** Split before values are filled in: a value with a space must not become a body. */
function readHttpText(value: string, key: string, place: Place): void {
  try {
    const expressions: string[] = [];
    const line = piecesOf(value).map((piece) => {
      if (typeof piece === "string") return piece;
      expressions.push(piece.expression);
      return `OCTOPUS-EXPRESSION-${expressions.length - 1}-`;
    });
    const restored = (text: string): string =>
      text.replace(/OCTOPUS-EXPRESSION-(\d+)-/g, (_, index: string) => `\${{ ${expressions[Number(index)]} }}`);
    const { method, url, body } = parseHttpLine(line.join("")) as { method: string; url: string; body?: Json };
    place.draft["method"] = method;
    readText(restored(url), key, place);
    place.draft["url"] = place.draft[key];
    delete place.draft[key];
    if (body !== undefined) place.draft["body"] = evaluatedDeep(restoredDeep(body, restored), key, place);
  } catch (error) {
    tellExpression(place, key, error);
  }
}

function restoredDeep(body: Json, restored: (text: string) => string): Json {
  if (typeof body === "string") return restored(body);
  return JSON.parse(restored(JSON.stringify(body))) as Json;
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
  const keys = FOLLOWER_KEYS;
  const read = (one: Json, path: Place["path"]): unknown => {
    const long = typeof one === "string" ? { shell: one } : one;
    if (!isMapping(long)) return one;
    const inner = innerPlace(place, path);
    readKeys(long, keys, inner);
    return new Follower(inner);
  };
  const path = [...place.path, key];
  place.draft[key] = Array.isArray(value) ? value.map((one, index) => read(one, [...path, index])) : read(value, path);
}

/** Keys of a task within a task: it stands in no graph. */
export const FOLLOWER_KEYS: Readonly<Record<string, KeyReader>> = Object.fromEntries(
  Object.entries(TASK_KEYS).filter(([key]) => !(key in NODE_KEYS || key in RUN_KEYS || GRAPH_ONLY.includes(key))),
);

/** A place within a task that follows: it knows what is known beforehand, and the item. */
function innerPlace(place: Place, path: Place["path"]): Place {
  const isEach = place.task?.isEach === true;
  const roots = isEach ? STATIC_ROOTS.union(ITEM_ROOTS) : STATIC_ROOTS;
  return { ...place, path, roots, draft: {}, task: new TaskReading(place.task!.id, isEach, place.task) };
}

/** Who is told of what: for each moment one callback or a list of them. */
function readCallbacks(value: Json, key: string, place: Place): void {
  if (!isMapping(value)) return tell(place, key, `must be a mapping of moments to callbacks, not ${show(value)}`);
  const inner: Place = { ...innerPlace(place, [...place.path, key]), task: place.task };
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
