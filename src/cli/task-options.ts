/** Options that describe a task: `submit` and `schedule add` share them. */
import { UNIQUE_POLICIES, UNIQUE_SCOPES } from "../base/words.ts";
import type { OptionSpec } from "./command.ts";
import { KIND_OPTIONS } from "./kind-options.ts";

/** What it does, beside a command after `--`. */
export const WORK_OPTIONS: readonly OptionSpec[] = [
  { flags: "--call <function>", about: "call a registered function instead of a command" },
  { flags: "--input <json>", about: "what the function gets; - reads standard input" },
  { flags: "--http <request>", about: 'make an HTTP request: "METHOD URL [BODY]"' },
  ...KIND_OPTIONS,
];

/** Where it runs. */
export const TARGET_OPTIONS: readonly OptionSpec[] = [
  { flags: "--worker <name>", about: "the only worker that may run it; ALL = each that is online and fits" },
  {
    flags: "--target <selector>",
    about: "what the worker must be: gpu, zone in (attic, cellar), os != windows, !spot",
  },
  {
    flags: "--prefer <selector...>",
    about: "what it had better be; with a weight: 'zone == attic * 10'",
  },
  { flags: "--apart <key>", about: "no two tasks with this key on one worker at once" },
  { flags: "--spread <label>", about: "spread evenly over the values of this label; worker = over the workers" },
  { flags: "--pack", about: "take the fullest worker that has room, so that others stay empty" },
  { flags: "--near", about: "rather where what it needs ran" },
];

/** Where and how it runs. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  { flags: "--arm <name>", about: "the arm that it runs in" },
  ...TARGET_OPTIONS,
  { flags: "--priority <0-10>", about: "10 first, 5 when nothing is said" },
  { flags: "--timeout <duration>", about: "longest time that it may run" },
  { flags: "--retries <number>", about: "further tries when it fails" },
  { flags: "--tag <name...>", about: "tags to find it by" },
  { flags: "--cwd <dir>", about: "folder that the command runs in; the current one when nothing is said" },
  { flags: "--env <key=value...>", about: "environment variables of the command" },
];

/** What it asks for beyond its arm. */
export const ASK_OPTIONS: readonly OptionSpec[] = [
  { flags: "--owner <name>", about: "whose quota it counts against" },
  { flags: "--key <text>", about: "tasks with the same key run one at a time, and keys take turns" },
  { flags: "--key-limit <number>", about: "so many with this key at once, instead of one" },
  { flags: "--mutex <name...>", about: "held alone while it runs, whatever the arm or type" },
  {
    flags: "--rate <key:limit/time>",
    about: "starts per time for tasks with this key: api:10/1m, or api:10/1m:20 (burst)",
  },
  {
    flags: "--resource <name=amount...>",
    about: "what it takes of a worker while it runs: cpu=2, memory=1GiB, gpu=[0,2]",
  },
  { flags: "--unique <key>", about: "at most one task with this key; a second one is the first one" },
  {
    flags: "--unique-scope <scope>",
    about: "how long the key is taken: until it starts, ends, or for a period",
    choices: UNIQUE_SCOPES,
  },
  { flags: "--unique-period <duration>", about: "take the key for this long after the submission" },
  { flags: "--on-duplicate <policy>", about: "what a second one with the key means", choices: UNIQUE_POLICIES },
  { flags: "--cache [ttl]", about: "take the result of an earlier equal task, no older than this" },
  { flags: "--cache-key <text>", about: "what tells results apart, in place of the command" },
  { flags: "--cache-file <file...>", about: "files that the result depends on; their content counts" },
  { flags: "--no-cache", about: "run anyway, and keep the result for others", isOwnWord: true },
  {
    flags: "--on <moment=target...>",
    about:
      "tell somebody on success, failure, exhausted, end or change: " +
      "success=https://…, failure=call:FUNCTION, end=sh:COMMAND",
  },
];
