/** Options that several commands share. */
import { MODES } from "./output.ts";
import type { OptionSpec } from "./command.ts";

export const OUTPUT: OptionSpec = {
  flags: "-o, --output <form>",
  about: "form of the answer: table, json or quiet (ids only)",
  choices: MODES,
};
export const CONFIG: OptionSpec = {
  flags: "--config <file>",
  about: "configuration file, instead of the nearest octopus.yaml",
};
export const SERVER: OptionSpec = { flags: "--server <url>", about: "address of the server", setting: "server.url" };
export const DATA: OptionSpec = { flags: "--data <dir>", about: "data directory", setting: "data.dir" };
export const TIMEOUT: OptionSpec = { flags: "--timeout <duration>", about: "give up after this time" };

/** For commands that ask a server. */
export const ASKING: readonly OptionSpec[] = [SERVER, CONFIG, OUTPUT];

/** For commands that serve. */
export const LISTENING: readonly OptionSpec[] = [
  { flags: "--host <address>", about: "address to listen on", setting: "server.host" },
  { flags: "-p, --port <number>", about: "port to listen on", setting: "server.port" },
];

/** For commands that run tasks. */
export const WORKING: readonly OptionSpec[] = [
  { flags: "--slots <number>", about: "tasks that run at once", setting: "worker.slots" },
  {
    flags: "--functions <module...>",
    about: "modules whose exported functions tasks may call",
    setting: "worker.functions",
  },
  {
    flags: "--resources <amounts>",
    about: "what it offers to tasks that ask for resources: cpu=4,memory=8GiB,gpu=1",
    setting: "worker.resources",
  },
];

export const LOGGING: readonly OptionSpec[] = [
  { flags: "--log-level <level>", about: "least important messages to write", setting: "log.level" },
  { flags: "--log-format <form>", about: "auto, text or json", setting: "log.format" },
];
