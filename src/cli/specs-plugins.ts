/** Commands about plugins: code that the server distributes to its workers. */
import type { AnyCommand, CommandSpec } from "./command.ts";
import { ASKING, OUTPUT } from "./options.ts";

const group = "Look after";
const NAME = ["<name>", "the plugin"] as const;

const FILES: CommandSpec = {
  name: "files",
  group,
  about: "list the files of a plugin, or print one of them",
  args: [NAME, ["[path]", "the file that is printed; absent: its files are listed"]],
  names: ["plugins"],
  options: [{ flags: "--version-number <number>", about: "as it was in this version" }, ...ASKING],
  examples: ["octopus plugins files report", "octopus plugins files report report.py"],
  load: () => import("./commands/plugins-files.ts"),
};

export const PLUGINS: readonly AnyCommand[] = [
  {
    name: "plugins",
    group,
    about: "show plugins; add them, remove them, begin a new one",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list plugins with their versions and the workers that have them",
        options: [...ASKING],
        load: () => import("./commands/plugins.ts"),
      },
      {
        name: "show",
        group,
        about: "show a plugin: its actions, what they take, its versions, its workers",
        args: [NAME],
        names: ["plugins"],
        options: [...ASKING],
        load: () => import("./commands/plugins-show.ts"),
      },
      {
        name: "add",
        group,
        about: "publish files or folders as plugins; workers have them a moment later",
        details: "A bare name that is no file here is one of the plugins that come with Octopus.",
        args: [["<path...>", "files, folders with main.* or __init__.py, or names of plugins that come with Octopus"]],
        options: [{ flags: "--name <name>", about: "what it is called; default: the name of its file" }, ...ASKING],
        examples: ["octopus plugins add report.py", "octopus plugins add ./mailer --name mail"],
        load: () => import("./commands/plugins-add.ts"),
      },
      {
        name: "rm",
        group,
        about: "remove plugins; what runs of them goes on, and versions stay for tasks that name one",
        args: [["<name...>", "the plugins"]],
        names: ["plugins"],
        options: [...ASKING],
        load: () => import("./commands/plugins-rm.ts"),
      },
      FILES,
      {
        name: "new",
        group,
        about: "write the beginnings of a plugin into a file",
        details: "Needs no server. Nothing is overwritten.",
        args: [["<file>", "report.py, report.ts or report.js"]],
        options: [OUTPUT],
        examples: ["octopus plugins new report.py"],
        load: () => import("./commands/plugins-new.ts"),
      },
    ],
    examples: ["octopus plugins", "octopus plugins add report.py", "octopus plugins show report"],
  },
];
