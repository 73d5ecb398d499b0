/**
 * What a person types to find tasks, `state:failed,running arm:batch after:2h "free text" text:payload`, as a filter, and
 * the filter as text again. What cannot be read is a problem with its place: a bar marks it, and nothing is asked of the
 * server, so that nobody deletes more than the words that they see.
 *
 * Q1: `parseQuery(printQuery(filter)).filter` equals the filter, for each filter that has no empty values and whose free text
 *     is written as `searchText` writes it.
 */
import { nearest } from "../base/nearest.ts";
import { quoted, searchText, searchWords } from "../base/search-words.ts";
import { TASK_KINDS, TASK_STATES, type TaskKind, type TaskState } from "../base/words.ts";
import { FLAGS, QUERY_WORDS, type QueryKey, queryWord, STATE_GROUPS, statesOf } from "./query-words.ts";
import { type Clocks, isTime, momentOf, TIME_FORM } from "./query-time.ts";
import { freeText, tokensOf, type QueryToken, valueText } from "./query-tokens.ts";

/** Which tasks, as it is written: relative times stay relative. */
export interface TaskFilter {
  state?: TaskState[];
  arm?: string;
  type?: string;
  tag?: string;
  kind?: TaskKind;
  owner?: string;
  key?: string;
  worker?: string;
  run?: string;
  schedule?: string;
  inside?: string;
  callback?: string;
  after?: string;
  before?: string;
  /** Dead letters only. */
  dead?: true;
  /** Those that wait for a person. */
  approval?: true;
  text?: string;
  /** Words that the id, name or type contains, each of them. */
  q?: string;
}

export interface QueryProblem {
  /** Where in the text. */
  from: number;
  to: number;
  message: string;
  /** The word that was probably meant, to stand in place of what is wrong. */
  instead?: string;
}

/** What the list route and bulk actions are asked with. */
export interface AskedTasks extends Omit<TaskFilter, "after" | "before" | "callback" | "approval"> {
  callbackOf?: string;
  awaiting?: "approval";
  from?: number;
  to?: number;
}

/** The longest text that the server takes for one filter. */
const VALUE_MAX = 300;

export function parseQuery(text: string): { filter: TaskFilter; problems: QueryProblem[] } {
  const filter: TaskFilter = {};
  const problems: QueryProblem[] = [];
  const seen = new Set<string>();
  const words: string[] = [];
  for (const token of tokensOf(text)) {
    const problem = take(filter, token, words, seen);
    if (problem) problems.push(problem);
  }
  if (words.length > 0) filter.q = searchText(words);
  if (filter.state) filter.state = TASK_STATES.filter((state) => filter.state!.includes(state));
  return { filter, problems };
}

function take(filter: TaskFilter, token: QueryToken, words: string[], seen: Set<string>): QueryProblem | undefined {
  const { from, to, key, value } = token;
  const at = { from, to };
  if (token.isOpen === true) return { ...at, message: 'misses the " at its end' };
  if (value.length > VALUE_MAX) return { ...at, message: `is longer than ${VALUE_MAX} characters` };
  if (key === undefined) {
    if (value !== "") words.push(value);
    return undefined;
  }
  const word = queryWord(key);
  if (word === undefined) return unknownKey(token, key);
  if (value === "") return { ...at, message: `needs a value, such as ${word.key}:${word.example}` };
  if (word.takes === "states") return takeStates(filter, token);
  if (word.takes === "flag") return takeFlag(filter, token);
  if (seen.has(word.key)) return { ...at, message: `${word.key} stands here twice; a task has to match both` };
  seen.add(word.key);
  if (word.takes === "time" && !isTime(value)) return { ...inside(token), message: `must be ${TIME_FORM}` };
  if (word.takes === "kind" && !(TASK_KINDS as readonly string[]).includes(value))
    return { ...inside(token), ...notOneOf("kind", value, TASK_KINDS) };
  Object.assign(filter, { [word.key]: value });
  return undefined;
}

