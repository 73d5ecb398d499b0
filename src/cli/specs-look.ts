/** Commands that show what is and why. */
import type { CommandSpec } from "./command.ts";
import { FILTER, STATE } from "./filter-options.ts";
import { ASKING, TIMEOUT } from "./options.ts";

const group = "Look";

export const LOOK: readonly CommandSpec[] = [
  {
    name: "ls",
    aliases: ["ps", "list"],
    group,
    about: "list tasks, the newest first",
    options: [
      { flags: "--runs", about: "list runs instead, without those inside other runs" },
      { flags: "--nested", about: "with --runs, those inside other runs, too" },
      STATE,
      ...FILTER,
      { flags: "--inside <id>", about: "only the members of this each" },
      { flags: "--workflow <name>", about: "with --runs, only runs of this workflow" },
      { flags: "--dead", about: "only dead letters: failed, and no try is left" },
      { flags: "-n, --limit <number>", about: "at most this many; 20 when nothing is said" },
      ...ASKING,
    ],
    examples: ["octopus ls --state failed,running", "octopus ls --runs -o json"],
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "show",
    group,
    about: "show a task with its attempts, or a run with its tasks",
    args: [["<id>", "t12, r3, r3/name, an id of your own, or last"]],
    names: ["runs"],
    options: [...ASKING],
    load: () => import("./commands/show.ts"),
  },
  {
    name: "logs",
    group,
    about: "print what a task or the tasks of a run have printed",
    args: [["<id>", "a task or a run"]],
    names: ["runs"],
    options: [
      { flags: "-f, --follow", about: "go on until it has ended" },
      { flags: "--attempt <number>", about: "this try instead of the newest" },
      { flags: "-t, --timestamps", about: "begin each line with its time" },
      ...ASKING,
    ],
    examples: ["octopus logs -f last"],
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "explain",
    group,
    about: "say why a task waits or did not run, or that of all tasks of a run",
    args: [["<id>", "a task such as t12 or r3/load, or a run"]],
    names: ["runs"],
    options: [...ASKING],
    examples: ["octopus explain r3/load", "octopus explain r3"],
    load: () => import("./commands/explain.ts"),
  },
  {
    name: "wait",
    group,
    about: "wait for tasks or runs to end; the exit code says how they did",
    args: [["<id...>", "tasks or runs"]],
    names: ["runs"],
    options: [TIMEOUT, ...ASKING],
    examples: ["octopus wait t12 t13 --timeout 5m"],
    load: () => import("./commands/wait.ts"),
  },
  {
    name: "events",
    group,
    about: "print what happens, as it happens, until Ctrl-C",
    details: "With -o json, each line is one JSON value; `entry` in it is what --after takes.",
    options: [
      {
        flags: "--type <type...>",
        about: "only these: task, approval, dead, run, progress, tick, schedule, workflow, bulk, arm, worker",
      },
      { flags: "-s, --state <state...>", about: "only tasks and runs that come to these states" },
      { flags: "--task <id>", about: "only this task" },
      { flags: "--run <id>", about: "only this run" },
      { flags: "--arm <name>", about: "only this arm" },
      { flags: "--task-type <type>", about: "only tasks of this type" },
      { flags: "--schedule <name>", about: "only this schedule" },
      { flags: "--after <entry>", about: "begin after this entry, as far as it is still held" },
      { flags: "-n, --count <number>", about: "end after this many" },
      ...ASKING,
    ],
    examples: ["octopus events --type dead", "octopus events --arm builds --state failed,cancelled -o json"],
    load: () => import("./commands/events.ts"),
  },
  {
    name: "dashboard",
    group,
    about: "open the dashboard of the server in a browser, and print its address",
    details:
      "A browser is opened where a person watches, on this machine. A server that asks for tokens asks in the browser, too.",
    options: [{ flags: "--no-open", about: "only print the address" }, ...ASKING],
    examples: ["octopus dashboard", "octopus dashboard --no-open --server http://build-box:8000"],
    load: () => import("./commands/dashboard.ts"),
  },
  {
    name: "status",
    group,
    about: "show the server, its workers, its arms and what waits",
    options: [...ASKING],
    load: () => import("./commands/status.ts"),
  },
  {
    name: "top",
    group,
    about: "watch everything and act on it, in the terminal",
    details:
      "A dashboard with tabs for tasks, runs, workers, arms, schedules and logs: ? lists its keys. Where there is no\n" +
      "terminal it prints the overview once.",
    options: [
      { flags: "--tab <name>", about: "begin with this tab: overview, tasks, runs, workers, arms, schedules or logs" },
      { flags: "--once", about: "print the overview once, and end" },
      { flags: "--no-mouse", about: "leave the mouse to the terminal; m changes that" },
      ...ASKING,
    ],
    examples: ["octopus top", "octopus top --tab tasks"],
    load: () => import("./commands/top.ts"),
  },
];
