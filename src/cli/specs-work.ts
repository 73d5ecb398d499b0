/** Commands that give work, and change what becomes of it. */
import type { CommandSpec, OptionSpec } from "./command.ts";
import { ASKING, DATA, TIMEOUT, WORKING } from "./options.ts";

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
      { flags: "--call <function>", about: "call a registered function instead of a command" },
      { flags: "--input <json>", about: "what the function gets; - reads standard input" },
      { flags: "--http <request>", about: 'make an HTTP request: "METHOD URL [BODY]"' },
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
      { flags: "--arm <name>", about: "the arm that it runs in" },
      { flags: "--priority <0-10>", about: "10 first, 5 when nothing is said" },
      { flags: "--delay <duration>", about: "wait this long before it may start" },
      { flags: "--timeout <duration>", about: "longest time that it may run" },
      { flags: "--retries <number>", about: "further tries when it fails" },
      { flags: "--tag <name...>", about: "tags to find it by" },
      { flags: "--needs <id...>", about: "tasks that must succeed first" },
      { flags: "--cwd <dir>", about: "folder that the command runs in; the current one when nothing is said" },
      { flags: "--env <key=value...>", about: "environment variables of the command" },
      { flags: "--wait", about: "wait for its end" },
      { flags: "-f, --follow", about: "print its output as it comes, and wait for its end" },
      ...ASKING,
    ],
    examples: [
      "octopus submit --wait -- echo hello",
      "octopus submit --arm builds --retries 3 -- make -j4 all",
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
    options: [...ASKING],
    examples: ["octopus retry t12", "octopus retry r3"],
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
