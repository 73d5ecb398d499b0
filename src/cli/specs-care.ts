/** Commands that look after an installation. */
import type { CommandSpec } from "./command.ts";
import { ASKING, CONFIG, DATA, NAMESPACE, OUTPUT, SERVER } from "./options.ts";

const group = "Look after";

export const CARE: readonly CommandSpec[] = [
  {
    name: "config",
    group,
    about: "show every setting, its value and where the value was said",
    options: [CONFIG, OUTPUT],
    load: () => import("./commands/config.ts"),
  },
  {
    name: "doctor",
    group,
    about: "check this machine, the data directory and the server",
    options: [SERVER, NAMESPACE, DATA, CONFIG, OUTPUT],
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "backup",
    group,
    about: "copy the database while everything runs",
    details: "With a server, the copy is written on the server's machine.",
    args: [["<file>", "where the copy goes; must not exist"]],
    options: [DATA, ...ASKING],
    load: () => import("./commands/backup.ts"),
  },
  {
    name: "healthcheck",
    group,
    about: "exit with 0 when the server is ready, with 3 when not",
    options: [...ASKING],
    load: () => import("./commands/healthcheck.ts"),
  },
  {
    name: "completion",
    group,
    about: "print a completion script for bash, zsh or fish",
    args: [["<shell>", "bash, zsh or fish"]],
    options: [],
    examples: ["octopus completion bash > ~/.local/share/bash-completion/completions/octopus"],
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "version",
    group,
    about: "print the version",
    options: [OUTPUT],
    load: () => import("./commands/version.ts"),
  },
];
