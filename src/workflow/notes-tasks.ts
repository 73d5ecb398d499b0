/** What is said of every key of a task. */
import { TRIGGERS } from "../base/words.ts";
import { ASK_NOTES } from "./notes-asks.ts";
import {
  ANY,
  anyOf,
  CODES,
  CONDITION,
  COUNT,
  DURATION,
  EXPRESSION,
  FLAG,
  keysOf,
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
import { TARGET_NOTE } from "./notes-target.ts";
import { WORK_NOTES } from "./notes-work.ts";

const LIST: Schema = { type: "array" };
const BACKOFF = oneOf("exponential", "linear", "fixed");

const RULE: Notes = {
  exitCodes: { about: "For these exit codes.", form: "a code, or a list", schema: CODES },
  errors: { about: "For these kinds of errors.", form: "a word, or a list", schema: oneOrMore(TEXT) },
  statuses: { about: "For these statuses of HTTP.", form: "a status, or a list", schema: ANY },
  limit: { about: "Tries after the first.", form: "a whole number", schema: { type: "integer", minimum: 0 } },
  backoff: { about: "How the wait grows.", form: "a word", schema: BACKOFF },
  delay: { about: "The first wait.", form: "a duration", schema: DURATION },
  maxDelay: { about: "The longest wait.", form: "a duration", schema: DURATION },
};
const RETRIES: Notes = {
  ...RULE,
  jitter: {
    about: "Share of the wait that is drawn at random.",
    form: "a number from 0 to 1",
    schema: { type: "number" },
  },
  exitCodes: { about: "Exit codes that are worth another try.", form: "a code, or a list", schema: CODES },
  rules: { about: "Exceptions from the rest.", form: "a list", schema: { type: "array", items: keysOf(RULE) } },
};
const { errors: _errors, statuses: _statuses, ...RETRIES_NOTES } = RETRIES;

const CONTINUE: Notes = {
  exitCodes: { about: "Failures with these exit codes count as passed.", form: "a code, or a list", schema: CODES },
  failed: { about: "As allowFailure.", form: "true or false", schema: FLAG },
  skipped: { about: "Those that need it go on although it was skipped.", form: "true or false", schema: FLAG },
};
const REPEAT: Notes = {
  while: { about: "Again as long as this is true.", form: "a condition", schema: CONDITION },
  until: {
    about: "Again until this is true; when it never is, the task has failed.",
    form: "a condition",
    schema: CONDITION,
  },
  interval: {
    about: "Wait between two times. Default: 1s beside a condition, else none.",
    form: "a duration",
    schema: anyOf(DURATION, { const: 0 }),
  },
  limit: { about: "Times in all. Default: 1000.", form: "a whole number", schema: orExpression(COUNT) },
};
const APPROVAL: Notes = {
  message: { about: "What is asked.", form: "text", schema: TEXT },
  timeout: { about: "How long it waits for an answer. Default: for ever.", form: "a duration", schema: DURATION },
  onTimeout: {
    about: "What silence means. Default: reject.",
    form: "reject or approve",
    schema: oneOf("reject", "approve"),
  },
};
const INPUT: Notes = {
  from: { about: "The task that left the files.", form: "the name of a task", schema: NAME },
  path: { about: "Which of them. Default: all.", form: "a pattern", schema: TEXT },
  to: { about: "The folder below $OCTOPUS_INPUTS. Default: the name of the task.", form: "a path", schema: TEXT },
};
const MATRIX: Notes = {
  include: {
    about: "Combinations beside the others.",
    form: "a list of mappings",
    schema: { type: "array", items: { type: "object" } },
  },
  exclude: {
    about: "Combinations that are left out.",
    form: "a list of mappings",
    schema: { type: "array", items: { type: "object" } },
  },
};
const CALLBACK: Notes = {
  webhook: { about: "A URL that gets the news, or {url, …}.", form: "a URL", schema: ANY },
  retries: { about: "Tries after the first.", form: "a whole number", schema: { type: "integer", minimum: 0 } },
  call: { about: "A function that gets the news.", form: "a name", schema: NAME },
  arm: { about: "The arm in which that runs.", form: "a name", schema: NAME },
  task: { about: "A task that runs then.", form: "a task", schema: ref("follower") },
};
const FOLLOWERS = oneOrMore(ref("follower"));

export const MOMENTS_OF_A_TASK = ["success", "failure", "exhausted", "end", "change"];

const NEEDS = {
  about: "The tasks that must have ended before this one runs.",
  form: "the name of a task, or a list",
  schema: oneOrMore(NAME),
  example: "needs: [extract, lint]",
};

export const TASK_NOTES: Notes = {
  ...WORK_NOTES,
  needs: NEEDS,
  depends: { ...NEEDS, about: "Another word for needs." },
  when: {
    about:
      "The task runs when this is true, and is skipped otherwise. Beside each, a condition that names item is asked for each member.",
    form: "a condition in CEL",
    schema: CONDITION,
    example: "when: tasks.count.outputs.rows > 0",
  },
  trigger: {
    about: "What must be said of the tasks that it needs. Default: all_succeeded.",
    form: TRIGGERS.join(", "),
    schema: oneOf(...TRIGGERS),
    example: "trigger: all_done",
  },
  each: {
    about:
      "A task for each item of a list. ${{ item }} and ${{ index }} stand for its values, $OCTOPUS_ITEM and $OCTOPUS_INDEX in a command. What the task says beside that is said of each member; needs, when, approval, delay and compensate are those of all together.",
    form: "a list, or ${{ }} that stands for one",
    schema: orExpression(LIST),
    example: 'each: ${{ tasks.list.outputs.files }}\nshell: ./convert.sh "$OCTOPUS_ITEM"',
  },
  matrix: {
    about: "A task for each combination of values: ${{ matrix.node }}, and $OCTOPUS_MATRIX_node in a command.",
    form: "a mapping of names to lists; include and exclude are lists of combinations",
    schema: { type: "object", additionalProperties: orExpression(LIST) },
    keys: MATRIX,
    example: "matrix: { os: [linux, mac], node: [20, 22] }",
  },
  maxParallel: { about: "Most members that run at once.", form: "a whole number", schema: orExpression(COUNT) },
  failFast: { about: "The first failure of a member cancels the others.", form: "true or false", schema: FLAG },
  continueOn: {
    about: "Which ends of it do not stop those that need it.",
    form: "exit codes, or {exitCodes, failed, skipped}",
    schema: orKeys(CODES, CONTINUE),
    keys: CONTINUE,
    example: "continueOn: [3, 4]",
  },
  allowFailure: {
    about: "Its failure counts as passed; the run is then partial.",
    form: "true or false",
    schema: FLAG,
  },
  repeat: {
    about:
      "Done again after it has succeeded: until or while a condition over result, outputs, exitCode and attempt holds, or so many times.",
    form: "a number, or {while, until, interval, limit}",
    schema: orKeys(COUNT, REPEAT),
    keys: REPEAT,
    example: "repeat: { until: result.body.ready, interval: 10s, limit: 30 }",
  },
  approval: {
    about:
      "A person has to agree before it runs; beside each, once for all members. Alone, the task is that question, and beside each every member asks its own, with its item.",
    form: "true, a message, or {message, timeout, onTimeout}",
    schema: orKeys(anyOf(FLAG, TEXT), APPROVAL),
    keys: APPROVAL,
    example: "approval: { message: Deploy to production?, timeout: 1d }",
  },
  compensate: {
    about: "Undoes this task when it has succeeded and the run fails or is cancelled. Undone is in the reverse order.",
    form: "a command, or a task",
    schema: ref("follower"),
    example: "compensate: ./remove-account.sh",
  },
  artifacts: {
    about: "Files that other tasks left in $OCTOPUS_ARTIFACTS; this one finds them in $OCTOPUS_INPUTS/TASK.",
    form: "the name of a task, {from, path, to}, or a list",
    schema: oneOrMore(orKeys(NAME, INPUT, ["from"])),
    keys: INPUT,
    example: 'artifacts: [build, { from: docs, path: "*.html" }]',
  },
  estimate: { about: "How long it will take. What earlier runs took is better.", form: "a duration", schema: DURATION },
  runTimeout: {
    about: "Longest time of all members together, or of the workflow that it runs.",
    form: "a duration",
    schema: DURATION,
  },
  timeout: {
    about: "Longest time of one attempt; of the whole for a task with workflow.",
    form: "a duration",
    schema: DURATION,
    example: "timeout: 10m",
  },
  retries: {
    about: "Tries after the first.",
    form: "a number, or {limit, backoff, delay, …}",
    schema: orKeys({ type: "integer", minimum: 0 }, RETRIES_NOTES),
    keys: RETRIES_NOTES,
    example: "retries: { limit: 5, delay: 2s, maxDelay: 5m }",
  },
  priority: {
    about: "0 to 10, higher first. Default: 5.",
    form: "a whole number",
    schema: orExpression({ type: "integer", minimum: 0, maximum: 10 }),
  },
  arm: { about: "The lane in which it runs.", form: "a name", schema: anyOf(NAME, EXPRESSION) },
  tags: {
    about: "Words to filter by.",
    form: "a list of names",
    schema: { type: "array", items: anyOf(NAME, EXPRESSION), maxItems: 32 },
  },
  delay: { about: "Wait this long once its needs have ended.", form: "a duration", schema: DURATION },
  runAt: { about: "Wait until this moment.", form: "an ISO time with a zone", schema: MOMENT },
  expiresAt: { about: "Give up when it has not started by then.", form: "an ISO time with a zone", schema: MOMENT },
  worker: {
    about:
      "The only worker that may run it. ALL: each that is online and fits when its turn comes, joined as with each.",
    form: "a name, ALL, or Anyone",
    schema: anyOf(NAME, EXPRESSION),
    example: "worker: ALL",
  },
  target: TARGET_NOTE,
  onLost: {
    about: "What a vanished worker means. Default: requeue.",
    form: "requeue or fail",
    schema: oneOf("requeue", "fail"),
  },
  ...ASK_NOTES,
  on: {
    about: "Who is told of what becomes of it: at the moments success, failure, exhausted, end and change.",
    form: "a mapping of moments to callbacks",
    schema: keysOf(
      Object.fromEntries(
        MOMENTS_OF_A_TASK.map((moment) => [
          moment,
          {
            about: `Told at the moment ${moment}.`,
            form: "a callback, or a list",
            schema: oneOrMore(keysOf(CALLBACK)),
          },
        ]),
      ),
    ),
    each: CALLBACK,
    example: "on: { success: { webhook: https://example.org/done } }",
  },
  onFailure: { about: "Runs when it has failed and no try is left.", form: "a task, or a list", schema: FOLLOWERS },
  finally: { about: "Runs when it has ended, however.", form: "a task, or a list", schema: FOLLOWERS },
};
