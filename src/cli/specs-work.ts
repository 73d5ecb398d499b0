/** Commands that give work, and change what becomes of it. */
import { EXECUTORS } from "../base/words.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { ASKING, DATA, PARAMS, TIMEOUT, WORKING } from "./options.ts";
import { ASK_OPTIONS, PLACE_OPTIONS, TARGET_OPTIONS, WORK_OPTIONS } from "./task-options.ts";

const group = "Work";
const REASON: OptionSpec = { flags: "--reason <text>", about: "why; kept with the task" };

export const WORK: readonly CommandSpec[] = [
  {
    name: "run",
    group,
    about: "run a workflow and wait for its end",
    details: `Shows progress while it runs and exits with the run's outcome. When no server was named and none answers at
the default address, the workflow runs in this process, on the data directory. Workflow files that it runs by their path are
sent along.
Ctrl-C asks once more, and then cancels the run. A run that is partial exits with 0, and says which failures were allowed.`,
    args: [["<file>", "the workflow file, or the name of a registered workflow; - reads standard input"]],
    names: ["workflows"],
    options: [
      ...PARAMS,
      { flags: "--arm <name>", about: "arm for tasks that name none" },
      // For tasks that say neither worker nor target.
      ...TARGET_OPTIONS,
      { ...TIMEOUT, about: "cancel the run after this time" },
      {
        flags: "--executor <name>",
        about: "sequential: one task at a time in the order of the file; local: side by side where it can",
        choices: EXECUTORS,
      },
      { flags: "--max-parallel <number>", about: "most of its tasks that run at once" },
      { flags: "--watch", about: "show how it goes until it has ended; so it is without --detach" },
      { flags: "--detach", about: "print the id and leave; needs a server" },
      DATA,
      ...WORKING,
      ...ASKING,
    ],
    examples: [
      "octopus run etl.yaml -p day=2026-11-21",
      "octopus run etl.yaml --executor sequential",
      "octopus run etl --params-file params.yaml -o json",
    ],
    load: () => import("./commands/run.ts"),
  },
  {
    name: "submit",
    group,
    about: "submit a task, or many",
    details: "Prints the id at once; --wait stays until the task has ended and exits with its outcome.",
    args: [["[command...]", "a command for the shell, after --"]],
    options: [
      ...WORK_OPTIONS,
      {
        flags: "--from-json <file>",
        about: "submit the tasks in a JSON array or in lines of JSON; - reads standard input",
      },
      {
        flags: "--array <from-to>",
        about: "submit the task once for each number, which it finds in OCTOPUS_ARRAY_INDEX",
      },
      {
        flags: "--each-line",
        about: "submit the command once for each line of standard input, which it finds in OCTOPUS_LINE",
      },
      { flags: "--id <id>", about: "id of your own: submitting the same again changes nothing" },
      { flags: "--name <text>", about: "what people call it" },
      ...PLACE_OPTIONS,
      { flags: "--delay <duration>", about: "wait this long before it may start" },
      { flags: "--expires <time>", about: "give up when it has not started by then: 10m, or a moment" },
      { flags: "--needs <id...>", about: "tasks that must succeed first" },
      ...ASK_OPTIONS,
      { flags: "--wait", about: "wait for its end" },
      { flags: "-f, --follow", about: "print its output as it comes, and wait for its end" },
      ...ASKING,
    ],
    examples: [
      "octopus submit --wait -- echo hello",
      "octopus submit --arm builds --retries 3 -- make -j4 all",
      "octopus submit --key tenant-7 --on exhausted=https://example.com/hook -- ./import.sh",
      "octopus submit --array 1-1000 -- sh -c 'process part-$OCTOPUS_ARRAY_INDEX'",
      "octopus submit --plugin report --action weekly --arg 2026-11-21 --kwarg draft=true",
      "octopus submit --docker alpine:3 --env NAME=x -- sh -c 'echo $NAME'",
      "ls *.csv | octopus submit --each-line -- sh -c 'gzip \"$OCTOPUS_LINE\"'",
    ],
    load: () => import("./commands/submit.ts"),
  },
  {
    name: "cancel",
    group,
    about: "cancel tasks or runs",
    args: [["<id...>", "tasks or runs; last is the newest one"]],
    names: ["runs"],
    options: [REASON, ...ASKING],
    examples: ["octopus cancel t12 r3 --reason 'wrong input'"],
    load: () => import("./commands/cancel.ts"),
  },
  {
    name: "retry",
    group,
    about: "give ended tasks another try, or do runs again",
    details: `For a run: what has failed in it and what could not run for that, unless an option says otherwise. What had
succeeded stays, and is not done twice.`,
    args: [["<id...>", "tasks or runs"]],
    names: ["runs"],
    options: [
      { flags: "--failed", about: "of a run, what has failed; so it is when nothing is said" },
      { flags: "--all", about: "of a run, everything" },
      { flags: "--task <name>", about: "of a run, this task" },
      { flags: "--downstream", about: "with the task, everything that needs it, directly or not" },
      ...PARAMS,
      { flags: "--watch", about: "show how the run goes until it has ended" },
      {
        flags: "--input <json>",
        about: "other input for the function, body for the request, or variables for the command",
      },
      ...ASKING,
    ],
    examples: [
      "octopus retry t12",
      "octopus retry r3 --watch",
      "octopus retry r3/load --downstream -p day=2026-11-21",
      'octopus retry t12 --input \'{"city":"Oslo"}\'',
    ],
    load: () => import("./commands/retry.ts"),
  },
  {
    name: "rm",
    group,
    about: "remove ended tasks with their output and results",
    args: [["[id...]", "the tasks"]],
    options: [{ flags: "--keep <number>", about: "remove all ended tasks but the newest ones" }, ...ASKING],
    examples: ["octopus rm t12", "octopus rm --keep 1000"],
    load: () => import("./commands/rm.ts"),
  },
];
