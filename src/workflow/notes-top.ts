/** What is said of every key at the top of a workflow file. */
import { CATCH_UPS, OVERLAPS, RUN_OVERLAPS } from "../base/words.ts";
import {
  ANY,
  anyOf,
  COUNT,
  DURATION,
  FLAG,
  keysOf,
  mapOf,
  MOMENT,
  NAME,
  type Notes,
  oneOf,
  oneOrMore,
  orExpression,
  orKeys,
  ref,
  type Schema,
  TEXT,
} from "./note.ts";
import { TASK_NOTES } from "./notes-tasks.ts";

const NUMBER: Schema = { type: "number" };
const LENGTH: Schema = { type: "integer", minimum: 0 };

const PARAM: Notes = {
  type: { about: "What it is.", form: "string, number, integer, boolean, array or object", schema: ref("type") },
  default: { about: "Its value when none is given.", form: "any value", schema: ANY },
  description: { about: "What it is for.", form: "text", schema: { type: "string" } },
  required: { about: "It must be given. Default: true without a default.", form: "true or false", schema: FLAG },
  enum: { about: "All values that it may have.", form: "a list", schema: { type: "array", minItems: 1 } },
  examples: { about: "Values as they may look.", form: "a list", schema: { type: "array" } },
  minimum: { about: "Smallest number.", form: "a number", schema: NUMBER },
  maximum: { about: "Largest number.", form: "a number", schema: NUMBER },
  minLength: { about: "Fewest characters.", form: "a whole number", schema: LENGTH },
  maxLength: { about: "Most characters.", form: "a whole number", schema: LENGTH },
  minItems: { about: "Fewest items of a list.", form: "a whole number", schema: LENGTH },
  maxItems: { about: "Most items of a list.", form: "a whole number", schema: LENGTH },
  pattern: { about: "A regular expression (RE2) that fits somewhere in the text.", form: "text", schema: TEXT },
  items: { about: "What each item of a list is, in the same words.", form: "a mapping", schema: { type: "object" } },
};
const SCHEDULE: Notes = {
  cron: { about: "Cron expressions.", form: "one, or a list", schema: oneOrMore(TEXT) },
  every: { about: "Time between two runs.", form: "a duration", schema: DURATION },
  at: { about: "Moments.", form: "one, or a list", schema: oneOrMore(MOMENT) },
  zone: { about: "The time zone, as Europe/Oslo.", form: "a name", schema: TEXT },
  description: { about: "What it is for.", form: "text", schema: { type: "string" } },
  start: { about: "Not before.", form: "a moment", schema: MOMENT },
  end: { about: "Not after.", form: "a moment", schema: MOMENT },
  jitter: { about: "A random wait of up to so long.", form: "a duration", schema: DURATION },
  overlap: {
    about: "What a tick means while the run before it goes on.",
    form: OVERLAPS.join(", "),
    schema: oneOf(...OVERLAPS),
  },
  catchUp: {
    about: "What becomes of ticks that nobody was there to fire.",
    form: CATCH_UPS.join(", "),
    schema: anyOf(oneOf(...CATCH_UPS), { type: "object" }),
  },
  calendars: {
    about: "Names of calendars whose days are left out.",
    form: "a list",
    schema: { type: "array", items: NAME },
  },
  exclude: { about: "Days that are left out.", form: "a list", schema: { type: "array", items: TEXT } },
  blackouts: { about: "Times in which it is not due.", form: "a list", schema: { type: "array" } },
  paused: { about: "It is made, and does not fire.", form: "true or false", schema: FLAG },
};
const CONCURRENCY: Notes = {
  group: {
    about: "Runs of this name share the limit, whatever their workflow.",
    form: "text",
    schema: { type: ["string", "number"] },
  },
  limit: { about: "How many of them go on at once. Default: 1.", form: "a whole number", schema: orExpression(COUNT) },
  overlap: {
    about: "What one more means: it waits, it is not run, or the oldest is cancelled. Default: queue.",
    form: RUN_OVERLAPS.join(", "),
    schema: oneOf(...RUN_OVERLAPS),
  },
};
const HANDLERS: Schema = anyOf(ref("follower"), { type: "array", items: ref("follower") }, mapOf(ref("follower")));
const ON: Notes = {
  success: {
    about: "When it has succeeded, also partly.",
    form: "a task, a list, or a mapping of names to tasks",
    schema: HANDLERS,
  },
  failure: { about: "When it has failed.", form: "the same", schema: HANDLERS },
  cancel: { about: "When it was cancelled.", form: "the same", schema: HANDLERS },
  exit: { about: "However it ended, after the others.", form: "the same", schema: HANDLERS },
};