function takeStates(filter: TaskFilter, token: QueryToken): QueryProblem | undefined {
  let at = token.valueFrom;
  for (const part of token.value.split(",")) {
    const states = statesOf(part);
    if (states === undefined && part === "") return { from: token.from, to: token.to, message: "has an empty state" };
    if (states === undefined)
      return {
        from: Math.min(at, token.to),
        to: Math.min(at + part.length, token.to),
        ...notOneOf("state", part, TASK_STATES, Object.keys(STATE_GROUPS)),
      };
    filter.state = [...new Set([...(filter.state ?? []), ...states])];
    at += part.length + 1;
  }
  return undefined;
}

function takeFlag(filter: TaskFilter, token: QueryToken): QueryProblem | undefined {
  const flag = FLAGS.find((one) => one === token.value.toLowerCase());
  if (flag === undefined) return { ...inside(token), ...notOneOf("flag", token.value, FLAGS) };
  filter[flag] = true;
  return undefined;
}

function inside(token: QueryToken): { from: number; to: number } {
  return { from: token.valueFrom, to: token.to };
}

function unknownKey({ from, raw }: QueryToken, key: string): QueryProblem {
  const instead = nearest(key, KEYS);
  const asText = `; to search for the words, write them in quotes: ${quoted(raw)}`;
  const near = instead === undefined ? "" : ` (did you mean ${instead}?)`;
  return {
    from,
    to: from + key.length,
    message: `there is no filter ${JSON.stringify(key)}${near}${asText}`,
    ...(instead !== undefined && { instead }),
  };
}

function notOneOf(
  what: string,
  seen: string,
  words: readonly string[],
  others: readonly string[] = [],
): { message: string; instead?: string } {
  const instead = nearest(seen, [...words, ...others]);
  const message = `there is no ${what} ${JSON.stringify(seen)}`;
  if (instead === undefined) return { message: `${message}: it is one of ${words.join(", ")}` };
  return { message: `${message}; did you mean ${instead}?`, instead };
}

const KEYS: readonly QueryKey[] = QUERY_WORDS.map(({ key }) => key);

/** The filter as a person would write it, always in the same order. */
export function printQuery(filter: TaskFilter): string {
  const parts: string[] = [];
  for (const key of KEYS) {
    if (key === "state") {
      if (filter.state !== undefined && filter.state.length > 0) parts.push(`state:${filter.state.join(",")}`);
    } else if (key === "is") {
      for (const flag of FLAGS) if (filter[flag] === true) parts.push(`is:${flag}`);
    } else {
      const value = filter[key];
      if (value !== undefined && value !== "") parts.push(`${key}:${valueText(value)}`);
    }
  }
  parts.push(...searchWords(filter.q ?? "").map(freeText));
  return parts.join(" ");
}

/** The filter with one state more, or one less when it has it. */
export function toggleState(filter: TaskFilter, state: TaskState): TaskFilter {
  const had = filter.state ?? [];
  const states = had.includes(state) ? had.filter((one) => one !== state) : [...had, state];
  const { state: _, ...rest } = filter;
  return states.length === 0 ? rest : { ...rest, state: TASK_STATES.filter((one) => states.includes(one)) };
}

/** The filter with this value, or without it when there is none. */
export function withTerm<K extends keyof TaskFilter>(filter: TaskFilter, key: K, value: TaskFilter[K]): TaskFilter {
  const { [key]: _, ...rest } = filter;
  return value === undefined ? rest : { ...filter, [key]: value };
}

/** What is asked of the server: times as moments, `me` as a name. */
export function askedTasks(filter: TaskFilter, now: number, clocks: Clocks, me?: string): AskedTasks {
  const { after, before, callback, approval, owner, ...rest } = filter;
  const asked: AskedTasks = { ...rest };
  if (owner !== undefined) asked.owner = owner.toLowerCase() === "me" && me !== undefined ? me : owner;
  if (callback !== undefined) asked.callbackOf = callback;
  if (approval === true) asked.awaiting = "approval";
  const from = after === undefined ? undefined : momentOf(after, now, clocks);
  const to = before === undefined ? undefined : momentOf(before, now, clocks);
  if (from !== undefined) asked.from = from;
  if (to !== undefined) asked.to = to;
  return asked;
}

/** True when it asks for everything. */
export function isEverything(filter: TaskFilter): boolean {
  return printQuery(filter) === "";
}
