/** Commands about many tasks at once, dead letters and files that tasks left. */
import type { BulkActionName } from "../base/words.ts";
import type { AnyCommand, CommandSpec, OptionSpec } from "./command.ts";
import { FILTER, STATE } from "./filter-options.ts";
import { ASKING } from "./options.ts";

const group = "Work";
const IDS = [["<id...>", "the tasks"]] as const;

/** What bulk actions and their relatives share. */
const CAREFUL: readonly OptionSpec[] = [
  { flags: "--dry-run", about: "only say how many tasks it would be" },
  { flags: "-y, --yes", about: "do not ask" },
  { flags: "--wait", about: "show how it goes until it is done; Ctrl-C leaves it to the server" },
];

function bulk(
  action: BulkActionName,
  about: string,
  more: Pick<CommandSpec, "args"> & { options?: readonly OptionSpec[] } = {},
): CommandSpec {
  return {
    name: action,
    group,
    about,
    ...(more.args !== undefined && { args: more.args }),
    options: [
      STATE,
      ...FILTER,
      { flags: "--dead", about: "only dead letters" },
      ...(more.options ?? []),
      ...CAREFUL,
      ...ASKING,
    ],
    load: () => import("./commands/bulk.ts"),
  };
}

export const MANY: readonly AnyCommand[] = [
  {
    name: "mv",
    aliases: ["move"],
    group,
    about: "give waiting tasks another arm, priority or time",
    args: IDS,
    options: [
      { flags: "--arm <name>", about: "the arm that they go to" },
      { flags: "--priority <0-10>", about: "their priority from now on" },
      { flags: "--run-at <when>", about: "do not start them before then: 2h, or 2026-11-21T08:00" },
      { flags: "--now", about: "do not wait for their time any longer" },
      ...ASKING,
    ],
    examples: ["octopus mv t12 t13 --priority 9", "octopus mv t12 --arm builds", "octopus mv t12 --now"],
    load: () => import("./commands/mv.ts"),
  },
  {
    name: "bulk",
    group,
    about: "do one thing to all tasks that a filter matches",
    details: "Counts them first and asks. The action goes on in the server, and has an id of its own.",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list bulk actions",
        options: [...ASKING],
        load: () => import("./commands/bulk-ls.ts"),
      },
      {
        name: "show",
        group,
        about: "show how far a bulk action is",
        args: [["<id>", "the action"]],
        options: [...ASKING],
        load: () => import("./commands/bulk-show.ts"),
      },
      {
        name: "stop",
        group,
        about: "stop a bulk action; what is done stays done",
        args: [["<id>", "the action"]],
        options: [...ASKING],
        load: () => import("./commands/bulk-show.ts"),
      },
      bulk("cancel", "cancel them", { options: [{ flags: "--reason <text>", about: "why; kept with the tasks" }] }),
      bulk("retry", "give ended ones another try"),
      bulk("delete", "remove ended ones with their output and results"),
      bulk("dismiss", "put dead letters aside"),
      bulk("priority", "give live ones another priority", { args: [["<0-10>", "the priority"]] }),
      bulk("move", "move live ones to another arm", { args: [["<to>", "the arm that they go to"]] }),
    ],
    examples: [
      "octopus bulk cancel --state queued --arm builds",
      "octopus bulk retry --dead --since 1d -y --wait",
      "octopus bulk priority 9 --owner alice --dry-run",
    ],
  },
  {
    name: "dead",
    group,
    about: "list dead letters, and replay or dismiss them",
    details: "A task that failed with no try left is a dead letter until somebody replays or dismisses it.",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list dead letters, the newest first",
        options: [
          ...FILTER,
          { flags: "-n, --limit <number>", about: "at most this many; 20 when nothing is said" },
          ...ASKING,
        ],
        load: () => import("./commands/dead.ts"),
      },
      {
        name: "show",
        group,
        about: "show a dead letter, and the last that it printed",
        args: [["<id>", "the task"]],
        options: [...ASKING],
        load: () => import("./commands/dead-show.ts"),
      },
      ...(["replay", "dismiss"] as const).map((name): CommandSpec => ({
        name,
        group,
        about: name === "replay" ? "give dead letters another try" : "put dead letters aside; they stay in the history",
        args: [["[id...]", "the tasks; or choose them by options"]],
        options: [
          { flags: "--all", about: "all dead letters" },
          ...FILTER,
          ...(name === "replay" ? [{ flags: "--input <json>", about: "other input for the tasks named" }] : []),
          ...CAREFUL,
          ...ASKING,
        ],
        examples:
          name === "replay"
            ? ['octopus dead replay t12 --input \'{"city":"Oslo"}\'', "octopus dead replay --type import --since 1d -y"]
            : ["octopus dead dismiss t12", "octopus dead dismiss --all"],
        load: () => import("./commands/dead-act.ts"),
      })),
    ],
    examples: ["octopus dead", "octopus dead replay t12", "octopus dead replay --type import"],
  },
  {
    name: "artifacts",
    aliases: ["artifact"],
    group: "Look",
    about: "list and fetch the files that a task left",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list the files that a task left in $OCTOPUS_ARTIFACTS",
        args: [["<id>", "the task"]],
        options: [{ flags: "--attempt <number>", about: "this try instead of the newest" }, ...ASKING],
        load: () => import("./commands/artifacts.ts"),
      },
      {
        name: "get",
        group,
        about: "fetch files that a task left; all of them when none is named",
        args: [
          ["<id>", "the task"],
          ["[path...]", "the files"],
        ],
        options: [
          { flags: "--to <file>", about: "where the file goes, or the folder for several; - is standard output" },
          { flags: "--attempt <number>", about: "this try instead of the newest" },
          { flags: "--force", about: "write over files that are there" },
          ...ASKING,
        ],
        examples: ["octopus artifacts get t12 report.html --to -", "octopus artifacts get t12 --to ./results"],
        load: () => import("./commands/artifacts-get.ts"),
      },
    ],
    examples: ["octopus artifacts t12", "octopus artifacts get t12 report.html"],
  },
];