export const TOP_NOTES: Notes = {
  name: {
    about: "What lists show. Default: the name of the file.",
    form: "text",
    schema: { type: "string", minLength: 1, maxLength: 200 },
  },
  description: { about: "What it is for.", form: "text", schema: { type: "string", minLength: 1 } },
  params: {
    about:
      "Values that are given when it is run. Commands find them as $OCTOPUS_PARAM_name, everything else as ${{ params.name }}.",
    form: "a mapping of names to default values, or to {type, default, …}",
    schema: {
      type: "object",
      propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
      additionalProperties: orKeys({ type: ["string", "number", "boolean", "array"] }, PARAM),
    },
    each: PARAM,
    example: "params:\n  city: Oslo\n  days: { type: integer, default: 7, minimum: 1 }",
  },
  env: {
    about: "Environment variables of all its commands.",
    form: "a mapping",
    schema: TASK_NOTES["env"]!.schema,
    example: "env: { LC_ALL: C }",
  },
  cwd: { about: "The folder of all its commands, seen from that of the file.", form: "text", schema: TEXT },
  schedule: {
    about: "When it runs by itself, once it is registered (octopus apply).",
    form: "a cron expression, every 10m, {cron, every, at, zone, …}, or a list",
    schema: oneOrMore(orKeys(TEXT, SCHEDULE)),
    keys: SCHEDULE,
    example: "schedule: { cron: 30 2 * * *, zone: Europe/Oslo }",
  },
  arm: { about: "The lane of tasks that name none.", form: "a name", schema: NAME },
  timeout: {
    about: "Longest time of one attempt, for tasks that say nothing else.",
    form: "a duration",
    schema: DURATION,
  },
  retries: { ...TASK_NOTES["retries"]!, about: "Tries after the first, for tasks that say nothing else." },
  priority: {
    about: "Priority of tasks that say nothing else.",
    form: "0 to 10",
    schema: { type: "integer", minimum: 0, maximum: 10 },
  },
  target: { ...TASK_NOTES["target"]!, about: "Where tasks run that say neither worker nor target." },
  concurrency: {
    about: "Which of its runs may go on at once.",
    form: "a group, or {group, limit, overlap}",
    schema: orKeys(TEXT, CONCURRENCY),
    keys: CONCURRENCY,
    example: "concurrency: { group: deploy, overlap: cancel_previous }",
  },
  maxParallel: { about: "Most of its tasks that run at once.", form: "a whole number", schema: orExpression(COUNT) },
  runTimeout: {
    about: "Longest time of a run; what is left then is cancelled, and it has failed.",
    form: "a duration",
    schema: DURATION,
  },
  tasks: {
    about: "What it does: a name for each task, and what the task does.",
    form: "a mapping of names to commands or tasks",
    schema: { type: "object", minProperties: 1, propertyNames: NAME, additionalProperties: ref("task") },
    example: "tasks:\n  fetch: ./fetch.sh\n  load: { needs: fetch, shell: ./load.sh }",
  },
  on: {
    about: "Tasks that run when the others are over. They see ${{ run.state }} and all tasks.",
    form: "a mapping of success, failure, cancel and exit to tasks",
    schema: keysOf(ON),
    keys: ON,
    example: "on: { failure: ./tell.sh, exit: ./clean-up.sh }",
  },
  outputs: {
    about: "What the run leaves: evaluated when it has succeeded.",
    form: "a mapping of names to values",
    schema: mapOf(ANY),
    example: 'outputs: { rows: "${{ tasks.load.outputs.rows }}" }',
  },
};
