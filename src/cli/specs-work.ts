/** Commands that give work, and change what becomes of it. */
import type { CommandSpec, OptionSpec } from "./command.ts";
import { ASKING, DATA, TIMEOUT, WORKING } from "./options.ts";
import { ASK_OPTIONS, PLACE_OPTIONS, WORK_OPTIONS } from "./task-options.ts";

const group = "Work";
const REASON: OptionSpec = { flags: "--reason <text>", about: "why; kept with the task" };

export const WORK: readonly CommandSpec[] = [
  {
    name: "run",
    group,
    about: "run a workflow file and wait for its end",
    details: `Shows progress while it runs and exits with the run's outcome. When no server was named and none answers at
the default address, the workflow runs in this process, on the data directory.
Ctrl-C asks once more, and then cancels the run.`,
    args: [["<file>", "the workflow file; - reads standard input"]],
    options: [
      { flags: "-p, --param <key=value...>", about: "value of a parameter, read as JSON where it is JSON" },
      { flags: "--arm <name>", about: "arm for tasks that name none" },
      { ...TIMEOUT, about: "cancel the run after this time" },
      { flags: "--detach", about: "print the id and leave; needs a server" },
      DATA,
      ...WORKING,
      ...ASKING,
    ],
    examples: ["octopus run etl.yaml -p day=2026-11-21", "octopus run etl.yaml -o json"],
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
      "ls *.csv | octopus submit --each-line -- sh -c 'gzip \"$OCTOPUS_LINE\"'",
    ],
    load: () => import("./commands/submit.ts"),
  },
  {
    name: "cancel",
    group,
    about: "cancel tasks or runs",
    args: [["<id...>", "tasks or runs; last is the newest one"]],
    options: [REASON, ...ASKING],
    examples: ["octopus cancel t12 r3 --reason 'wrong input'"],
    load: () => import("./commands/cancel.ts"),
  },
  {
    name: "retry",
    group,
    about: "give ended tasks another try",
    details: "For a run: every task of it that failed, timed out or was cancelled.",
    args: [["<id...>", "tasks or runs"]],
    options: [
      {
        flags: "--input <json>",
        about: "other input for the function, body for the request, or variables for the command",
      },
      ...ASKING,
    ],
    examples: ["octopus retry t12", "octopus retry r3", 'octopus retry t12 --input \'{"city":"Oslo"}\''],
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
