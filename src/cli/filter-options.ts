/** Options that choose tasks: lists show those, bulk actions are done to them. */
import { TASK_STATES, type TaskState } from "../base/words.ts";
import type { OptionSpec } from "./command.ts";
import { agoOf } from "./moments.ts";
import { listOf, textOf, wordsOf } from "./read.ts";

export const STATE: OptionSpec = { flags: "-s, --state <state...>", about: "only these states" };

export const FILTER: readonly OptionSpec[] = [
  { flags: "--type <type>", about: "only this type" },
  { flags: "--arm <name>", about: "only this arm" },
  { flags: "--tag <name>", about: "only this tag" },
  { flags: "--run <id>", about: "only tasks of this run; last is the newest" },
  { flags: "--owner <name>", about: "only tasks of this owner" },
  { flags: "--key <text>", about: "only tasks with this concurrency key" },
  { flags: "--schedule <name>", about: "only what this schedule made" },
  { flags: "--since <time>", about: "only those submitted since: 2h (ago), 2026-11-21, 2026-11-21T08:00Z" },
  { flags: "--until <time>", about: "only those submitted before" },
  {
    flags: "-q, --query <text>",
    about: "only those whose id, name or type contains these words, each of them; in double quotes, a phrase",
  },
];

/** Names of the options that choose, as the parser keeps them. */
export const FILTER_NAMES = [
  "type",
  "arm",
  "tag",
  "run",
  "owner",
  "key",
  "schedule",
  "since",
  "until",
  "query",
] as const;

/** Which tasks. Every key narrows it. */
export interface TaskChoice {
  state?: TaskState[];
  type?: string;
  arm?: string;
  tag?: string;
  run?: string;
  q?: string;
  owner?: string;
  key?: string;
  dead?: true;
  schedule?: string;
  from?: number;
  to?: number;
}

/** What the options choose; empty when none was given. */
export function filterOf(options: Readonly<Record<string, unknown>>, now: number): TaskChoice {
  const query = {
    state: wordsOf(listOf(options, "state"), TASK_STATES, "state"),
    type: textOf(options, "type"),
    arm: textOf(options, "arm"),
    tag: textOf(options, "tag"),
    run: textOf(options, "run"),
    owner: textOf(options, "owner"),
    key: textOf(options, "key"),
    schedule: textOf(options, "schedule"),
    dead: options["dead"] === true ? true : undefined,
    from: agoOf(options, "since", now),
    to: agoOf(options, "until", now),
    q: textOf(options, "query"),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}
