/** What is said of the keys by which a task says what it does. */
import {
  ANY,
  anyOf,
  DURATION,
  EXPRESSION,
  keysOf,
  mapOf,
  NAME,
  type Notes,
  oneOf,
  oneOrMore,
  orKeys,
  ref,
  SCALAR,
  type Schema,
  SIZE,
  TEXT,
} from "./note.ts";
import { KIND_NOTES, SANDBOX_NOTE } from "./notes-kinds.ts";

const ENV_SCHEMA: Schema = {
  type: "object",
  propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
  additionalProperties: SCALAR,
};
const STATUS: Schema = { type: "integer", minimum: 100, maximum: 599 };

const OUTPUT: Notes = {
  from: {
    about: "A line of the file $OCTOPUS_OUTPUT, or all of the standard output.",
    form: "file or stdout",
    schema: oneOf("file", "stdout"),
  },
  type: { about: "What the text is read as.", form: "a type", schema: ref("type") },
  max: { about: "Largest value; more is a failure.", form: "a size", schema: SIZE },
  required: {
    about: "A command that does not leave it has failed.",
    form: "true or false",
    schema: { type: "boolean" },
  },
  value: {
    about: "CEL over what the attempt left: result, outputs, exitCode, attempt.",
    form: "an expression",
    schema: TEXT,
  },
};

const SHELL: Notes = {
  command: { about: 'The command line. A value never becomes part of it: write "$NAME".', form: "text", schema: TEXT },
  shell: {
    about: "Program and arguments that run the command; the command is added last. Default: /bin/sh -c.",
    form: "a path, or a list",
    schema: anyOf(TEXT, { type: "array", items: { type: "string" }, minItems: 1 }),
  },
  cwd: { about: "The folder in which it runs.", form: "text", schema: TEXT },
  env: { about: "Its environment variables.", form: "a mapping", schema: ENV_SCHEMA },
  stdin: { about: "What it reads as standard input.", form: "text", schema: { type: "string" } },
  maxOutput: { about: "Output that is kept of each attempt.", form: "a size", schema: SIZE },
  grace: { about: "Time between TERM and KILL when it is stopped.", form: "a duration", schema: DURATION },
  sandbox: SANDBOX_NOTE,
  outputs: { about: "As outputs of the task.", form: "a mapping", schema: mapOf(ANY) },
};

const HTTP: Notes = {
  method: {
    about: "GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS. Default: GET.",
    form: "text",
    schema: { type: "string" },
  },
  url: { about: "Where the request goes.", form: "an http:// or https:// URL", schema: TEXT },
  headers: { about: "Headers of the request.", form: "a mapping of texts", schema: mapOf(SCALAR) },
  body: { about: "Text is sent as it is, anything else as JSON.", form: "any value", schema: ANY },
  expect: {
    about: "Statuses that count as success. Default: all below 400.",
    form: "a status, or a list",
    schema: oneOrMore(STATUS),
  },
  maxBody: { about: "Bytes of the answer that are kept.", form: "a size", schema: SIZE },
  sign: { about: "Name of the secret that signs the request.", form: "a name", schema: NAME },
};

export const WORK_NOTES: Notes = {
  shell: {
    about: "A command line, run by /bin/sh.",
    form: "a command, or {command, shell, cwd, env, stdin, …}",
    schema: orKeys(TEXT, SHELL, ["command"]),
    keys: SHELL,
    example: 'shell: ./import.sh "$OCTOPUS_PARAM_day"',
  },
  http: {
    about: "An HTTP request. The answer is the result of the task.",
    form: "METHOD URL [BODY], or {url, method, …}",
    schema: orKeys(TEXT, HTTP, ["url"]),
    keys: HTTP,
    example: "http: GET https://example.org/items",
  },
  call: {
    about: "The name of a function that a worker has.",
    form: "a name",
    schema: NAME,
    example: "call: cleanRows",
  },
  input: {
    about: "What the function of `call` gets.",
    form: "any value",
    schema: ANY,
    example: "input: { table: orders }",
  },
  ...KIND_NOTES,
  workflow: {
    about:
      "Another workflow, run inside this one: a file beside it, a registered one, a further document of this file, or one that stands right here. Its outputs are those of the task.",
    form: "a path, a name, or a mapping with tasks",
    schema: anyOf(TEXT, ref("workflow")),
    example: "workflow: ./clean.yaml\nparams: { days: 7 }",
  },
  pipeline: {
    about: "Stages of models with budgets, run inside this one.",
    form: "a mapping with stages",
    schema: { type: "object", required: ["stages"] },
    example: "pipeline: { stages: [{ name: answer, model: fast }], models: { fast: { cost: 1 } } }",
  },
  params: { about: "Values for the params of the workflow that is run.", form: "a mapping", schema: mapOf(ANY) },
  type: { about: "What lists filter by; alone, the name of a function.", form: "a name", schema: NAME },
  name: {
    about: "What people call it. Default: its key.",
    form: "text",
    schema: { type: "string", minLength: 1, maxLength: 200 },
  },
  env: {
    about: "Environment variables of its command or its container, over those of the file.",
    form: "a mapping of names to values",
    schema: ENV_SCHEMA,
    example: 'env: { ROWS: "${{ tasks.fetch.outputs.rows }}" }',
  },
  cwd: { about: "The folder of its command, seen from that of the file.", form: "text", schema: TEXT },
  outputs: {
    about:
      "What it leaves for others. Of a command, a container or a module: names of lines that it writes to $OCTOPUS_OUTPUT, each with its type, or its standard output; of anything: an expression over result. Without it, a command's lines are all texts.",
    form: "a mapping of names to a type, {from, type, max, required}, or an expression",
    schema: mapOf(anyOf(ref("type"), EXPRESSION, keysOf(OUTPUT))),
    each: OUTPUT,
    example: "outputs: { rows: integer, page: { from: stdout } }",
  },
};
