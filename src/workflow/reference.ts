/** Writes docs/reference/workflow.md from the notes on keys, so that the page cannot differ from the program. */
import { RESULT_MAX, TEXT_MAX } from "./cel/cel.ts";
import { STEPS_MAX } from "./cel/meter.ts";
import type { Note, Notes } from "./note.ts";
import { TASK_NOTES } from "./notes-tasks.ts";
import { TOP_NOTES } from "./notes-top.ts";

/** Keys of a task by what they are about; a test sees that none is left out. */
export const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  "What it does": [
    "shell",
    "http",
    "call",
    "input",
    "plugin",
    "docker",
    "wasm",
    "uses",
    "with",
    "workflow",
    "params",
    "pipeline",
    "env",
    "cwd",
    "outputs",
    "artifacts",
  ],
  "When it runs": ["needs", "depends", "trigger", "when", "approval", "delay", "runAt", "expiresAt"],
  "Many at once, and again": ["each", "matrix", "maxParallel", "failFast", "repeat", "runTimeout"],
  "When something goes wrong": ["timeout", "retries", "allowFailure", "continueOn", "compensate", "onLost"],
  "Where, and beside whom": [
    "arm",
    "priority",
    "worker",
    "target",
    "owner",
    "concurrencyKey",
    "uniqueKey",
    "mutex",
    "rate",
    "cache",
    "resources",
    "estimate",
  ],
  "What follows, and what it is called": ["on", "onFailure", "finally", "name", "type", "tags"],
};

export function workflowReference(): string {
  const subjects = Object.entries(SUBJECTS).map(([title, keys]) => {
    const notes = Object.fromEntries(keys.map((key) => [key, TASK_NOTES[key]!]));
    return `### ${title}\n\n${table(notes)}\n${details("tasks.NAME.", notes)}`;
  });
  return `# Workflow files

<!-- Generated from src/workflow/notes-*.ts by scripts/write-reference.ts; do not edit. -->

Every key of a workflow file. [Workflows](../guide/workflows.md) teaches the language in an order in which it can be learned;
[What happens when](workflow-semantics.md) states the rules by which tasks run. \`octopus schema KEY\` prints what stands here,
\`octopus schema\` the JSON Schema for editors, which is also [workflow.schema.json](workflow.schema.json): a first line
\`# yaml-language-server: $schema=…/workflow.schema.json\` makes editors complete and check as you write.

## The top of a file

${table(TOP_NOTES)}
${details("", TOP_NOTES)}
A file may hold further documents after a line \`---\`, each with a \`name\`: \`workflow: NAME\` runs it.

## Tasks

A task is a command, or a mapping with these keys. It has exactly one of \`shell\`, \`http\`, \`call\`, \`plugin\`, \`docker\`,
\`wasm\`, \`uses\`, \`workflow\`, \`pipeline\`, or \`approval\` alone.

${subjects.join("\n")}
${expressions()}`;
}

function table(notes: Notes): string {
  const rows = Object.entries(notes).map(([key, { about, form }]) => `| \`${key}\` | ${cell(form)} | ${cell(about)} |`);
  return ["| key | what may stand there | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

/** The long forms, each with its keys. */
function details(prefix: string, notes: Notes): string {
  return Object.entries(notes)
    .filter(([, note]) => inner(note) !== undefined)
    .map(([key, note]) => {
      const title =
        note.each === undefined
          ? `\`${prefix}${key}\` has these keys:`
          : `Each of \`${prefix}${key}\` may have these keys:`;
      return `${title}\n\n${table(inner(note)!)}`;
    })
    .join("\n");
}

function inner({ keys, each }: Note): Notes | undefined {
  return keys ?? each;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\$\{\{[^}]*\}\}|\$OCTOPUS_\w+(?:\/\w+)?/g, (code) => `\`${code}\``);
}

function expressions(): string {
  return `## Expressions

\`\${{ … }}\` holds an expression in [CEL](https://cel.dev). A text that is one expression and nothing else becomes the value itself;
otherwise the value is written into the text. \`$\${{\` stands for \`\${{\`. Conditions (\`when\`, \`repeat.while\`, \`repeat.until\`) are CEL with
or without \`\${{ }}\` around it. What comes out of a value is never evaluated again.

| name | what it is | where |
| --- | --- | --- |
| \`params.NAME\` | a param | everywhere |
| \`env.NAME\` | a variable of the \`env\` at the top | everywhere |
| \`workflow.name\` | the name of the workflow | everywhere |
| \`tasks.NAME.state\` | how the task has ended: \`succeeded\`, \`failed\`, \`skipped\`, … | tasks that need it, directly or not; handlers, compensations and outputs of the run |
| \`tasks.NAME.outputs.KEY\` | what it left; of a task with \`each\` a list | the same |
| \`tasks.NAME.result\`, \`.exitCode\`, \`.attempt\`, \`.error.message\`, \`.id\` | what is known of it | the same |
| \`tasks.NAME.members[0].state\` | members of a task with \`each\`, in order | the same |
| \`tasks.NAME.artifacts\` | paths of the files that it left | the same |
| \`needs.NAME\` | another word for \`tasks.NAME\` | the same |
| \`run.id\`, \`run.createdAt\`, \`run.depth\`, \`run.state\` | the run; its state tells handlers how it has ended | where tasks may be named |
| \`schedule.name\`, \`schedule.tick\` | what started the run, or null | where tasks may be named |
| \`item\`, \`index\` | the item of a member, and its number from 0 | beside \`each\` and \`matrix\` |
| \`matrix.NAME\` | a value of the combination | beside \`matrix\` |
| \`result\`, \`outputs\`, \`exitCode\`, \`attempt\` | what the attempt left | \`outputs\` and \`repeat\` |

A name with other signs than letters, digits and \`_\` is written as it is where there is such a task (\`tasks.fetch-data.state\`), or in
brackets: \`tasks["fetch-data"].state\`.

Beside the operators and macros of CEL (\`has\`, \`all\`, \`exists\`, \`exists_one\`, \`map\`, \`filter\`, \`cel.bind\`, \`in\`, \`? :\`) there are
\`size\`, \`contains\`, \`startsWith\`, \`endsWith\`, \`matches\` (RE2, in linear time), \`lower\`, \`upper\`, \`trim\`, \`replace\`, \`split\`, \`join\`,
\`substring\`, \`indexOf\`, \`string\`, \`int\`, \`double\`, \`bool\`, \`timestamp\`, \`duration\`, \`toJson(x)\`, \`fromJson(text)\` and \`default(x, y)\`,
which is \`y\` where there is no \`x\`.

Whole numbers are integers, others are doubles; the two may be mixed. \`7 / 2\` is 3, as in CEL: write \`double(x) / 2\` for 3.5.

| bound | |
| --- | --- |
| length of an expression | ${TEXT_MAX} characters |
| steps of one evaluation | ${STEPS_MAX} |
| items and pieces of text that it looks at | a million |
| its value | ${RESULT_MAX / 1024 / 1024} MiB of JSON; 32 MiB for a list of \`each\` |

What is beyond a bound has failed with words that name it, after milliseconds.
`;
}
