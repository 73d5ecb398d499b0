/** The words of the query bar: which filters there are, what their values may be, and other words for the same. */
import { TASK_STATES, type TaskState } from "../base/words.ts";

/** What kind of value a filter takes. */
export type QueryValueKind = "states" | "word" | "kind" | "time" | "flag";

export interface QueryWord {
  /** As it stands before the colon. */
  key: string;
  takes: QueryValueKind;
  /** For people: what it finds. */
  says: string;
  /** A value that shows what is meant. */
  example: string;
}

export const QUERY_WORDS = [
  { key: "state", takes: "states", says: "in one of these states", example: "failed,running" },
  { key: "arm", takes: "word", says: "in this arm", example: "batch" },
  { key: "type", takes: "word", says: "of this type", example: "report" },
  { key: "tag", takes: "word", says: "with this tag", example: "nightly" },
  { key: "kind", takes: "kind", says: "done in this way", example: "shell" },
  { key: "owner", takes: "word", says: "of this owner; me is you", example: "me" },
  { key: "key", takes: "word", says: "with this concurrency key", example: "customer-7" },
  { key: "worker", takes: "word", says: "run by this worker", example: "gpu-1" },
  { key: "run", takes: "word", says: "of this run", example: "r3" },
  { key: "schedule", takes: "word", says: "made by this schedule", example: "nightly" },
  { key: "inside", takes: "word", says: "members of this fan-out", example: "t12" },
  { key: "callback", takes: "word", says: "sent to tell of this task", example: "t12" },
  { key: "after", takes: "time", says: "created since", example: "2h" },
  { key: "before", takes: "time", says: "created before", example: "yesterday" },
  { key: "is", takes: "flag", says: "a dead letter, or waiting for approval", example: "dead" },
  { key: "text", takes: "word", says: "with this in its payload, result or error", example: "timeout" },
] as const satisfies readonly QueryWord[];

export type QueryKey = (typeof QUERY_WORDS)[number]["key"];

/** Values of `is`. */
export const FLAGS = ["dead", "approval"] as const;

const KEYS: ReadonlyMap<string, QueryWord & { key: QueryKey }> = new Map(QUERY_WORDS.map((word) => [word.key, word]));

/** Words that other systems have for the same. */
const OTHER_KEYS: Readonly<Record<string, QueryKey>> = {
  status: "state",
  queue: "arm",
  lane: "arm",
  label: "tag",
  client: "worker",
  node: "worker",
  user: "owner",
  since: "after",
  from: "after",
  until: "before",
  to: "before",
  payload: "text",
  error: "text",
};

/** The filter of that name, or one that other systems call so. */
export function queryWord(name: string): (QueryWord & { key: QueryKey }) | undefined {
  const lower = name.toLowerCase();
  const other = Object.hasOwn(OTHER_KEYS, lower) ? OTHER_KEYS[lower] : undefined;
  return KEYS.get(other ?? lower);
}

const WAITING = ["blocked", "scheduled", "queued"] as const satisfies readonly TaskState[];
const ENDED = TASK_STATES.slice(TASK_STATES.indexOf("succeeded"));

/** Words for several states, and other words for one. */
export const STATE_GROUPS: Readonly<Record<string, readonly TaskState[]>> = {
  waiting: WAITING,
  live: [...WAITING, "running"],
  ended: ENDED,
  unsuccessful: ["failed", "cancelled", "expired", "upstream_failed"],
  pending: ["queued"],
  active: ["running"],
  done: ["succeeded"],
  completed: ["succeeded"],
  success: ["succeeded"],
  error: ["failed"],
  canceled: ["cancelled"],
  upstream: ["upstream_failed"],
};

/** The states that a word means; nothing for a word that means none. */
export function statesOf(word: string): readonly TaskState[] | undefined {
  const lower = word.toLowerCase().replaceAll("-", "_");
  const one = TASK_STATES.find((state) => state === lower);
  if (one !== undefined) return [one];
  return Object.hasOwn(STATE_GROUPS, lower) ? STATE_GROUPS[lower] : undefined;
}
